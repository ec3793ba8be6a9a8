// y = E(z): the encoder's own preprocessing, one forward pass, the value of the code layer or of the encoder's first output.
#include "phosphene/synth/encoder.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"

namespace phosphene {

namespace {

const char* const kOfImage = "give the code of the image as CODES.npy (phosphene run NETWORK --image FILE --value LAYER writes it)";

CodeMaker embedded_network(const Encoder& encoder) {
  for (const std::string& name : embedded_models())
    if (name == encoder.network) {
      Model model = load_model(name);
      if (model.hash == encoder.hash) return {std::move(model), encoder.layer};
    }
  throw Error(fmt::format("it codes the layer {} of {} (sha256 {}), which is neither the network under study nor embedded", encoder.layer,
                          encoder.network, encoder.hash.substr(0, 12)));
}

CodeMaker graph_encoder(const std::string& file, const ImageSize& size) {
  CodeMaker encoder{load_model(file), {}};
  Model& model = encoder.network;
  return located(fmt::format("encoder {}", model.name), [&] {
    const std::string input = model.input().name;
    const Shape shape = bind_batch(model.graph, 1, size).find_input(input)->type.shape;
    if (shape.rank() != 4 || shape[1] != model.preprocess.channels())
      throw Error(fmt::format("its input {} has the shape {}, which is no picture", input, shape));
    Preprocess& preprocess = model.preprocess;
    if (preprocess.height != shape[2] || preprocess.width != shape[3]) preprocess.resize = std::max(shape[2], shape[3]);
    preprocess.height = shape[2];
    preprocess.width = shape[3];
    encoder.code = model.graph.outputs.at(0);
    return encoder;
  });
}

std::vector<float> encode(const CodeMaker& encoder, const Image& image, const std::string& engine) {
  const Model& network = encoder.network;
  const auto program = find_engine(engine).compile(
      network.graph, {.batch = 1, .values = {encoder.code}, .size = {network.preprocess.height, network.preprocess.width}});
  network.preprocess.to_values(image, program->input(network.input().name));
  program->forward();
  const auto code = program->value(encoder.code);
  return {code.begin(), code.end()};
}

}  // namespace

std::optional<CodeMaker> own_encoder(const Prior& prior, const ImageSize& size) {
  if (!prior.encoder || prior.encoder->graph.empty()) return {};
  return graph_encoder(prior.encoder->graph, size);
}

CodeMaker load_encoder(const Prior& prior, const Model& network) {
  if (!prior.encoder) throw Error("it does not say which network made its codes");
  if (auto own = own_encoder(prior, {prior.picture.height, prior.picture.width})) return *std::move(own);
  const Encoder& encoder = *prior.encoder;
  return network.hash == encoder.hash ? CodeMaker{network, encoder.layer} : embedded_network(encoder);
}

void verify_encoded(const Prior& prior, int64_t values) {
  if (!fills_code(values, code_shape(prior)))
    throw Error(fmt::format("its encoder gives {} values, its code has {}", values, prior.code_size));
}

std::vector<float> code_of_image(const Prior& prior, const Model& network, const std::string& file, const std::string& engine) {
  try {
    const CodeMaker encoder = load_encoder(prior, network);
    std::vector<float> code = encode(encoder, read_image(file), engine);
    verify_encoded(prior, std::ssize(code));
    code.resize(static_cast<size_t>(prior.code_size));
    return code;
  } catch (const Error& error) {
    throw error.or_do(kOfImage).at(fmt::format("prior {}", prior.name));
  }
}

}  // namespace phosphene
