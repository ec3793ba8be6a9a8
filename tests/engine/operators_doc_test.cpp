// docs/operators.md lists the operator table as it is. PHOSPHENE_WRITE_DOCS=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>

#include "phosphene/base/file.h"
#include "phosphene/engine/onednn/lower.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/graph/kernels/kernels.h"
#include "phosphene/graph/op.h"

namespace phosphene::test {

namespace {

std::string operators_page() {
  std::string page = fmt::format(R"(# Operators

The ONNX operators that phosphene knows, with the semantics of opset {0}. Files of opsets 7 to 28 are converted to opset {0} when they are read.

* **gradient**: whether gradients pass through the operator, so that a search or a training can use it. A rounding, a comparison or an index has none: its derivative is
  zero wherever it exists.
* **fast**: has a fast implementation in the engine `onednn`. If that does not cover the operator's attributes, and for all other operators, the plain kernel runs. An
  operator on constants is folded when the program is compiled, so nothing runs.

| operator | gradient | fast |
| --- | --- | --- |
)",
                                 kOpset);
  for (const Op& op : all_ops()) {
    const kernels::Kernel* kernel = kernels::find_kernel(op.name);
    page += fmt::format("| {} | {} | {} |\n", op.name,
                        !kernel            ? "constant"
                        : kernel->backward ? "yes"
                                           : "none",
                        onednn::find_rule(op.name) ? "yes" : "");
  }
  page += R"(
## Made of several plain operators
These are replaced by operators of the table above when a file is read. Values that a file holds as uint8 or int8 between quantisation and dequantisation become whole
numbers in floating point. A Loop or a Scan with a fixed number of iterations is unrolled, an If is replaced by the branch that its condition selects, and a sequence
of known length is replaced by its tensors. Numbers of 2 to 8 bits, also floats such as float8e4m3fn, are read as the numbers that they stand for.

| operator | domain |
| --- | --- |
)";
  for (const CompoundOp& op : all_compounds()) page += fmt::format("| {} | {} |\n", op.op, *op.domain ? op.domain : "ai.onnx");
  return page;
}

}  // namespace

TEST(OperatorsDoc, ListsTheTable) {
  const std::string file = std::string(PHOSPHENE_SOURCE_DIR) + "/docs/operators.md";
  if (std::getenv("PHOSPHENE_WRITE_DOCS")) write_file(file, operators_page());
  EXPECT_EQ(read_file(file), operators_page()) << "run this test with PHOSPHENE_WRITE_DOCS=1";
}

// Every operator of the table means something, or its value is known from shapes and constants alone.
TEST(OperatorsDoc, EveryOperatorHasAKernelOrIsConstant) {
  for (const Op& op : all_ops())
    EXPECT_TRUE(kernels::find_kernel(op.name) || op.name == "Constant" || op.name == "ConstantOfShape" || op.name == "Shape" ||
                op.name == "Size")
        << op.name;
}

}  // namespace phosphene::test
