// Control flow and recurrent layers of a fixed length, and lists of tensors, against loops written out here.
#include "formats/onnx_text.h"
#include "phosphene/graph/passes.h"

namespace phosphene::unrolled_test {
namespace {

using namespace test;

constexpr size_t kSteps = 4, kBatch = 2, kInputs = 3, kHidden = 2;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct Weights {
  std::vector<float> w, r, b;  // [directions, gates * hidden, inputs], [.., hidden], [directions, 2 * gates * hidden]
};

Weights weights_of(size_t gates, size_t directions) {
  return {random_values(directions * gates * kHidden * kInputs, "w"), random_values(directions * gates * kHidden * kHidden, "r"),
          random_values(directions * gates * kHidden * 2, "b", -0.5f, 0.5f)};
}

const std::vector<float> kX = random_values(kSteps * kBatch * kInputs, "steps");

// Row `row` of direction d's W x_t, with the biases of W and R asked for apart.
struct Cell {
  const Weights& weights;
  size_t gates, d;

  double of_x(size_t t, size_t n, size_t row) const {
    double sum = weights.b[d * 2 * gates * kHidden + row];
    for (size_t i = 0; i < kInputs; ++i)
      sum += static_cast<double>(weights.w[(d * gates * kHidden + row) * kInputs + i]) * kX[(t * kBatch + n) * kInputs + i];
    return sum;
  }
  double r_bias(size_t row) const { return weights.b[d * 2 * gates * kHidden + gates * kHidden + row]; }
  double of_h(const std::vector<double>& h, size_t n, size_t row) const {
    double sum = 0;
    for (size_t i = 0; i < kHidden; ++i) sum += weights.r[(d * gates * kHidden + row) * kHidden + i] * h[n * kHidden + i];
    return sum;
  }
};

TextModel network(const std::string& op, size_t gates, size_t directions, const Weights& weights, const std::string& attributes) {
  TextModel model(14, fmt::format("g (float[N,{},{}] x) => (float[] y, float[] last) {{ s = Transpose <perm = [1, 0, 2]> (x)"
                                  " y, last = {} <hidden_size = {}{}> (s, w, r, b) }}",
                                  kSteps, kInputs, op, kHidden, attributes));
  const auto d = static_cast<int64_t>(directions), rows = static_cast<int64_t>(gates * kHidden);
  model.floats("w", {d, rows, kInputs}, weights.w).floats("r", {d, rows, kHidden}, weights.r).floats("b", {d, 2 * rows}, weights.b);
  return model;
}

// x as the network's picture: [batch, steps, inputs].
std::vector<float> batch_first() {
  std::vector<float> x;
  for (size_t n = 0; n < kBatch; ++n)
    for (size_t t = 0; t < kSteps; ++t)
      for (size_t i = 0; i < kInputs; ++i) x.push_back(kX[(t * kBatch + n) * kInputs + i]);
  return x;
}

// All h of all steps [steps, directions, batch, hidden], and the last ones of each direction. step(cell, t, h, c, n, j) is the new h.
template <typename Step>
void expect_recurrent(const TextModel& model, const Weights& weights, size_t gates, size_t directions, bool backwards, Step step) {
  std::vector<double> all(kSteps * directions * kBatch * kHidden), last;
  for (size_t d = 0; d < directions; ++d) {
    std::vector<double> h(kBatch * kHidden, 0), c = h;
    for (size_t k = 0; k < kSteps; ++k) {
      const size_t t = backwards || d == 1 ? kSteps - 1 - k : k;
      const std::vector<double> before = h;
      for (size_t n = 0; n < kBatch; ++n)
        for (size_t j = 0; j < kHidden; ++j) {
          h[n * kHidden + j] = step(Cell{weights, gates, d}, t, before, c[n * kHidden + j], n, j);
          all[((t * directions + d) * kBatch + n) * kHidden + j] = h[n * kHidden + j];
        }
    }
    last.insert(last.end(), h.begin(), h.end());
  }
  expect_values(model.y(batch_first(), kBatch), all);
  expect_values(model.y(batch_first(), kBatch, "last"), last);
}

TEST(OnnxRecurrent, Lstm) {
  const auto step = [](const Cell& cell, size_t t, const std::vector<double>& h, double& c, size_t n, size_t j) {
    const auto gate = [&](size_t g) {
      return cell.of_x(t, n, g * kHidden + j) + cell.of_h(h, n, g * kHidden + j) + cell.r_bias(g * kHidden + j);
    };
    c = logistic(gate(2)) * c + logistic(gate(0)) * std::tanh(gate(3));
    return logistic(gate(1)) * std::tanh(c);
  };
  for (const char* direction : {"forward", "reverse", "bidirectional"}) {
    const size_t directions = direction[0] == 'b' ? 2 : 1;
    const Weights weights = weights_of(4, directions);
    expect_recurrent(network("LSTM", 4, directions, weights, fmt::format(", direction = \"{}\"", direction)), weights, 4, directions,
                     direction[0] == 'r', step);
  }
}

TEST(OnnxRecurrent, Gru) {
  for (const bool before : {false, true}) {
    const auto step = [&](const Cell& cell, size_t t, const std::vector<double>& h, double&, size_t n, size_t j) {
      const auto gate = [&](size_t g) {
        const size_t row = g * kHidden + j;
        return logistic(cell.of_x(t, n, row) + cell.of_h(h, n, row) + cell.r_bias(row));
      };
      const size_t row = 2 * kHidden + j;
      double past = 0;
      if (before) {
        past = gate(1) * (cell.of_h(h, n, row) + cell.r_bias(row));
      } else {  // the reset gate of every hidden unit, not of j alone
        std::vector<double> reset = h;
        for (size_t i = 0; i < kHidden; ++i) {
          const size_t r = kHidden + i;
          reset[n * kHidden + i] *= logistic(cell.of_x(t, n, r) + cell.of_h(h, n, r) + cell.r_bias(r));
        }
        past = cell.of_h(reset, n, row) + cell.r_bias(row);
      }
      const double fresh = std::tanh(cell.of_x(t, n, row) + past);
      return (1 - gate(0)) * fresh + gate(0) * h[n * kHidden + j];
    };
    const Weights weights = weights_of(3, 1);
    expect_recurrent(network("GRU", 3, 1, weights, before ? ", linear_before_reset = 1" : ""), weights, 3, 1, false, step);
  }
}

TEST(OnnxRecurrent, Rnn) {
  const Weights weights = weights_of(1, 1);
  expect_recurrent(network("RNN", 1, 1, weights, ", activations = [\"Relu\"]"), weights, 1, 1, false,
                   [](const Cell& cell, size_t t, const std::vector<double>& h, double&, size_t n, size_t j) {
                     return std::max(0.0, cell.of_x(t, n, j) + cell.of_h(h, n, j) + cell.r_bias(j));
                   });
}

TEST(OnnxLoop, AFixedNumberOfTurnsIsUnrolled) {
  // a <- a + a / 2 + turn, three times; every a is a slice of the second output.
  TextModel model(13, R"(g (float[N,2] x) => (float[N,2] y, float[T,N,2] all) {
    y, all = Loop (turns, yes, x) <body = b (int64 i, bool go, float[N,2] a) => (bool on, float[N,2] next, float[N,2] slice) {
      m = Mul (a, factor)
      t = Cast <to = 1> (i)
      next = Add (m, t)
      slice = Identity (next)
      on = Identity (go)
    }>
  })");
  model.weight("turns", Tensor(Shape{}, std::vector<int64_t>{3})).weight("yes", Tensor(Shape{}, std::vector<int64_t>{1}, DataType::kBool));
  model.floats("factor", {}, {1.5f});
  const auto turn = [](double a, int i) { return 1.5 * a + i; };
  std::vector<double> wanted, slices(6);
  const std::vector<float> x = {1, -2};
  for (size_t k = 0; k < 2; ++k) {
    double a = x[k];
    for (int i = 0; i < 3; ++i) slices[static_cast<size_t>(i) * 2 + k] = a = turn(a, i);
    wanted.push_back(a);
  }
  expect_values(model.y(x, 1), wanted);
  expect_values(model.y(x, 1, "all"), slices);
}

TEST(OnnxLoop, EndsWhereItsConditionDoes) {
  TextModel model(13, R"(g (float[N,2] x) => (float[N,2] y) {
    y = Loop (none, yes, x) <body = b (int64 i, bool go, float[N,2] a) => (bool on, float[N,2] next) {
      next = Add (a, a)
      on = Less (i, last)
    }>
  })");
  model.weight("last", Tensor(Shape{}, std::vector<int64_t>{3})).weight("yes", Tensor(Shape{}, std::vector<int64_t>{1}, DataType::kBool));
  model.proto.mutable_graph()->mutable_node(0)->set_input(0, "");
  expect_values(model.y({1, -3}, 1), {16, -48});  // turn 3 says no, and is the last
}

TEST(OnnxLoop, ThatDependsOnDataIsOpaque) {
  TextModel model(13, R"(g (float[N,2] x) => (float[N,2] y) {
    s = ReduceSum <keepdims = 0> (x)
    turns = Cast <to = 7> (s)
    y = Loop (turns, yes, x) <body = b (int64 i, bool go, float[N,2] a) => (bool on, float[N,2] next) { next = Add (a, a)  on = Identity (go) }>
  })");
  model.weight("yes", Tensor(Shape{}, std::vector<int64_t>{1}, DataType::kBool));
  const Graph graph = model.graph();
  ASSERT_NE(graph.find_opaque("y"), nullptr);
  EXPECT_NE(graph.find_opaque("y")->cause.find("(Loop) > its number of turns depends on data"), std::string::npos);
}

// Running sums over columns from the last one on, each slice put where its column was.
TEST(OnnxScan, GoesAlongAnAxisInBothDirections) {
  TextModel model(17, R"(g (float[N,3] x) => (float[N,3] y) {
    zero = ReduceSum <keepdims = 0> (x, axis)  start = Sub (zero, zero)
    last, y = Scan <num_scan_inputs = 1, scan_input_axes = [1], scan_input_directions = [1], scan_output_axes = [1], scan_output_directions = [1],
      body = b (float[N] sum, float[N] column) => (float[N] next, float[N] slice) { next = Add (sum, column) slice = Identity (next) }> (start, x) })");
  model.ints("axis", {1});
  expect_values(model.y({1, 2, 3, 4, 5, 6}, 2), {6, 5, 3, 15, 11, 6});
  expect_values(model.y({1, 2, 3, 4, 5, 6}, 2, "last"), {6, 15});
}

TEST(OnnxRecurrent, RunningProducts) {
  TextModel model(26, R"(g (float[N,3] x) => (float[N,3] y) { all = CumProd (x, axis) y = CumProd <reverse = 1> (x, axis)
    start = CumProd <exclusive = 1> (f, axis)  mean = ReduceMean <keepdims = 0> (x)  none = Sub (mean, mean)  z = Add (start, none) })");
  model.ints("axis", {1}).floats("f", {1, 3}, {2, 3, 5});
  expect_values(model.y({2, 3, 5}, 1, "all"), {2, 6, 30});
  expect_values(model.y({2, 3, 5}, 1), {30, 15, 5});
  expect_values(model.y({2, 3, 5}, 1, "z"), {1, 2, 6});
}

TEST(OnnxSequences, AreTheTensorsThatTheyHold) {
  const std::vector<float> x = {1, 2, 3, 4, 5};
  const auto y = [&](const std::string& nodes) {
    TextModel model(13, "g (float[N,5] x) => (float[N,K] y) {" + nodes + "}");
    return model.ints("i0", {0})
        .ints("i1", {1})
        .weight("two", Tensor(Shape{}, std::vector<int64_t>{2}))
        .ints("last", {-1})
        .ints("sizes", {1, 4})
        .y(x, 1);
  };
  expect_values(y("s = SplitToSequence <axis = 1> (x, two) a = SequenceAt (s, last) b = SequenceAt (s, i0) y = Concat <axis = 1> (a, b)"),
                {5, 1, 2});
  expect_values(y("s = SplitToSequence <axis = 1> (x, sizes) r = SequenceErase (s, i0) y = ConcatFromSequence <axis = 1> (r)"),
                {2, 3, 4, 5});
  expect_values(y("n = Neg (x) s = SequenceConstruct (x, n) t = SequenceInsert (s, x, i1) l = SequenceLength (t) f = Cast <to = 1> (l)"
                  " z = SequenceAt (t, last) y = Mul (z, f)"),
                {-3, -6, -9, -12, -15});
  expect_values(y("s = SplitToSequence <axis = 1, keepdims = 0> (x) y = ConcatFromSequence <axis = 1, new_axis = 1> (s)"), {1, 2, 3, 4, 5});
}

}  // namespace
}  // namespace phosphene::unrolled_test
