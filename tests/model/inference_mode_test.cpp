#include "phosphene/model/inference_mode.h"

#include "graph/build.h"

namespace phosphene::inference_test {
namespace {

using namespace test;

TEST(InferenceMode, RunningStatisticsInPlaceOfTheBatch) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 2})};
  for (const char* name : {"scale", "bias", "mean", "variance"}) g.add_weight(name, counted({2}));
  g.nodes = {{"bn1", "BatchNormalization", {"x", "scale", "bias", "mean", "variance"}, {"y", "rm", "rv"}, {{"training_mode", int64_t{1}}}},
             node("Neg", {"rm"}, "minus")};
  g.outputs = {"y", "rv", "minus"};
  std::vector<std::string> notes;
  const Graph changed = in_inference_mode(g, notes);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0], "node bn1 (BatchNormalization) is in training mode; its running statistics are used, not those of the batch");
  ASSERT_EQ(changed.nodes.size(), 1u);
  EXPECT_EQ(changed.nodes[0].attributes.get_int("training_mode", 0), 0);
  EXPECT_EQ(changed.outputs, std::vector<std::string>{"y"});
  EXPECT_ERROR(cut(changed, {"minus"}), "minus cannot be computed: it needs node bn1 (BatchNormalization) > statistics of a batch");
  EXPECT_NO_THROW(infer_shapes(changed));
}

TEST(InferenceMode, DropoutDropsNothing) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 2})};
  g.add_weight("ratio", Tensor::scalar(0.5f));
  g.add_weight("on", Tensor(Shape{}, std::vector<int64_t>{1}, DataType::kBool));
  g.nodes = {{"drop", "Dropout", {"x", "ratio", "on"}, {"y"}, {}}};
  g.outputs = {"y"};
  std::vector<std::string> notes;
  EXPECT_EQ(in_inference_mode(g, notes).nodes[0].inputs, std::vector<std::string>{"x"});
  EXPECT_EQ(notes, std::vector<std::string>{"node drop (Dropout) is in training mode; nothing is dropped"});
  notes.clear();
  g.weights["on"] = std::make_shared<const Tensor>(Shape{}, std::vector<int64_t>{0}, DataType::kBool);
  in_inference_mode(g, notes);
  EXPECT_TRUE(notes.empty());
}

}  // namespace
}  // namespace phosphene::inference_test
