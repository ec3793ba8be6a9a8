// ONNX's own node tests (Debian's libonnx-testdata): each is a model of one operator, its inputs and the outputs that the specification
// asks for. Skipped where the package is not installed. PHOSPHENE_NODE_TESTS names another folder of such tests
// (tests/peers/onnx_nodes.py).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include "base/temporary_folder.h"
#include "engine/engines_here.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/formats/onnx_convert.h"

namespace phosphene::test {

namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "/usr/share/libonnx-testdata/data/node";
constexpr int kLeastPassed = 840;
constexpr double kLeastShare = 0.85;  // of another folder
// Files of ONNX 1.17 (Debian 13) that are wrong. The first divides by a window's size beyond the padding, too, which the reference
// evaluator of ONNX 1.23 does not; the others wrap round where the operator saturates.
const std::set<std::string> kWrong = {"test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
                                      "test_qlinearmatmul_2D_int8_float16", "test_qlinearmatmul_2D_int8_float32",
                                      "test_qlinearmatmul_3D_int8_float16", "test_qlinearmatmul_3D_int8_float32"};

template <typename Proto>
Proto parse(const fs::path& file) {
  Proto proto;
  if (!proto.ParseFromString(read_file(file.string()))) throw Error("is no such message").at(file.string());
  return proto;
}

// Which inputs a file is given as constants: none, those that hold no floats (shapes, positions), or all.
enum class Constants { kNone, kIntegers, kAll };

struct NodeTest {
  Graph graph;
  std::vector<std::string> input_names, output_names;  // of the file; a graph has only those that it can compute
  std::vector<Tensor> inputs, outputs;
  bool half = false;
};

// The file as it would be with some of its inputs as weights.
Graph read_with(onnx::ModelProto model, const fs::path& folder, Constants constants) {
  if (constants == Constants::kNone) return read_onnx(folder / "model.onnx").graph;
  onnx::GraphProto& graph = *model.mutable_graph();
  for (int i = 0; i < graph.input_size(); ++i) {
    if (!graph.input(i).type().has_tensor_type()) continue;
    auto tensor = parse<onnx::TensorProto>(folder / "test_data_set_0" / fmt::format("input_{}.pb", i));
    tensor.set_name(graph.input(i).name());
    if (graph.input(i).type().tensor_type().elem_type() == onnx::TensorProto::BFLOAT16) tensor.set_data_type(onnx::TensorProto::BFLOAT16);
    const bool real = type_from_onnx(tensor.data_type()) == DataType::kFloat32;
    if (!tensor.name().empty() && (constants == Constants::kAll || !real)) *graph.add_initializer() = tensor;
  }
  return read_onnx(scratch("model.onnx", model.SerializeAsString())).graph;
}

NodeTest read_test(const fs::path& folder, Constants constants) {
  NodeTest test;
  const auto model = parse<onnx::ModelProto>(folder / "model.onnx");
  test.graph = read_with(model, folder, constants);
  const auto tensors = [&](const char* word, const auto& declared) {
    std::vector<Tensor> result;
    for (int i = 0; i < declared.size(); ++i) {
      if (!declared[i].type().has_tensor_type()) throw Error(fmt::format("{} is no tensor", declared[i].name()), "").at("value");
      auto proto = parse<onnx::TensorProto>(folder / "test_data_set_0" / fmt::format("{}_{}.pb", word, i));
      const int type = declared[i].type().tensor_type().elem_type();
      if (type == onnx::TensorProto::BFLOAT16) proto.set_data_type(type);  // the files call its bits uint16
      test.half = test.half || type == onnx::TensorProto::BFLOAT16 || type == onnx::TensorProto::FLOAT16;
      result.push_back(tensor_from_onnx(proto));
    }
    return result;
  };
  test.inputs = tensors("input", model.graph().input());
  test.outputs = tensors("output", model.graph().output());
  for (const auto& input : model.graph().input()) test.input_names.push_back(input.name());
  for (const auto& output : model.graph().output()) test.output_names.push_back(output.name());
  return test;
}

// Inputs that the graph still has: those of floats are fed, the others become weights.
std::unique_ptr<Program> compile(const NodeTest& test, const Engine& engine) {
  Graph graph = test.graph;
  std::vector<std::pair<std::string, const Tensor*>> fed;
  graph.inputs.clear();
  for (size_t i = 0; i < test.inputs.size(); ++i) {
    const std::string& name = test.input_names[i];
    if (name.empty() || test.graph.find_opaque(name) || graph.weights.contains(name)) continue;
    if (test.inputs[i].type() != DataType::kFloat32) {
      graph.add_weight(name, test.inputs[i]);
    } else {
      graph.inputs.push_back({name, {DataType::kFloat32, test.inputs[i].shape()}});
      fed.emplace_back(name, &test.inputs[i]);
    }
  }
  auto program = engine.compile(graph, {.batch = 0, .values = test.output_names});
  for (const auto& [name, tensor] : fed)
    if (program->graph().find_input(name)) std::ranges::copy(tensor->floats(), program->input(name).begin());
  program->forward();
  return program;
}

// 1e-3 as in ONNX's own runner, since some of the files were computed in float32 or written with four digits; oneDNN's logarithm of 1 is
// 1e-6 off.
bool close(double a, double b, bool half) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= (half ? 1e-2 : 1e-3) * std::abs(b) + 1e-5;
}

// Empty when the program gives what the test wants.
std::string difference(const NodeTest& test, Program& program) {
  for (size_t k = 0; k < test.outputs.size(); ++k) {
    const std::string& name = test.output_names[k];
    const Tensor& wanted = test.outputs[k];
    const ValueType& type = program.graph().type_of(name);
    if (type.shape != wanted.shape()) return fmt::format("{} has the shape {}, not {}", name, type.shape, wanted.shape());
    const auto values = program.value(name);
    for (size_t i = 0; i < static_cast<size_t>(wanted.size()); ++i) {
      const bool real = wanted.type() == DataType::kFloat32;
      const float b = real ? wanted.floats()[i] : static_cast<float>(wanted.ints()[i]);
      if (real ? !close(values[i], b, test.half) : values[i] != b) return fmt::format("{}[{}] is {}, not {}", name, i, values[i], b);
    }
  }
  return "";
}

// With as few constants as the graph needs. Error with the reason of the last try.
std::string judge(const fs::path& folder, const Engine& engine) {
  for (const Constants constants : {Constants::kNone, Constants::kIntegers}) {
    try {
      const NodeTest test = read_test(folder, constants);
      return difference(test, *compile(test, engine));
    } catch (const Error&) {
    }
  }
  const NodeTest test = read_test(folder, Constants::kAll);
  return difference(test, *compile(test, engine));
}

// "Conv", or the operators of a graph in order of their names.
std::string operators(const fs::path& folder) {
  std::set<std::string> names;
  const auto model = parse<onnx::ModelProto>(folder / "model.onnx");
  for (const auto& node : model.graph().node()) names.insert(node.op_type());
  return fmt::format("{}", fmt::join(names, "+"));
}

}  // namespace

TEST(OnnxNodeTests, EveryOneThatIsSupportedPasses) {
  const char* other = std::getenv("PHOSPHENE_NODE_TESTS");
  const fs::path folder_of_tests = other ? fs::path(other) : kFolder;
  if (!fs::exists(folder_of_tests)) GTEST_SKIP() << folder_of_tests << " is not there: install libonnx-testdata";
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder_of_tests)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  const std::vector<std::string> engines = engines_here();
  int passed = 0, failed = 0;
  std::map<std::string, std::pair<int, std::string>> unsupported;  // operators -> number, the last refusal
  for (const fs::path& folder : folders) {
    if (!other && kWrong.contains(folder.filename().string())) continue;
    try {
      for (const std::string& engine : engines) {
        const std::string what = judge(folder, find_engine(engine));
        if (what.empty()) continue;
        ADD_FAILURE() << folder.filename() << ", " << engine << ": " << what;
        ++failed;
        break;
      }
      ++passed;
    } catch (const Error& error) {
      auto& [count, message] = unsupported[operators(folder)];
      ++count;
      message = error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << folder.filename() << ": " << error.what();
      ++failed;
    }
  }
  passed -= failed;
  int refused = 0;
  for (const auto& [name, entry] : unsupported) {
    const size_t file = entry.second.find(" > ");  // a refusal of a file begins with its name
    const std::string reason = file == std::string::npos ? entry.second : entry.second.substr(file + 3);
    std::printf("  unsupported %3d %s: %s\n", entry.first, name.c_str(), reason.c_str());
    refused += entry.first;
  }
  std::printf("ONNX node tests: %d passed, %d failed, %d unsupported of %zu\n", passed, failed, refused, folders.size());
  EXPECT_EQ(failed, 0);
  if (other)
    EXPECT_GE(passed, kLeastShare * static_cast<double>(folders.size()));
  else
    EXPECT_GE(passed, kLeastPassed);
}

}  // namespace phosphene::test
