// The networks, files and folders that people bring, through the subcommands run, inspect, eval and train.
#include <cmath>

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/temporary_folder.h"
#include "phosphene/base/image.h"
#include "phosphene/command_line.h"
#include "phosphene/model/model.h"

namespace phosphene::networks_test {
namespace {

namespace fs = std::filesystem;

struct Answer {
  int code = 0;
  std::string out, err;
};

Answer ask(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "phosphene");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  Answer answer;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  answer.code = run_cli(static_cast<int>(argv.size()), argv.data());
  answer.out = testing::internal::GetCapturedStdout();
  answer.err = testing::internal::GetCapturedStderr();
  return answer;
}

void expect_says(const std::string& text, const std::string& part) { EXPECT_NE(text.find(part), std::string::npos) << text; }

std::string plain_picture(const std::string& name, std::array<uint8_t, 3> colour) {
  Image image = Image::blank(4, 4);
  for (int64_t i = 0; i < 16; ++i) std::copy(colour.begin(), colour.end(), image.pixels.begin() + i * 3);
  fs::create_directories(scratch(name).parent_path());
  write_png(scratch(name), image);
  return scratch(name).string();
}

// The mean of each colour of [N, 3, 4, 4] -> "mean" [N, 3] -> scores by the rows of `weights` and `bias` -> the given nodes.
std::string network(const std::string& name, const std::vector<float>& weights, const std::vector<float>& bias, std::vector<Node> tail,
                    std::vector<std::string> outputs) {
  Graph graph;
  const auto units = static_cast<int64_t>(bias.size());
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 3, 4, 4}}}};
  graph.add_weight("w", Tensor(Shape{units, 3}, weights));
  graph.add_weight("b", Tensor(Shape{units}, bias));
  graph.nodes = {{"pool", "GlobalAveragePool", {"x"}, {"pool"}, {}},
                 {"flat", "Flatten", {"pool"}, {"mean"}, {}},
                 {"fc", "Gemm", {"mean", "w", "b"}, {"scores"}, {{"transB", int64_t{1}}}}};
  graph.nodes.insert(graph.nodes.end(), tail.begin(), tail.end());
  graph.outputs = std::move(outputs);
  write_onnx(scratch(name), {graph, {}, kOpset});
  return scratch(name).string();
}

const Node kSigmoid{"sigmoid", "Sigmoid", {"scores"}, {"prob"}, {}},
    kSoftmax{"softmax", "Softmax", {"scores"}, {"prob"}, {{"axis", int64_t{1}}}};
const std::string kColours = "rgb range=0..1";

// What --top prints of one picture, without the picture's name.
std::string top(const std::string& model, const std::string& picture, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"run", model, "--image", picture, "--preprocess", kColours, "--top", "1", "--engine", "reference"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Answer answer = ask(arguments);
  EXPECT_EQ(answer.code, 0) << answer.err;
  return answer.out.substr(std::min(answer.out.size(), picture.size()));
}

TEST(Networks, OneSigmoidIsOneProbability) {
  // 2 (r + g + b) - 3: -1.8 for a grey of 0.2, 1.8 for one of 0.8.
  const std::string dark = plain_picture("dark.png", {51, 51, 51}), bright = plain_picture("bright.png", {204, 204, 204});
  const std::string one = network("one.onnx", {2, 2, 2}, {-3}, {kSigmoid}, {"prob"});
  const double p = 1 / (1 + std::exp(1.8));
  EXPECT_EQ(top(one, dark), fmt::format("\t0\t\t{:.6f}\n", p));
  EXPECT_EQ(top(one, bright), fmt::format("\t0\t\t{:.6f}\n", 1 - p));
  write_file(scratch("two.txt"), "cat\ndog\n");
  EXPECT_EQ(top(one, dark, {"--labels", scratch("two.txt").string()}), fmt::format("\t0\tdog\t{:.6f}\n", p));
  // Independent labels: each alone.
  const std::string labels = network("labels.onnx", {2, 2, 2, -2, -2, -2, 0, 0, 0}, {-3, 3, 0.5}, {kSigmoid}, {"prob"});
  EXPECT_EQ(top(labels, dark), fmt::format("\t1\t\t{:.6f}\n", 1 - p));
  expect_says(ask({"inspect", labels}).out, "prob [?, 3]\n            probabilities of 3 independent labels, the sigmoid of scores\n");
}

TEST(Networks, TheOutputWithClassesIsRead) {
  const std::vector<float> w = {4, 0, 0, 0, 4, 0};
  const Node best{"best", "ArgMax", {"scores"}, {"label"}, {{"axis", int64_t{1}}}};
  const std::string red = plain_picture("red.png", {255, 0, 0});
  const std::string wanted = fmt::format("\t0\t\t{:.6f}\n", 1 / (1 + std::exp(-4.0)));
  for (const auto& outputs :
       std::vector<std::vector<std::string>>{{"prob"}, {"prob", "mean"}, {"mean", "prob"}, {"prob", "label"}, {"label", "prob"}})
    EXPECT_EQ(top(network("outputs.onnx", w, {0, 0}, {kSoftmax, best}, outputs), red), wanted) << outputs[0];
  const std::string both = network("outputs.onnx", w, {0, 0}, {kSoftmax}, {"prob", "mean"});
  EXPECT_EQ(top(both, red, {"--output", "scores"}), wanted);
  const Answer refused = ask({"run", both, "--image", red, "--preprocess", kColours, "--top", "1", "--output", "mean"});
  EXPECT_EQ(refused.code, 1);
  expect_says(refused.err,
              "output mean has no classes to print: it is an embedding of 3 features, no classes; choose another with --output");
  expect_says(ask({"inspect", both}).out, "the softmax of scores\n            (what --top and eval read; --output chooses)");
}

// ---- nodes that phosphene lacks

TEST(Networks, WhatAnUnknownNodeMakesIsNamed) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 3, 4, 4}}}};
  graph.nodes = {{"act", "Relu", {"x"}, {"act"}, {}}, {"zip", "Sigmoid", {"act"}, {"map"}, {}}};
  graph.outputs = {"map"};
  write_onnx(scratch("tail.onnx"), {graph, {}, kOpset});
  std::string bytes = read_file(scratch("tail.onnx"));
  bytes.replace(bytes.find("Sigmoid"), 7, "Zipmoid");
  write_file(scratch("tail.onnx"), bytes);
  const std::string file = scratch("tail.onnx").string(), red = plain_picture("red.png", {255, 0, 0});
  const Answer inspected = ask({"inspect", file});
  EXPECT_EQ(inspected.code, 0) << inspected.err;
  expect_says(inspected.out,
              "warning: node zip (Zipmoid) > operator Zipmoid (domain ai.onnx, opset 17) is not supported; not reached: map");
  const std::vector<std::string> run = {"run",      file,       "--image", red, "--preprocess", kColours, "-o", scratch("tail").string(),
                                        "--engine", "reference"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = run;
    all.insert(all.end(), more.begin(), more.end());
    return ask(all);
  };
  EXPECT_EQ(with({"--value", "act"}).code, 0);
  EXPECT_EQ(read_npy(scratch("tail") / "act.npy").values[0], 1);
  expect_says(with({}).err, "no output can be computed: node zip (Zipmoid) > operator Zipmoid");
  expect_says(with({"--value", "map"}).err, "map cannot be computed: node zip (Zipmoid) > operator Zipmoid");
}

// ---- arrays

// y = x, as the file takes it: [N, 3, 2, 4] or [N, 2, 4, 3], turned to channels first.
std::string identity(bool channels_last) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, channels_last ? Shape{kUnknown, 2, 4, 3} : Shape{kUnknown, 3, 2, 4}}}};
  graph.nodes = {
      {"t", "Transpose", {"x"}, {"y"}, {{"perm", channels_last ? std::vector<int64_t>{0, 3, 1, 2} : std::vector<int64_t>{0, 1, 2, 3}}}}};
  graph.outputs = {"y"};
  write_onnx(scratch("identity.onnx"), {graph, {}, kOpset});
  return scratch("identity.onnx").string();
}

TEST(Networks, ArraysAreNotScrambled) {
  std::vector<float> first(48), last(48);  // two pictures; element (n, c, y, x) is 24 n + 8 c + 4 y + x
  for (size_t i = 0; i < 48; ++i) {
    const size_t n = i / 24, c = i / 8 % 3, pixel = i % 8;
    first[i] = static_cast<float>(i), last[n * 24 + pixel * 3 + c] = static_cast<float>(i);
  }
  write_npy(scratch("first.npy"), {2, 3, 2, 4}, first);
  write_npy(scratch("last.npy"), {2, 2, 4, 3}, last);
  write_npy(scratch("flat.npy"), {2, 24}, first);
  write_npy(scratch("turned.npy"), {2, 3, 4, 2}, first);
  const auto y = [&](bool channels_last, const char* array) -> std::optional<std::vector<float>> {
    const Answer answer = ask(
        {"run", identity(channels_last), "--input", scratch(array).string(), "-o", scratch("identity").string(), "--engine", "reference"});
    if (answer.code != 0) {
      expect_says(answer.err, "wants [2, 3, 2, 4]");
      return std::nullopt;
    }
    return read_npy(scratch("identity") / "y.npy").values;
  };
  EXPECT_EQ(y(false, "first.npy"), first);
  EXPECT_EQ(y(true, "first.npy"), first);
  EXPECT_EQ(y(true, "last.npy"), first);
  for (const char* wrong : {"flat.npy", "turned.npy"})
    for (const bool channels_last : {false, true}) EXPECT_EQ(y(channels_last, wrong), std::nullopt) << wrong;
  EXPECT_EQ(y(false, "last.npy"), std::nullopt);
}

// A detector as torchvision exports it: one picture [3, h, w], put into a batch of its own behind the first nodes; what it finds has a
// shape that depends on the picture.
TEST(Networks, OnePictureWithoutABatch) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, {3, 8, 8}}}};
  graph.add_weight("half", Tensor::scalar(0.5f));
  graph.add_weight("first", Tensor::ints({0}));
  std::vector<float> kernel(2 * 3 * 9);
  for (size_t i = 0; i < kernel.size(); ++i) kernel[i] = static_cast<float>(i % 7) - 2.5f;
  graph.add_weight("w", Tensor(Shape{2, 3, 3, 3}, kernel));
  graph.nodes = {{"sub", "Sub", {"x", "half"}, {"moved"}, {}},
                 {"stack", "Unsqueeze", {"moved", "first"}, {"batch"}, {}},
                 {"conv", "Conv", {"batch", "w"}, {"maps"}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}}},
                 {"found", "NonZero", {"maps"}, {"found"}, {}}};
  graph.outputs = {"maps", "found"};
  write_onnx(scratch("one.onnx"), {graph, {}, kOpset});
  const std::string file = scratch("one.onnx").string(), out = scratch("one").string();
  const auto draw = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"synth", file, "--layer", "maps", "--units", "0,1", "--prior", "pixel", "--steps", "2", "-o", out});
    return ask(more);
  };
  const Answer several = draw({"--batch", "2"}), drawn = draw({});
  EXPECT_EQ(several.code, 1);
  expect_says(several.err, "made for a batch of 1");
  EXPECT_EQ(drawn.code, 0) << drawn.err;
  expect_says(drawn.out, "unit 1  seed 0");

  std::vector<float> picture(3 * 64);
  for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i % 5) / 5;
  write_npy(scratch("picture.npy"), {3, 8, 8}, picture);
  write_npy(scratch("batch.npy"), {1, 3, 8, 8}, picture);
  std::vector<std::vector<float>> answers;
  for (const char* array : {"picture.npy", "batch.npy"}) {
    const Answer run = ask({"run", file, "--input", scratch(array).string(), "--value", "maps", "-o", out, "--engine", "reference"});
    EXPECT_EQ(run.code, 0) << run.err;
    answers.push_back(read_npy(scratch("one") / "maps.npy").values);
  }
  EXPECT_EQ(answers[0].size(), 2 * 64u);
  EXPECT_EQ(answers[0], answers[1]);
}

TEST(Networks, ValuesOfAlikeNamesHaveFilesOfTheirOwn) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 2}}}};
  const std::vector<std::string> names = {"畳み込み一", "畳み込み二", "block/sum", "block:sum"};
  for (size_t i = 0; i < 4; ++i) {
    graph.add_weight(fmt::format("c{}", i), Tensor::scalar(static_cast<float>(i + 1)));
    graph.nodes.push_back({fmt::format("n{}", i), "Mul", {"x", fmt::format("c{}", i)}, {names[i]}, {}});
  }
  graph.outputs = names;
  write_onnx(scratch("names.onnx"), {graph, {}, kOpset});
  write_npy(scratch("pair.npy"), {1, 2}, std::vector<float>{1, 1});
  const fs::path out = scratch("names");
  EXPECT_EQ(
      ask({"run", scratch("names.onnx").string(), "--input", scratch("pair.npy").string(), "-o", out.string(), "--engine", "reference"})
          .code,
      0);
  const std::string stem = file_safe(names[0]);
  const std::vector<std::string> files = {stem + ".npy", stem + "-2.npy", "block_sum.npy", "block_sum-2.npy"};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(read_npy(out / files[i]).values[0], static_cast<float>(i + 1)) << files[i];
}

// A U-Net: what is halved (and rounded down) is repeated and joined with the picture, which fits where the size is even.
TEST(Networks, AnOpenSizeSaysWhatToDo) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 3, kUnknown, kUnknown}}}};
  graph.add_weight("twice", Tensor(Shape{4}, std::vector<float>{1, 1, 2, 2}));
  graph.add_weight("flat", Tensor::ints({0, -1}));
  graph.add_weight("w", Tensor(Shape{6 * 8 * 8, 2}, std::vector<float>(768, 0.5f)));
  const std::vector<int64_t> two = {2, 2};
  graph.nodes = {{"down", "MaxPool", {"x"}, {"down"}, {{"kernel_shape", two}, {"strides", two}}},
                 {"up",
                  "Resize",
                  {"down", "", "twice"},
                  {"up"},
                  {{"coordinate_transformation_mode", std::string("asymmetric")}, {"nearest_mode", std::string("floor")}}},
                 {"join", "Concat", {"x", "up"}, {"join"}, {{"axis", int64_t{1}}}},
                 {"squeeze", "Squeeze", {"join"}, {"squeezed"}, {}},
                 {"again", "Reshape", {"squeezed", "flat"}, {"row"}, {}}};
  graph.outputs = {"row"};
  graph.inputs[0].type.shape = {2, 3, 8, 8};
  write_onnx(scratch("unet.onnx"), {graph, {}, kOpset});  // writing infers shapes, so the size is opened in the file
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(read_file(scratch("unet.onnx"))));
  auto& shape = *model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  for (const int axis : {2, 3}) shape.mutable_dim(axis)->set_dim_param("size");
  write_file(scratch("unet.onnx"), model.SerializeAsString());
  const Answer open = ask({"inspect", scratch("unet.onnx").string()}),
               given = ask({"inspect", scratch("unet.onnx").string(), "--input-size", "8x8"});
  EXPECT_EQ(open.code, 1);
  expect_says(open.err, "its shapes do not follow while the picture's size is open");
  expect_says(open.err, "; give the size with --input-size HxW");
  EXPECT_EQ(given.code, 0) << given.err;
  expect_says(given.out, "row [2, 384]");
}

// ---- folders and texts

// Red, blue and, where asked for, green pictures in folders of these names.
std::string folders(const std::string& name, const std::vector<std::pair<std::string, std::array<uint8_t, 3>>>& classes) {
  for (const auto& [label, colour] : classes)
    for (const char* split : {"train", "val"})
      for (int i = 0; i < 3; ++i) plain_picture(fmt::format("{}/{}/{}/{}.png", name, split, label, i), colour);
  return scratch(name).string();
}

Json evaluated(const std::string& model, const std::string& data, const std::string& labels, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"eval", model, "--data", data, "--preprocess", kColours, "--engine", "reference"};
  if (!labels.empty()) {
    write_file(scratch("labels.txt"), labels);
    arguments.insert(arguments.end(), {"--labels", scratch("labels.txt").string()});
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Answer answer = ask(arguments);
  EXPECT_EQ(answer.code, 0) << answer.err;
  return Json::parse(answer.out, nullptr, false);
}

TEST(Networks, EvalFindsClassesByName) {
  setenv("PHOSPHENE_CACHE", scratch("cache").c_str(), 1);
  const std::string data = folders("named", {{"red", {200, 40, 40}}, {"blue", {40, 40, 200}}});
  const std::string two = network("two.onnx", {5, 0, 0, 0, 0, 5}, {0, 0}, {}, {"scores"});                  // red, blue
  const std::string three = network("three.onnx", {0, 0, 5, 0, 5, 0, 5, 0, 0}, {0, 0, 0}, {}, {"scores"});  // blue, green, red
  EXPECT_EQ(evaluated(two, data, "red\nblue\n")["top1"], 1.0);
  EXPECT_EQ(evaluated(two, data, "blue\nred\n")["top1"], 0.0);
  EXPECT_EQ(evaluated(three, data, "blue\ngreen\nred\n")["top1"], 1.0);
  EXPECT_EQ(evaluated(three, data, "n00000001 blue, of the sky\nn00000002 green\nn00000003 red\n")["top1"], 1.0);
  // No labels: in the order of the folders, blue before red, and said so.
  const Json in_order = evaluated(two, data, "");
  EXPECT_EQ(in_order["top1"], 0.0);
  expect_says(in_order["classes_found"].get<std::string>(), "in order: the network has no labels");
  expect_says(evaluated(three, data, "")["no_accuracy"].get<std::string>(), "the network has 3 units without labels, the data 2 classes");
  expect_says(evaluated(three, data, "a\nb\nc\n")["no_accuracy"].get<std::string>(),
              "no class of the data (blue ...) has the name of a label (a ...)");

  // WordNet ids as folders; one class that the network lacks.
  const std::string ids = folders("ids", {{"n00000003", {200, 40, 40}}, {"n00000001", {40, 40, 200}}, {"n00000009", {9, 9, 9}}});
  const Json by_id = evaluated(three, ids, "n00000001 blue\nn00000002 green\nn00000003 red\n");
  EXPECT_EQ(by_id["top1"], 1.0);
  EXPECT_EQ(by_id["pictures_counted"], 6);
  EXPECT_EQ(by_id["classes_without_unit"], Json({"n00000009"}));
  write_file(scratch("map.txt"), "n00000001 blue, sky\nn00000003\tred\n");
  EXPECT_EQ(evaluated(three, ids, "blue\ngreen\nred\n", {"--class-names", scratch("map.txt").string()})["top1"], 1.0);
}

TEST(Networks, EvalOfOneProbability) {
  setenv("PHOSPHENE_CACHE", scratch("cache").c_str(), 1);
  const std::string data = folders("brightness", {{"dark", {51, 51, 51}}, {"bright", {204, 204, 204}}});
  const std::string one = network("one.onnx", {2, 2, 2}, {-3}, {kSigmoid}, {"prob"});  // of being bright
  EXPECT_EQ(evaluated(one, data, "bright\n")["top1"], 1.0);
  EXPECT_EQ(evaluated(one, data, "dark\nbright\n")["top1"], 1.0);
  EXPECT_EQ(evaluated(one, data, "bright\ndark\n")["top1"], 0.0);
  EXPECT_EQ(evaluated(one, data, "")["top1"], 0.0);  // in order: bright is "no"
}

TEST(Networks, OddFoldersAreSaidBeforeTheWork) {
  setenv("PHOSPHENE_CACHE", scratch("cache").c_str(), 1);
  const std::string single = folders("single", {{"red", {200, 40, 40}}});
  const Answer one = ask({"train", "classifier", "--data", single, "--epochs", "1", "-o", scratch("m.onnx").string()});
  EXPECT_EQ(one.code, 1);
  expect_says(one.err, "all pictures are of one class, so there is nothing to classify");
  write_file(scratch("latin1.txt"),
             "p\xEA"
             "che\n");
  const Answer encoding =
      ask({"inspect", network("two.onnx", {5, 0, 0, 0, 0, 5}, {0, 0}, {}, {"scores"}), "--labels", scratch("latin1.txt").string()});
  EXPECT_EQ(encoding.code, 1);
  expect_says(encoding.err, "latin1.txt > line 1 > is not UTF-8; save it as UTF-8");
  fs::copy_file(scratch("two.onnx"), scratch("caf\xE9.onnx"), fs::copy_options::overwrite_existing);
  EXPECT_EQ(Json::parse(ask({"inspect", scratch("caf\xE9.onnx").string(), "--json"}).out)["name"], "caf\uFFFD");
}

}  // namespace
}  // namespace phosphene::networks_test
