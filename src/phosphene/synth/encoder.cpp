// y = E(z): the encoder's own preprocessing, one forward pass, the value of the code layer or of the encoder's first output.
#include "phosphene/synth/encoder.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"

namespace phosphene {

namespace {

const char* const kOtherwise = "give the code of the image as CODES.npy (phosphene run NETWORK --image FILE --value LAYER writes it)";

Model embedded_encoder(const Encoder& encoder) {
  const Error absent(fmt::format("it codes the layer {} of {} (sha256 {}), which is neither the network under study nor embedded",
                                 encoder.layer, encoder.network, encoder.hash.substr(0, 12)),
                     kOtherwise);
  for (const std::string& name : embedded_models())
    if (name == encoder.network) {
      Model model = load_model(name);
      if (model.hash != encoder.hash) throw absent;
      return model;
    }
  throw absent;
}

std::vector<float> encode(const Model& network, const std::string& layer, const Image& image, const std::string& engine) {
  const auto program = find_engine(engine).compile(network.graph, {.batch = 1, .values = {layer}});
  network.preprocess.to_values(image, program->input(network.input().name));
  program->forward();
  const auto code = program->value(layer);
  return {code.begin(), code.end()};
}

// A graph of its own. Where it takes any size it sees the picture as large as the generator draws: its centre, as large as fits.
std::vector<float> encode_with_graph(const std::string& file, const PictureSpace& drawn, const Image& image, const std::string& engine) {
  Model encoder = load_model(file);
  return located(fmt::format("encoder {}", encoder.name), [&] {
    const std::string input = encoder.input().name;
    encoder.graph = bind_batch(encoder.graph, 1, {drawn.height, drawn.width});
    const Shape shape = encoder.graph.find_input(input)->type.shape;
    if (shape.rank() != 4 || shape[1] != encoder.preprocess.channels())
      throw Error(fmt::format("its input {} has the shape {}, which is no picture", input, shape), kOtherwise);
    Preprocess& preprocess = encoder.preprocess;
    if (preprocess.height != shape[2] || preprocess.width != shape[3]) preprocess.resize = std::max(shape[2], shape[3]);
    preprocess.height = shape[2];
    preprocess.width = shape[3];
    return encode(encoder, encoder.graph.outputs.at(0), image, engine);
  });
}

}  // namespace

std::vector<float> code_of_image(const Prior& prior, const Model& network, const std::string& file, const std::string& engine) {
  return located(fmt::format("prior {}", prior.name), [&] {
    if (!prior.encoder) throw Error("it does not say which network made its codes", kOtherwise);
    const Encoder& encoder = *prior.encoder;
    const Image image = read_image(file);
    std::vector<float> code = !encoder.graph.empty()         ? encode_with_graph(encoder.graph, prior.picture, image, engine)
                              : network.hash == encoder.hash ? encode(network, encoder.layer, image, engine)
                                                             : encode(embedded_encoder(encoder), encoder.layer, image, engine);
    const Shape shape = code_shape(prior);
    if (prior.grid && static_cast<int64_t>(code.size()) < prior.code_size && static_cast<int64_t>(code.size()) % shape.size(1, 3) == 0)
      code = with_zero_channels(code, static_cast<int64_t>(code.size()) / shape.size(1, 3), shape);
    if (static_cast<int64_t>(code.size()) != prior.code_size)
      throw Error(fmt::format("its encoder gives {} values, its code has {}", code.size(), prior.code_size), kOtherwise);
    return code;
  });
}

}  // namespace phosphene
