// Reconstructor: pictures redrawn from their codes, x = G(E(z)), and how far the code of the redrawn picture is from the first.
#pragma once

#include <memory>
#include <string>

#include "phosphene/engine/program.h"
#include "phosphene/synth/encoder.h"
#include "phosphene/train/validation.h"

namespace phosphene {

struct ReconstructionOptions {
  std::string engine = "onednn";
  Precision precision = Precision::kFloat32;
};

class Reconstructor {
 public:
  static inline const std::string kEncoder = "encoder.";  // prefix of the network's names behind the generator

  // `generator` draws from "code" to "image" in the input space of E, `encoder`.
  Reconstructor(const Graph& generator, CodeMaker encoder, const Dataset& data, const ReconstructionOptions& options);
  // Any generator. Error when E's code has another size than the generator's.
  Reconstructor(const Prior& prior, CodeMaker encoder, const Dataset& data, const ReconstructionOptions& options);

  // E, and its value that is the code.
  const Model& encoder() const { return network_; }
  const std::string& code_layer() const { return code_layer_; }
  // The program of the generator and the encoder behind it: set its weights to examine others.
  Program& generator() { return *decode_; }
  // Median of |E(G(y)) - y| / |y| over at most so many pictures, spread evenly over the data.
  double median_error(int64_t most_images);
  // Rows of real pictures, each above the row of their reconstructions.
  Image grid(int64_t most_pictures);

 private:
  struct Drawing;  // a generator, and how its picture becomes E's input
  Reconstructor(const Drawing& drawing, CodeMaker encoder, const Dataset& data, const ReconstructionOptions& options);

  void reconstruct(const SpreadBatch& which);

  const Model network_;
  Validation pictures_;
  std::string code_layer_, input_, code_;
  Shape code_shape_;  // of one code of the generator
  std::unique_ptr<Program> encode_, decode_;
};

}  // namespace phosphene
