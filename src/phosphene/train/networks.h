// The networks that phosphene trains: an AlexNet-shaped classifier or a residual one, the DeePSiM generator and its conditioned
// discriminator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "phosphene/train/trainable.h"

namespace phosphene {

// AlexNet (Krizhevsky, Sutskever, Hinton, NIPS 2012) with batch normalization: five convolutions, pools after the 1st, 2nd and 5th
// (from 96 pixels on also the 3rd), three fully connected layers. Values: image [n, c, size, size]; conv1..conv5, fc6, fc7 after their
// ReLU; fc8 [n, classes] before the softmax.
//
// With blocks above 0 a residual network (He, Zhang, Ren, Sun, CVPR 2016, arXiv 1512.03385): a convolution 5x5 (from 96 pixels on with
// stride 2 and a pool), then a stage for each width, of so many blocks of two convolutions 3x3; every stage but the first halves the size
// in its first block. Values: image; stem; stage1/block1 .. after their ReLU; features [n, c], the mean over all places; logits [n,
// classes].
struct ClassifierShape {
  int64_t size = 64, channels = 3, classes = 200;
  std::vector<int64_t> widths = {64, 192, 384, 256, 256};  // of conv1 .. conv5, or of the stages
  int64_t fully_connected = 1024;                          // units of fc6 and fc7
  int64_t blocks = 0;
};
// The graph as it trains: fc6 and fc7 are multiplied by the inputs drop6 and drop7 [n, units] (the masks of dropout), features by dropped.
TrainableGraph classifier_network(const ClassifierShape& shape, uint64_t seed);
// Its fully connected layers alone, behind the input "features" [n, c, h, w] instead of convolutions; a pool halves more than 4 x 4.
TrainableGraph classifier_head(const ClassifierShape& shape, const Shape& features, uint64_t seed);
// Either graph as it is used: no masks, batch normalization from its running statistics, folded.
Graph deployed_classifier(const TrainableGraph& trained);

// DeePSiM (Dosovitskiy, Brox, arXiv 1602.02644, section 4): code -> three fully connected layers -> widths[0] x 4 x 4 -> pairs of
// transposed convolution 4x4 stride 2 and convolution 3x3, LeakyReLU 0.3 after each, the last convolution linear. One pair doubles the
// size; while it trains, transposed convolutions stay such that what is even before them is even after (engine/optimiser.h). Then a fixed
// filter takes out what alternates from pixel to pixel. Values: code [n, code], image [n, channels, size, size].
struct GeneratorShape {
  int64_t code = 1024, size = 64, channels = 3;
  int64_t fully_connected = 1024;
  std::vector<int64_t> widths = {256, 256, 128, 64, 32};  // channels at 4x4, then after each doubling
  float code_deviation = 1;                               // root mean square of the code's values: keeps the first layer's output near 1
};
TrainableGraph generator_network(const GeneratorShape& shape, uint64_t seed);

// Scores a picture with its code: the generator's filter, convolutions 4x4 stride 2, then a fully connected layer over the features and an
// embedding of the code. Maps of a finished network may be joined to its own maps of the same size, or one more (Sauer, Chitta, Müller,
// Geiger, NeurIPS 2021, arXiv 2111.01007). Values: image [n, channels, size, size], code [n, code], seen.NAME [n, c, h, w], score [n, 1]
// (positive: taken for real).
struct DiscriminatorShape {
  struct Map {
    std::string name;
    Shape shape;          // [n, c, h, w]
    float deviation = 1;  // root mean square of its values
  };
  int64_t code = 1024, size = 64, channels = 3;
  std::vector<int64_t> widths = {32, 64, 128, 256};
  int64_t embedding = 256;
  float code_deviation = 1;
  std::vector<Map> maps;
  static inline const std::string kSeen = "seen.";
};
TrainableGraph discriminator_network(const DiscriminatorShape& shape, uint64_t seed);

}  // namespace phosphene
