// The subcommands inspect and run from the outside: exit codes, the one line of an error, and the arrays written.
#include <cmath>

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "phosphene/base/image.h"
#include "phosphene/command_line.h"
#include "phosphene/model/model.h"

namespace phosphene {
namespace {

struct Outcome {
  int code = 0;
  std::string out, err;
};

Outcome call(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "phosphene");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  Outcome outcome;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.code = run_cli(static_cast<int>(argv.size()), argv.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

void expect_one_error_line(const Outcome& outcome, const std::string& part) {
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err.rfind("error: ", 0), 0u) << outcome.err;
  EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

// x [N, 3, 2, 2] -> mean over positions -> fc (3 classes: 10 r, 10 g, 10 b) -> softmax; the input is the pixel / 255.
std::string colour_model() {
  Model model;
  model.kind = ModelKind::kClassifier;
  model.preprocess.height = model.preprocess.width = 2;
  model.labels = {"red", "green", "blue"};
  Graph& graph = model.graph;
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 3, 2, 2}}}};
  graph.add_weight("w", Tensor(Shape{3, 3}, std::vector<float>{10, 0, 0, 0, 10, 0, 0, 0, 10}));
  graph.nodes = {{"pool", "GlobalAveragePool", {"x"}, {"pool"}, {}},
                 {"flat", "Flatten", {"pool"}, {"flat"}, {}},
                 {"fc", "Gemm", {"flat", "w"}, {"fc/out"}, {{"transB", int64_t{1}}}},
                 {"softmax", "Softmax", {"fc/out"}, {"prob"}, {{"axis", int64_t{1}}}}};
  graph.outputs = {"prob"};
  save_model(scratch("colour.onnx"), model, false);
  return scratch("colour.onnx").string();
}

std::string picture(const std::string& name, std::array<uint8_t, 3> colour) {
  Image image = Image::blank(4, 4);
  for (int64_t i = 0; i < 16; ++i) std::copy(colour.begin(), colour.end(), image.pixels.begin() + i * 3);
  std::filesystem::create_directories(scratch(name).parent_path());
  write_png(scratch(name), image);
  return scratch(name).string();
}

TEST(Cli, UsageErrorsExitWithTwo) {
  EXPECT_EQ(call({}).code, 2);
  EXPECT_EQ(call({"frobnicate"}).code, 2);
  EXPECT_EQ(call({"inspect"}).code, 2);
  EXPECT_EQ(call({"run", "model.onnx", "--out", "x"}).code, 2);
  EXPECT_EQ(call({"--help"}).code, 0);
  EXPECT_EQ(call({"run", "--help"}).code, 0);
}

TEST(Cli, BadModelsAreOneLineEach) {
  const std::string bytes = read_file(colour_model());
  expect_one_error_line(call({"inspect", "no-such-file.onnx"}), "no-such-file.onnx > no such file");
  write_file(scratch("cut.onnx"), std::string_view(bytes).substr(0, bytes.size() / 2));
  expect_one_error_line(call({"inspect", scratch("cut.onnx").string()}), "not an ONNX file or cut short");
  write_file(scratch("garbage.onnx"), "garbage");
  expect_one_error_line(call({"inspect", scratch("garbage.onnx").string()}), "not an ONNX file or cut short");
  std::string unknown = bytes;
  unknown.replace(unknown.find("GlobalAveragePool"), 17, "GlobalAveragePolo");
  write_file(scratch("unknown.onnx"), unknown);
  expect_one_error_line(call({"inspect", scratch("unknown.onnx").string()}), "node pool (GlobalAveragePolo) > operator GlobalAveragePolo");
}

TEST(Cli, ACaffeDefinitionWithoutWeightsNeedsRandomOnes) {
  const std::string file = scratch("net.prototxt").string();
  write_file(file,
             "input: 'data' input_shape { dim: 1 dim: 3 dim: 4 dim: 4 } layer { name: 'fc' type: 'InnerProduct' bottom: 'data' top: 'fc' "
             "inner_product_param { num_output: 3 } } layer { name: 'prob' type: 'Softmax' bottom: 'fc' top: 'prob' }");
  expect_one_error_line(call({"inspect", file}), "net.prototxt > is a definition without weights; write ");
  const Outcome inspected = call({"inspect", file, "--random-weights", "7"});
  EXPECT_EQ(inspected.code, 0) << inspected.err;
  EXPECT_NE(inspected.out.find("fc"), std::string::npos);
  const Outcome run = call({"run", file, "--random-weights", "7", "--image", picture("red.png", {255, 0, 0}), "--top", "1"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.err.find("assuming \"caffe size=4\""), std::string::npos) << run.err;
}

TEST(Cli, InspectPrintsLayersAndJson) {
  const Outcome text = call({"inspect", colour_model()});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("GlobalAveragePool"), std::string::npos);
  const Json json = Json::parse(call({"inspect", colour_model(), "--json"}).out);
  EXPECT_EQ(json["layers"].size(), 4u);
  EXPECT_EQ(json["parameters"], 9);
}

TEST(Cli, InspectTriesConventionsOnPictures) {
  const auto folder = scratch("photos");
  std::filesystem::create_directories(folder);
  for (const char* name : {"red", "green", "blue"})
    picture(std::string("photos/") + name + ".png",
            {static_cast<uint8_t>(*name == 'r' ? 255 : 0), static_cast<uint8_t>(*name == 'g' ? 255 : 0),
             static_cast<uint8_t>(*name == 'b' ? 255 : 0)});
  const Outcome text = call({"inspect", colour_model(), "--images", folder.string(), "--engine", "reference"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("its own, range=0..1"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("the difference is too small to tell on 3 pictures"), std::string::npos) << text.out;
  const Json json = Json::parse(call({"inspect", colour_model(), "--images", folder.string(), "--engine", "reference", "--json"}).out);
  EXPECT_EQ(json["conventions"]["pictures"], 3);
  EXPECT_EQ(json["silent_units"].size(), 0u);
  expect_one_error_line(call({"inspect", colour_model(), "--images", scratch("nowhere").string()}), "nowhere > is no folder");
}

// x [N, 5, 2, 2] * gain [] -> mean over positions
std::string five_channels() {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 5, kUnknown, kUnknown}}}, {"gain", {DataType::kFloat32, {}}}};
  graph.nodes = {{"mul", "Mul", {"x", "gain"}, {"scaled"}, {}}, {"pool", "GlobalAveragePool", {"scaled"}, {"pool"}, {}}};
  graph.outputs = {"pool"};
  write_onnx(scratch("five.onnx"), {graph, {}, kOpset});
  return scratch("five.onnx").string();
}

TEST(Cli, OtherInputsAreFixedAndManyChannelsTakeArrays) {
  write_npy(scratch("five.npy"), {2, 5, 3, 2}, std::vector<float>(60, 0.5f));
  const auto out = scratch("five-out");
  const Outcome outcome = call(
      {"run", five_channels(), "--fix", "gain=3", "--input", scratch("five.npy").string(), "--out", out.string(), "--engine", "reference"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Array pool = read_npy(out / "pool.npy");
  EXPECT_EQ(pool.shape, (std::vector<int64_t>{2, 5, 1, 1}));
  for (const float value : pool.values) EXPECT_FLOAT_EQ(value, 1.5f);

  const std::string red = picture("red.png", {255, 0, 0});
  const auto fails = [&](std::vector<std::string> more, const std::string& part) {
    std::vector<std::string> arguments = {"run", five_channels(), "--out", out.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_one_error_line(call(arguments), part);
  };
  fails({"--input", scratch("five.npy").string()}, "has several inputs (x, gain ...); give all but one with --fix NAME=VALUE");
  fails({"--fix", "gian=3", "--input", scratch("five.npy").string()}, "--fix > gian > no such input");
  fails({"--fix", "gain=3", "--input-size", "wide", "--input", "x"}, "--input-size > 'wide' is not a size");
  expect_one_error_line(call({"synth", five_channels(), "--fix", "gain=3", "--input-size", "8x8", "--layer", "pool", "--prior", "pixel",
                              "--preprocess", "none", "-o", out.string()}),
                        "has 5 channels, a picture 1 or 3");
}

TEST(Cli, InspectSaysWhatIsFedAndWhatIsOdd) {
  const Outcome open = call({"inspect", five_channels()});
  EXPECT_EQ(open.code, 0) << open.err;
  EXPECT_NE(open.out.find("warning: 2 inputs; give all but the picture with --fix"), std::string::npos) << open.out;
  const Outcome fixed = call({"inspect", five_channels(), "--fix", "gain=1", "--input-size", "6x7"});
  EXPECT_NE(fixed.out.find("input       x [?, 5, 6, 7]"), std::string::npos) << fixed.out;
}

TEST(Cli, RunPrintsTheBestLabels) {
  const std::string red = picture("red.png", {255, 0, 0}), blue = picture("blue.png", {0, 0, 255});
  const Outcome one = call({"run", colour_model(), "--image", red, "--top", "2", "--engine", "reference"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.out, red + "\t0\tred\t0.999909\n" + red + "\t1\tgreen\t0.000045\n");
  write_file(scratch("list.txt"), red + "\n" + blue + "\n" + red + "\n");
  const Outcome many =
      call({"run", colour_model(), "--images", scratch("list.txt").string(), "--top", "1", "--batch", "2", "--engine", "reference"});
  EXPECT_EQ(many.code, 0) << many.err;
  EXPECT_EQ(many.out, red + "\t0\tred\t0.999909\n" + blue + "\t2\tblue\t0.999909\n" + red + "\t0\tred\t0.999909\n");
}

TEST(Cli, RunWritesARowForEachOfManyPictures) {
  const std::string red = picture("many/red.png", {255, 0, 0}), blue = picture("many/a/blue.png", {0, 0, 255});
  const std::string green = picture("many/b.png", {0, 255, 0});
  const auto out = scratch("rows");
  const Outcome outcome = call({"run", colour_model(), "--images", scratch("many").string(), "--value", "fc/out", "--top", "1", "--batch",
                                "2", "--out", out.string(), "--engine", "reference"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, blue + "\t2\tblue\t0.999909\n" + green + "\t1\tgreen\t0.999909\n" + red + "\t0\tred\t0.999909\n");
  const Array value = read_npy(out / "fc_out.npy");
  EXPECT_EQ(value.shape, (std::vector<int64_t>{3, 3}));
  EXPECT_EQ(value.values, (std::vector<float>{0, 0, 10, 0, 10, 0, 10, 0, 0}));
}

TEST(Cli, RunTakesPreprocessAndLabels) {
  const std::string red = picture("red.png", {255, 0, 0});
  write_file(scratch("names.txt"), "eins\nzwei\ndrei\n");
  const Outcome outcome = call({"run", colour_model(), "--image", red, "--top", "1", "--engine", "reference", "--preprocess",
                                "order=bgr,scale=1,std=255", "--labels", scratch("names.txt").string()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, red + "\t2\tdrei\t0.999909\n");
}

TEST(Cli, RunWritesValuesAndGradients) {
  write_npy(scratch("x.npy"), {2, 3, 2, 2}, std::vector<float>(24, 0.5f));
  std::vector<float> seed = {1, 0, 0, 0, 2, 0};
  write_npy(scratch("s.npy"), {2, 3}, seed);
  const auto out = scratch("arrays");
  const Outcome outcome = call({"run", colour_model(), "--input", scratch("x.npy").string(), "--value", "fc/out", "--seed",
                                "fc/out=" + scratch("s.npy").string(), "--out", out.string(), "--engine", "reference"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Array value = read_npy(out / "fc_out.npy"), gradient = read_npy(out / "grad_x.npy");
  EXPECT_EQ(value.shape, (std::vector<int64_t>{2, 3}));
  for (const float v : value.values) EXPECT_FLOAT_EQ(v, 5);
  ASSERT_EQ(gradient.shape, (std::vector<int64_t>{2, 3, 2, 2}));
  for (size_t i = 0; i < 24; ++i) EXPECT_FLOAT_EQ(gradient.values[i], i < 4 ? 2.5f : i >= 16 && i < 20 ? 5.0f : 0.0f) << i;
}

// fc/out and fc_out would both be fc_out.npy.
TEST(Cli, RunWritesAFileForEachOfSeveralValuesWithNamesAlike) {
  Model model = load_model(colour_model());
  model.graph.nodes.push_back({"double", "Add", {"fc/out", "fc/out"}, {"fc_out"}, {}});
  model.graph.nodes.push_back({"triple", "Add", {"fc/out", "fc_out"}, {"fc_out-2"}, {}});
  model.graph.nodes.push_back({"minus", "Neg", {"fc/out"}, {"grad_x"}, {}});
  model.graph.outputs = {"prob", "fc_out-2", "grad_x"};
  save_model(scratch("alike.onnx"), model, false);
  write_npy(scratch("one.npy"), {1, 3, 2, 2}, std::vector<float>(12, 0.5f));
  write_npy(scratch("ones.npy"), {1, 3}, std::vector<float>(3, 1));
  const auto out = scratch("alike");
  const Outcome outcome = call({"run", scratch("alike.onnx").string(), "--input", scratch("one.npy").string(), "--value", "fc/out",
                                "--value", "fc_out", "--value", "fc_out-2", "--value", "grad_x", "--seed",
                                "fc/out=" + scratch("ones.npy").string(), "--out", out.string(), "--engine", "reference"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::map<std::string, float> first;
  for (const auto& file : std::filesystem::directory_iterator(out))
    first[file.path().filename().string()] = read_npy(file.path()).values[0];
  EXPECT_EQ(first, (std::map<std::string, float>{
                       {"fc_out.npy", 5}, {"fc_out-2.npy", 10}, {"fc_out-2-2.npy", 15}, {"grad_x.npy", -5}, {"grad_x-2.npy", 2.5f}}));
  EXPECT_NE(outcome.err.find("fc_out is written as fc_out-2.npy"), std::string::npos) << outcome.err;
}

TEST(Cli, WrongRequestsAreOneLineEach) {
  const std::string model = colour_model(), red = picture("red.png", {255, 0, 0}), out = scratch("wrong").string();
  expect_one_error_line(call({"run", model, "--image", red, "--value", "fcc/out", "--out", out}),
                        "no layer 'fcc/out'; the nearest are fc/out");
  expect_one_error_line(call({"run", model, "--image", "missing.png", "--out", out}), "missing.png");
  expect_one_error_line(call({"run", model, "--image", red, "--out", out, "--engine", "abacus"}), "abacus");
  expect_one_error_line(call({"run", model, "--image", red, "--out", out, "--preprocess", "colour=1"}), "--preprocess");
  expect_one_error_line(call({"run", model, "--images", scratch("nothing").string(), "--out", out}), "nothing");
  EXPECT_EQ(call({"run", model, "--images", scratch("list.txt").string(), "--time", "2"}).code, 2);
  write_npy(scratch("odd.npy"), {1, 3, 5, 5}, std::vector<float>(75));
  expect_one_error_line(call({"run", model, "--input", scratch("odd.npy").string(), "--out", out, "--engine", "reference"}),
                        "odd.npy > has shape [1, 3, 5, 5]");
}

}  // namespace
}  // namespace phosphene
