// Losses of classifiers, for files that were exported while they were trained. With scores x of [n, classes, d...], a class t of every
// [n, d...], a weight w of every class:
//
//     NegativeLogLikelihoodLoss   l = -w[t] x[t];  reduction mean: sum l / sum w[t], without weights and ignored classes the mean; sum;
//     none SoftmaxCrossEntropyLoss     the same of log softmax x, which is output 1 as well
//
// Where t is ignore_index, l and w[t] are 0.
#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"

namespace phosphene {

namespace {

void likelihood(Compound& c, const std::string& scores) {
  const Attributes& a = c.attributes();
  std::string target = c.in(1), weights;
  if (c.shape(scores).rank() < 2) throw Error(fmt::format("scores {} have no classes", c.shape(scores)), "export the model again");
  std::string ignored;
  if (a.has("ignore_index")) {
    const auto whole = [&](int64_t value) { return c.weight(Tensor(Shape{}, std::vector<int64_t>{value})); };
    target = c.add("Cast", {target}, {{"to", int64_t{7}}});
    ignored = c.add("Equal", {target, whole(a.get_int("ignore_index", 0))});
    target = c.add("Where", {ignored, whole(0), target});
  }
  if (c.has(2)) weights = c.add("Gather", {c.in(2), target}, {{"axis", int64_t{0}}});
  if (!ignored.empty()) {
    const std::string kept = c.add("Cast", {c.add("Not", {ignored})}, {{"to", int64_t{1}}});
    weights = weights.empty() ? kept : c.add("Mul", {weights, kept});
  }
  const std::string column = c.add("Unsqueeze", {target, c.ints({1})});
  const std::string picked = c.add("Squeeze", {c.add("GatherElements", {scores, column}, {{"axis", int64_t{1}}}), c.ints({1})});
  std::string loss = c.add("Neg", {picked});
  if (!weights.empty()) loss = c.add("Mul", {loss, weights});
  const std::string reduction = a.get_string("reduction", "mean");
  const auto sum = [&](const std::string& x) { return c.add("ReduceSum", {x}, {{"keepdims", int64_t{0}}}); };
  if (reduction == "none")
    c.result(0, "Identity", {loss});
  else if (reduction == "sum")
    c.result(0, "Identity", {sum(loss)});
  else if (reduction != "mean")
    throw Error(fmt::format("attribute reduction is \"{}\"", reduction), "export the model again");
  else if (weights.empty())
    c.result(0, "ReduceMean", {loss}, {{"keepdims", int64_t{0}}});
  else
    c.result(0, "Div", {sum(loss), sum(weights)});
}

void negative_log_likelihood(Compound& c) { likelihood(c, c.in(0)); }

void cross_entropy(Compound& c) {
  const std::string scores = c.add("LogSoftmax", {c.in(0)}, {{"axis", int64_t{1}}});
  c.result(1, "Identity", {scores});
  likelihood(c, scores);
}

}  // namespace

std::vector<CompoundOp> loss_compounds() {
  return {{"", "NegativeLogLikelihoodLoss", negative_log_likelihood}, {"", "SoftmaxCrossEntropyLoss", cross_entropy}};
}

}  // namespace phosphene
