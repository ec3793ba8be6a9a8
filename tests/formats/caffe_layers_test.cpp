// What each Caffe layer computes on either engine, against Caffe's definitions written out here.
#include <cmath>
#include <functional>
#include <numeric>

#include <gtest/gtest.h>
#include <phosphene_caffe.pb.h>

#include "base/temporary_folder.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/program.h"
#include "phosphene/formats/caffe.h"

namespace phosphene {
namespace {

using Floats = std::vector<float>;

struct Blob {
  Shape shape;
  Floats values;
};

// A network of one input x and one layer "y" whose parameters and blobs are given.
struct Case {
  Shape input;
  std::string layer;  // "type: 'ReLU' relu_param { ... }", without name, bottom and top
  std::vector<Blob> blobs = {};
};

struct Result {
  Shape shape;
  Floats values;
};

Graph read(const std::string& text, const std::vector<Blob>& blobs) {
  caffe::NetParameter net;
  caffe::LayerParameter& layer = *net.add_layer();
  layer.set_name("y");
  for (const Blob& from : blobs) {
    caffe::BlobProto& blob = *layer.add_blobs();
    blob.mutable_shape();
    for (const int64_t extent : from.shape) blob.mutable_shape()->add_dim(extent);
    blob.mutable_data()->Add(from.values.begin(), from.values.end());
  }
  return read_caffe({scratch("layer.prototxt", text), scratch("layer.caffemodel", net.SerializeAsString()), {}}).graph;
}

Result run(const Graph& graph, const std::map<std::string, Floats>& inputs, const std::string& value, int64_t batch = 1,
           const std::string& engine = "reference") {
  const auto program = find_engine(engine).compile(graph, {.batch = batch, .values = {value}});
  for (const auto& [name, values] : inputs) {
    if (!program->graph().find_input(name)) continue;  // only its shape was wanted
    EXPECT_EQ(program->input(name).size(), values.size());
    std::copy(values.begin(), values.end(), program->input(name).begin());
  }
  program->forward();
  const auto y = program->value(value);
  return {program->graph().type_of(value).shape, {y.begin(), y.end()}};
}

std::string declare(const std::string& name, const Shape& shape) {
  std::string text = "input: '" + name + "' input_shape { ";
  for (const int64_t extent : shape) text += fmt::format("dim: {} ", extent);
  return text + "} ";
}

Floats count_up(int64_t size, float first = 1) {
  Floats values(static_cast<size_t>(size));
  std::iota(values.begin(), values.end(), first);
  return values;
}

Floats normal(int64_t size) {
  Floats values(static_cast<size_t>(size));
  Rng(3, "x").fill_normal(values);
  return values;
}

void expect_near(const Floats& found, const Floats& expected, double tolerance = 1e-5) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], tolerance * std::max(1.0f, std::abs(expected[i]))) << i;
}

void expect(const Case& c, const Floats& x, const Shape& shape, const Floats& values) {
  const Graph graph = read(declare("x", c.input) + "layer { name: 'y' bottom: 'x' top: 'y' " + c.layer + " }", c.blobs);
  for (const char* engine : {"reference", "onednn"}) {
    SCOPED_TRACE(std::string(engine) + ": " + c.layer);
    const Result result = run(graph, {{"x", x}}, "y", c.input[0], engine);
    EXPECT_EQ(result.shape, shape);
    expect_near(result.values, values);
  }
}

// --- weights

TEST(CaffeLayers, Convolution) {
  // 1..9 as 3x3, kernel (1 2; 3 4), bias 10: 1 + 2 2 + 3 4 + 4 5 = 37
  const std::vector<Blob> blobs = {{{1, 1, 2, 2}, {1, 2, 3, 4}}, {{1}, {10}}};
  expect({{1, 1, 3, 3}, "type: 'Convolution' convolution_param { num_output: 1 kernel_size: 2 }", blobs}, count_up(9), {1, 1, 2, 2},
         {47, 57, 77, 87});
  expect({{1, 1, 3, 3}, "type: 'Convolution' convolution_param { num_output: 1 kernel_size: 2 dilation: 2 }", blobs}, count_up(9),
         {1, 1, 1, 1}, {1 + 2 * 3 + 3 * 7 + 4 * 9 + 10});
  // rows by kernel_h, columns by kernel_w, in two groups
  expect({{1, 2, 2, 3},
          "type: 'Convolution' convolution_param { num_output: 2 group: 2 bias_term: false kernel_h: 1 kernel_w: 3 pad_h: 1 pad_w: 0 "
          "stride_h: 2 stride_w: 1 }",
          {{{2, 1, 1, 3}, {1, 1, 1, 1, 0, -1}}}},
         count_up(12), {1, 2, 2, 1}, {0, 15, 0, -2});
}

TEST(CaffeLayers, Deconvolution) {
  expect({{1, 1, 2, 2},
          "type: 'Deconvolution' convolution_param { num_output: 1 kernel_size: 2 stride: 2 }",
          {{{1, 1, 2, 2}, {1, 10, 100, 1000}}, {{1}, {0.5f}}}},
         {1, 2, 3, 4}, {1, 1, 4, 4},
         {1.5f, 10.5f, 2.5f, 20.5f, 100.5f, 1000.5f, 200.5f, 2000.5f, 3.5f, 30.5f, 4.5f, 40.5f, 300.5f, 3000.5f, 400.5f, 4000.5f});
  // Two inputs, two outputs: weights [channels, outputs, ...]; the padding cuts the border off.
  expect({{1, 2, 1, 1},
          "type: 'Deconvolution' convolution_param { num_output: 2 kernel_size: 3 pad: 1 bias_term: false }",
          {{{2, 2, 3, 3}, count_up(36, 0)}}},
         {1, 10}, {1, 2, 1, 1}, {4 + 10 * 22, 13 + 10 * 31});
}

TEST(CaffeLayers, InnerProduct) {
  const Floats x = count_up(6);
  const std::vector<Blob> flat = {{{2, 6}, {1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1}}, {{2}, {100, 200}}};
  expect({{1, 2, 3}, "type: 'InnerProduct' inner_product_param { num_output: 2 }", flat}, x, {1, 2}, {107, 221});
  const std::vector<Blob> rows = {{{2, 3}, {1, 2, 3, 0, 0, 1}}, {{2}, {0, 100}}};
  expect({{1, 2, 3}, "type: 'InnerProduct' inner_product_param { num_output: 2 axis: -1 }", rows}, x, {1, 2, 2}, {14, 103, 32, 106});
  const std::vector<Blob> transposed = {{{3, 2}, {1, 0, 2, 0, 3, 1}}};
  expect({{1, 2, 3}, "type: 'InnerProduct' inner_product_param { num_output: 2 axis: 2 transpose: true bias_term: false }", transposed}, x,
         {1, 2, 2}, {14, 3, 32, 6});
  expect({{1, 3}, "type: 'InnerProduct' inner_product_param { num_output: 2 transpose: true bias_term: false }", transposed}, count_up(3),
         {1, 2}, {14, 3});
}

// --- pooling: Caffe's loops over every small geometry

struct Pool {
  int64_t height, width, kernel, stride, pad;

  int64_t outputs(int64_t extent) const {
    int64_t count = static_cast<int64_t>(std::ceil(static_cast<double>(extent + 2 * pad - kernel) / static_cast<double>(stride))) + 1;
    if (pad > 0 && (count - 1) * stride >= extent + pad) --count;
    return count;
  }
  // Caffe leaves a window without pixels undefined.
  bool defined() const {
    for (const int64_t extent : {height, width})
      if (outputs(extent) < 1 || (outputs(extent) - 1) * stride - pad >= extent) return false;
    return true;
  }
  Floats apply(const Floats& x, bool max) const {
    Floats y;
    for (int64_t oy = 0; oy < outputs(height); ++oy)
      for (int64_t ox = 0; ox < outputs(width); ++ox) {
        const int64_t top = oy * stride - pad, left = ox * stride - pad;
        const int64_t bottom = std::min(top + kernel, height + pad), right = std::min(left + kernel, width + pad);
        float best = -INFINITY, sum = 0;
        for (int64_t i = std::max<int64_t>(top, 0); i < std::min(bottom, height); ++i)
          for (int64_t j = std::max<int64_t>(left, 0); j < std::min(right, width); ++j) {
            best = std::max(best, x[static_cast<size_t>(i * width + j)]);
            sum += x[static_cast<size_t>(i * width + j)];
          }
        y.push_back(max ? best : sum / static_cast<float>((bottom - top) * (right - left)));
      }
    return y;
  }
};

TEST(CaffeLayers, PoolingOfEverySmallGeometry) {
  int checked = 0;
  for (const int64_t height : {1, 2, 4, 5, 7})
    for (const int64_t kernel : {1, 2, 3, 4})
      for (const int64_t stride : {1, 2, 3})
        for (const int64_t pad : {0, 1, 2})
          for (const bool max : {true, false}) {
            const Pool pool{height, height == 5 ? 6 : height, kernel, stride, pad};
            if (pad >= kernel || !pool.defined()) continue;
            ++checked;
            const Floats x = normal(pool.height * pool.width);
            expect({{1, 1, pool.height, pool.width},
                    fmt::format("type: 'Pooling' pooling_param {{ pool: {} kernel_size: {} stride: {} pad: {} }}", max ? "MAX" : "AVE",
                                kernel, stride, pad)},
                   x, {1, 1, pool.outputs(pool.height), pool.outputs(pool.width)}, pool.apply(x, max));
            if (HasFailure()) FAIL() << "size " << height << " kernel " << kernel << " stride " << stride << " pad " << pad;
          }
  EXPECT_GT(checked, 150);
}

TEST(CaffeLayers, PoolingOverEverythingAndByFloor) {
  expect({{1, 2, 2, 2}, "type: 'Pooling' pooling_param { pool: AVE global_pooling: true }"}, count_up(8), {1, 2, 1, 1}, {2.5f, 6.5f});
  expect({{1, 2, 2, 2}, "type: 'Pooling' pooling_param { global_pooling: true }"}, count_up(8), {1, 2, 1, 1}, {4, 8});
  expect({{1, 1, 2, 4}, "type: 'Pooling' pooling_param { kernel_size: 2 stride: 3 round_mode: FLOOR }"}, count_up(8), {1, 1, 1, 1}, {6});
  expect({{1, 1, 1, 4}, "type: 'Pooling' pooling_param { kernel_h: 1 kernel_w: 2 stride_h: 1 stride_w: 2 }"}, count_up(4), {1, 1, 1, 2},
         {2, 4});
}

// --- element by element

TEST(CaffeLayers, Elementwise) {
  const Floats x = {-2.5f, -1, -0.1f, 0, 0.3f, 1, 2};
  const std::vector<std::pair<std::string, std::function<double(double)>>> layers = {
      {"type: 'ReLU'", [](double v) { return std::max(v, 0.0); }},
      {"type: 'ReLU' relu_param { negative_slope: 0.3 }", [](double v) { return v > 0 ? v : 0.3 * v; }},
      {"type: 'ELU' elu_param { alpha: 0.5 }", [](double v) { return v > 0 ? v : 0.5 * std::expm1(v); }},
      {"type: 'Sigmoid'", [](double v) { return 1 / (1 + std::exp(-v)); }},
      {"type: 'TanH'", [](double v) { return std::tanh(v); }},
      {"type: 'AbsVal'", [](double v) { return std::abs(v); }},
      {"type: 'BNLL'", [](double v) { return std::log1p(std::exp(v)); }},
      {"type: 'Dropout'", [](double v) { return v; }},
      {"type: 'Power'", [](double v) { return v; }},
      {"type: 'Power' power_param { scale: 2 shift: 1 power: 3 }", [](double v) { return std::pow(1 + 2 * v, 3); }},
      {"type: 'Power' power_param { power: 0 }", [](double) { return 1; }},
      {"type: 'Exp'", [](double v) { return std::exp(v); }},
      {"type: 'Exp' exp_param { base: 2 scale: 3 shift: 0.5 }", [](double v) { return std::pow(2, 0.5 + 3 * v); }},
      {"type: 'Log' log_param { shift: 3 }", [](double v) { return std::log(3 + v); }},
      {"type: 'Clip' clip_param { min: -1.5 max: 0.5 }", [](double v) { return std::clamp(v, -1.5, 0.5); }},
      {"type: 'ReLU6'", [](double v) { return std::clamp(v, 0.0, 6.0); }},
      {"type: 'Swish'", [](double v) { return v / (1 + std::exp(-v)); }},
      {"type: 'Swish' swish_param { beta: 2 }", [](double v) { return v / (1 + std::exp(-2 * v)); }},
      {"type: 'Mish'", [](double v) { return v * std::tanh(std::log1p(std::exp(v))); }},
      {"type: 'Threshold' threshold_param { threshold: 0.1 }", [](double v) { return v > 0.1 ? 1 : 0; }},
      {"type: 'Log' log_param { base: 10 scale: 2 shift: 6 }", [](double v) { return std::log10(6 + 2 * v); }},
  };
  for (const auto& [layer, function] : layers) {
    Floats expected;
    for (const float value : x) expected.push_back(static_cast<float>(function(value)));
    expect({{1, 7}, layer}, x, {1, 7}, expected);
  }
}

TEST(CaffeLayers, PRelu) {
  const Floats x = {-1, 2, -3, 4};
  expect({{1, 2, 1, 2}, "type: 'PReLU'", {{{2}, {0.5f, 0.1f}}}}, x, {1, 2, 1, 2}, {-0.5f, 2, -0.3f, 4});
  expect({{1, 4}, "type: 'PReLU' prelu_param { channel_shared: true }", {{{1}, {0.5f}}}}, x, {1, 4}, {-0.5f, 2, -1.5f, 4});
}

TEST(CaffeLayers, PoolingOfForksByFloor) {
  const std::string pool = "type: 'Pooling' pooling_param { kernel_size: 2 stride: 2 ";
  expect({{1, 1, 1, 5}, pool + "kernel_h: 1 kernel_w: 2 ceil_mode: false }"}, count_up(5), {1, 1, 1, 2}, {2, 4});
}

// --- of forks

TEST(CaffeLayers, DilationByTheNameHole) {
  expect({{1, 1, 3, 3},
          "type: 'Convolution' convolution_param { num_output: 1 kernel_size: 2 hole: 2 bias_term: false }",
          {{{1, 1, 2, 2}, {1, 2, 3, 4}}}},
         count_up(9), {1, 1, 1, 1}, {1 + 2 * 3 + 3 * 7 + 4 * 9});
}

TEST(CaffeLayers, DepthwiseConvolutionHasAGroupAChannel) {
  for (const char* type : {"DepthwiseConvolution", "ConvolutionDepthwise"})
    expect({{1, 2, 1, 2},
            fmt::format("type: '{}' convolution_param {{ num_output: 2 kernel_h: 1 kernel_w: 2 bias_term: false }}", type),
            {{{2, 1, 1, 2}, {1, 10, 100, 1000}}}},
           count_up(4), {1, 2, 1, 1}, {21, 4300});
}

TEST(CaffeLayers, AxpyScalesEveryChannel) {
  const std::string text =
      "input: 'x' input_shape { dim: 1 dim: 2 dim: 1 dim: 2 } layer { name: 'a' type: 'Pooling' bottom: 'x' top: 'a' "
      "pooling_param { pool: AVE global_pooling: true } } layer { name: 'y' type: 'Axpy' bottom: 'a' bottom: 'x' bottom: 'x' top: 'y' }";
  const Graph graph = read_caffe({scratch("axpy.prototxt", text), {}, 1}).graph;
  EXPECT_EQ(run(graph, {{"x", {1, 3, -2, 6}}}, "y").values, (Floats{2 + 1, 6 + 3, -4 - 2, 12 + 6}));
}

TEST(CaffeLayers, NormalizeOverChannelsOrThePicture) {
  const Floats x = {3, 1, 4, 2};  // two channels of two pixels
  const auto root = [](double square) { return static_cast<float>(std::sqrt(square)); };
  expect({{1, 2, 1, 2}, "type: 'Normalize' norm_param { across_spatial: false channel_shared: false eps: 0 }", {{{2}, {20, 10}}}}, x,
         {1, 2, 1, 2}, {20 * 3 / root(25), 20 * 1 / root(5), 10 * 4 / root(25), 10 * 2 / root(5)});
  expect({{1, 2, 1, 2}, "type: 'Normalize'", {{{1}, {2}}}}, x, {1, 2, 1, 2}, {6 / root(30), 2 / root(30), 8 / root(30), 4 / root(30)});
}

TEST(CaffeLayers, PermuteAndShuffleChannel) {
  expect({{1, 2, 1, 3}, "type: 'Permute' permute_param { order: 0 order: 2 order: 3 order: 1 }"}, count_up(6), {1, 1, 3, 2},
         {1, 4, 2, 5, 3, 6});
  expect({{1, 6, 1, 1}, "type: 'ShuffleChannel' shuffle_channel_param { group: 2 }"}, count_up(6), {1, 6, 1, 1}, {1, 4, 2, 5, 3, 6});
}

TEST(CaffeLayers, InterpAlignsCorners) {
  // Rows 2 to 3 and columns 3 to 5: places 0, 1/2, 1 and 0, 1/2, 1, 3/2, 2.
  expect({{1, 1, 2, 3}, "type: 'Interp' interp_param { height: 3 width: 5 }"}, {0, 2, 4, 10, 20, 30}, {1, 1, 3, 5},
         {0, 1, 2, 3, 4, 5, 8, 11, 14, 17, 10, 15, 20, 25, 30});
  expect({{1, 1, 1, 3}, "type: 'Interp' interp_param { zoom_factor: 2 }"}, {0, 2, 6}, {1, 1, 1, 5}, {0, 1, 2, 4, 6});
}

TEST(CaffeLayers, UpsampleRepeatsPixels) {
  expect({{1, 1, 1, 2}, "type: 'Upsample' upsample_param { scale: 2 }"}, {1, 2}, {1, 1, 2, 4}, {1, 1, 2, 2, 1, 1, 2, 2});
}

// --- normalisation

TEST(CaffeLayers, LrnAcrossChannels) {
  const Floats x = {1, 2, 3, 4};
  Floats expected;
  for (int c = 0; c < 4; ++c) {
    double sum = 0;
    for (int i = std::max(c - 1, 0); i <= std::min(c + 1, 3); ++i) sum += x[static_cast<size_t>(i)] * x[static_cast<size_t>(i)];
    expected.push_back(static_cast<float>(x[static_cast<size_t>(c)] / std::pow(2 + 0.6 / 3 * sum, 0.5)));
  }
  expect({{1, 4, 1, 1}, "type: 'LRN' lrn_param { local_size: 3 alpha: 0.6 beta: 0.5 k: 2 }"}, x, {1, 4, 1, 1}, expected);
}

TEST(CaffeLayers, LrnWithinAChannelCountsThePadding) {
  Floats expected;
  for (const double sum : {1. + 4, 1 + 4 + 9., 4 + 9.}) expected.push_back(static_cast<float>(std::pow(1 + 0.6 * sum / 9, -0.75)));
  for (int i = 0; i < 3; ++i) expected[static_cast<size_t>(i)] *= static_cast<float>(i + 1);
  // The average pool's windows are cut at the padded border, as Caffe's are: the divisor stays 9.
  expect({{1, 1, 1, 3}, "type: 'LRN' lrn_param { local_size: 3 alpha: 0.6 norm_region: WITHIN_CHANNEL }"}, count_up(3), {1, 1, 1, 3},
         expected);
}

TEST(CaffeLayers, BatchNormDividesByItsFactor) {
  const auto blobs = [](float factor) { return std::vector<Blob>{{{2}, {2, 4}}, {{2}, {8, 18}}, {{1}, {factor}}}; };
  expect({{1, 2, 1, 1}, "type: 'BatchNorm' batch_norm_param { eps: 0 }", blobs(2)}, {3, 5}, {1, 2, 1, 1}, {1, 1});
  expect({{1, 2}, "type: 'BatchNorm' batch_norm_param { eps: 4 }", blobs(0)}, {3, 5}, {1, 2}, {1.5f, 2.5f});
}

TEST(CaffeLayers, ScaleAndBiasOverOneAxisSomeOrNone) {
  const Floats x = count_up(4);
  const Shape shape{1, 2, 1, 2};
  expect({shape, "type: 'Scale' scale_param { bias_term: true }", {{{2}, {10, 100}}, {{2}, {1, 2}}}}, x, shape, {11, 21, 302, 402});
  expect({shape, "type: 'Scale'", {{{2}, {10, 100}}}}, x, shape, {10, 20, 300, 400});
  expect({shape, "type: 'Scale' scale_param { num_axes: -1 }", {{{2, 1, 2}, {1, 10, 100, 1000}}}}, x, shape, {1, 20, 300, 4000});
  expect({shape, "type: 'Scale' scale_param { axis: 3 bias_term: true }", {{{2}, {1, 10}}, {{2}, {0, 5}}}}, x, shape, {1, 25, 3, 45});
  expect({shape, "type: 'Scale' scale_param { num_axes: 0 }", {{{}, {3}}}}, x, shape, {3, 6, 9, 12});
  expect({shape, "type: 'Bias'", {{{2}, {10, 100}}}}, x, shape, {11, 12, 103, 104});
  expect({shape, "type: 'Bias' bias_param { axis: -1 }", {{{2}, {10, 100}}}}, x, shape, {11, 102, 13, 104});
}

Result run_two(const Shape& a, const Shape& b, const std::string& layer, const Floats& xa, const Floats& xb) {
  const std::string text = declare("a", a) + declare("b", b) + "layer { name: 'y' bottom: 'a' bottom: 'b' top: 'y' " + layer + " }";
  return run(read(text, {}), {{"a", xa}, {"b", xb}}, "y", a[0]);
}

TEST(CaffeLayers, ScaleAndBiasByASecondBottom) {
  const Floats x = count_up(8);
  expect_near(run_two({2, 2, 1, 2}, {2}, "type: 'Scale' scale_param { axis: 0 }", x, {1, 10}).values, {1, 2, 3, 4, 50, 60, 70, 80});
  expect_near(run_two({2, 2, 1, 2}, {2, 2}, "type: 'Bias' bias_param { axis: 0 }", x, {10, 20, 30, 40}).values,
              {11, 12, 23, 24, 35, 36, 47, 48});
}

TEST(CaffeLayers, Mvn) {
  const Floats x = {1, 3, 10, 10};
  const Shape shape{1, 2, 1, 2};
  expect({shape, "type: 'MVN'"}, x, shape, {-1, 1, 0, 0});
  expect({shape, "type: 'MVN' mvn_param { normalize_variance: false across_channels: true }"}, x, shape, {-5, -3, 4, 4});
  expect({shape, "type: 'MVN' mvn_param { eps: 1 }"}, x, shape, {-0.5f, 0.5f, 0, 0});
}

TEST(CaffeLayers, SoftmaxAlongItsAxis) {
  const float ln3 = std::log(3.0f);
  expect({{1, 2, 1, 2}, "type: 'Softmax'"}, {0, 0, ln3, 0}, {1, 2, 1, 2}, {0.25f, 0.5f, 0.75f, 0.5f});
  expect({{1, 2, 1, 2}, "type: 'Softmax' softmax_param { axis: -1 }"}, {0, ln3, 0, 0}, {1, 2, 1, 2}, {0.25f, 0.75f, 0.5f, 0.5f});
}

// --- joining and parting

TEST(CaffeLayers, Eltwise) {
  const auto values = [](const std::string& layer) { return run_two({1, 3}, {1, 3}, layer, {1, 2, 3}, {4, -5, 6}).values; };
  expect_near(values("type: 'Eltwise'"), {5, -3, 9});
  expect_near(values("type: 'Eltwise' eltwise_param { coeff: 1 coeff: -2 }"), {-7, 12, -9});
  expect_near(values("type: 'Eltwise' eltwise_param { operation: PROD }"), {4, -10, 18});
  expect_near(values("type: 'Eltwise' eltwise_param { operation: MAX }"), {4, 2, 6});
}

TEST(CaffeLayers, Concat) {
  EXPECT_EQ(run_two({1, 2, 2}, {1, 1, 2}, "type: 'Concat'", count_up(4), {8, 9}).values, (Floats{1, 2, 3, 4, 8, 9}));
  EXPECT_EQ(run_two({1, 2, 2}, {1, 2, 1}, "type: 'Concat' concat_param { axis: -1 }", count_up(4), {8, 9}).values,
            (Floats{1, 2, 8, 3, 4, 9}));
  EXPECT_EQ(run_two({1, 2, 2}, {1, 2, 1}, "type: 'Concat' concat_param { concat_dim: 2 }", count_up(4), {8, 9}).values,
            (Floats{1, 2, 8, 3, 4, 9}));
}

TEST(CaffeLayers, SliceAndSplit) {
  const auto values = [](const std::string& layer, const std::string& value) {
    return run(read(declare("x", {1, 4, 2}) + "layer { name: 'y' bottom: 'x' top: 'a' top: 'b' " + layer + " }", {}), {{"x", count_up(8)}},
               value)
        .values;
  };
  EXPECT_EQ(values("type: 'Slice'", "a"), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(values("type: 'Slice'", "b"), (Floats{5, 6, 7, 8}));
  EXPECT_EQ(values("type: 'Slice' slice_param { slice_point: 3 }", "b"), (Floats{7, 8}));
  EXPECT_EQ(values("type: 'Slice' slice_param { axis: 2 }", "b"), (Floats{2, 4, 6, 8}));
  EXPECT_EQ(values("type: 'Split'", "b"), count_up(8));
}

// --- shapes and reductions

TEST(CaffeLayers, FlattenAndReshape) {
  const std::vector<std::pair<std::string, Shape>> cases = {
      {"type: 'Flatten'", {2, 24}},
      {"type: 'Flatten' flatten_param { axis: 2 }", {2, 3, 8}},
      {"type: 'Flatten' flatten_param { axis: 1 end_axis: -2 }", {2, 6, 4}},
      {"type: 'Flatten' flatten_param { axis: 0 end_axis: 1 }", {6, 2, 4}},
      {"type: 'Reshape' reshape_param { shape { dim: 0 dim: -1 } }", {2, 24}},
      {"type: 'Reshape' reshape_param { shape { dim: 2 dim: 4 dim: 6 } }", {2, 4, 6}},
      {"type: 'Reshape' reshape_param { shape { dim: 0 dim: 0 dim: -1 dim: 1 } }", {2, 3, 8, 1}},
      {"type: 'Reshape' reshape_param { shape { dim: -1 dim: 0 } axis: 2 }", {2, 3, 2, 4}},
      {"type: 'Reshape' reshape_param { shape { dim: 12 dim: 2 } axis: 1 }", {2, 12, 2}},
      {"type: 'Reshape' reshape_param { shape { dim: 6 } axis: 1 num_axes: 2 }", {2, 6, 4}},
      {"type: 'Reshape' reshape_param { shape { dim: 1 } axis: -1 num_axes: 0 }", {2, 3, 2, 4, 1}},
      {"type: 'Reshape' reshape_param { shape { dim: 6 dim: 8 } }", {6, 8}},
  };
  for (const auto& [layer, shape] : cases) expect({{2, 3, 2, 4}, layer}, count_up(48), shape, count_up(48));
}

TEST(CaffeLayers, AReshapeThatSpellsTheBatchLeavesItOpen) {
  const std::string text = declare("x", {1, 4}) +
                           "layer { name: 'y' type: 'Reshape' bottom: 'x' top: 'y' reshape_param { shape { dim: 1 dim: 2 "
                           "dim: 2 } } }";
  const Result result = run(read(text, {}), {{"x", count_up(12)}}, "y", 3);
  EXPECT_EQ(result.shape, (Shape{3, 2, 2}));
  EXPECT_EQ(result.values, count_up(12));
}

TEST(CaffeLayers, Crop) {
  const auto values = [](const std::string& layer) { return run_two({1, 1, 3, 3}, {1, 1, 2, 1}, layer, count_up(9), {0, 0}).values; };
  EXPECT_EQ(values("type: 'Crop'"), (Floats{1, 4}));
  EXPECT_EQ(values("type: 'Crop' crop_param { offset: 1 }"), (Floats{5, 8}));
  EXPECT_EQ(values("type: 'Crop' crop_param { offset: 0 offset: 2 }"), (Floats{3, 6}));
}

TEST(CaffeLayers, Tile) {
  expect({{1, 2, 2}, "type: 'Tile' tile_param { tiles: 2 }"}, count_up(4), {1, 4, 2}, {1, 2, 3, 4, 1, 2, 3, 4});
  expect({{1, 2, 2}, "type: 'Tile' tile_param { axis: -1 tiles: 2 }"}, count_up(4), {1, 2, 4}, {1, 2, 1, 2, 3, 4, 3, 4});
}

TEST(CaffeLayers, ArgMax) {
  const Floats x = {1, 5, 2, 3, 7, 4};
  expect({{1, 3, 2}, "type: 'ArgMax'"}, x, {1, 1, 1}, {4});
  expect({{1, 3, 2}, "type: 'ArgMax' argmax_param { out_max_val: true }"}, x, {1, 2, 1}, {4, 7});
  expect({{1, 3, 2}, "type: 'ArgMax' argmax_param { axis: 1 }"}, x, {1, 1, 2}, {2, 0});
  expect({{1, 3, 2}, "type: 'ArgMax' argmax_param { axis: 1 out_max_val: true }"}, x, {1, 1, 2}, {7, 5});
}

TEST(CaffeLayers, Reduction) {
  const Floats x = {1, -2, 3, -4};
  expect({{2, 2}, "type: 'Reduction' reduction_param { axis: 1 }"}, x, {2}, {-1, -1});
  expect({{2, 2}, "type: 'Reduction' reduction_param { axis: 1 operation: ASUM coeff: 2 }"}, x, {2}, {6, 14});
  expect({{2, 2}, "type: 'Reduction' reduction_param { axis: -1 operation: SUMSQ }"}, x, {2}, {5, 25});
  expect({{1, 2, 2}, "type: 'Reduction' reduction_param { axis: 1 operation: MEAN }"}, x, {1}, {-0.5f});
}

}  // namespace
}  // namespace phosphene
