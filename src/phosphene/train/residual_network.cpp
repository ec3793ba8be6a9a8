// y = relu( norm(conv(relu(norm(conv(x))))) + shortcut(x) ), where shortcut(x) is x, or norm(conv1x1(x)) where the size or the width
// changes.
#include "phosphene/train/residual_network.h"

#include "phosphene/base/error.h"
#include "phosphene/train/builder.h"

namespace phosphene {

namespace {

std::string normalised_conv(GraphBuilder& net, const std::string& name, const std::string& from, const ConvShape& shape) {
  return net.batch_norm(name + "/norm", net.conv(name + "/linear", from, shape));
}

std::string residual_block(GraphBuilder& net, const std::string& name, const std::string& from, int64_t width, int64_t stride) {
  std::string x = normalised_conv(net, name + "/first", from, {.out = width, .stride = stride});
  x = net.unary(name + "/between", "Relu", x);
  x = normalised_conv(net, name + "/last", x, {.out = width});
  const bool same = stride == 1 && net.shape(from)[1] == width;
  const std::string shortcut =
      same ? from : normalised_conv(net, name + "/shortcut", from, {.out = width, .kernel = 1, .stride = stride, .pad = 0});
  return net.unary(name, "Relu", net.binary(name + "/sum", "Add", x, shortcut));
}

}  // namespace

TrainableGraph residual_network(const ClassifierShape& shape, uint64_t seed) {
  const bool large = shape.size >= 96;
  const int64_t halvings = (large ? 2 : 0) + static_cast<int64_t>(shape.widths.size()) - 1;
  if (shape.widths.empty() || halvings > 30 || shape.size >> halvings == 0)
    throw Error(fmt::format("{} stages for pictures of {} pixels", shape.widths.size(), shape.size), "give other --widths");
  GraphBuilder net("classifier", seed);
  std::string x = net.input("image", {kUnknown, shape.channels, shape.size, shape.size});
  x = normalised_conv(net, "stem", x, {.out = shape.widths[0], .kernel = 5, .stride = large ? 2 : 1, .pad = 2});
  x = net.unary("stem", "Relu", x);
  if (large) x = net.max_pool("pool1", x);
  for (size_t stage = 0; stage < shape.widths.size(); ++stage)
    for (int64_t block = 0; block < shape.blocks; ++block)
      x = residual_block(net, fmt::format("stage{}/block{}", stage + 1, block + 1), x, shape.widths[stage],
                         stage > 0 && block == 0 ? 2 : 1);
  x = net.flatten("features", net.global_mean("mean", x));
  return net.finish({net.gemm("logits", net.masked("features/dropped", x, "dropped"), shape.classes, 1)});
}

}  // namespace phosphene
