#include "phosphene/synth/picture_space.h"

#include "phosphene/base/error.h"

namespace phosphene {

PictureSpace input_space(const Model& network, ImageSize fallback) {
  return located(fmt::format("network {}", network.name), [&] {
    const GraphInput& input = network.input();
    const Shape& shape = input.type.shape;
    if (shape.rank() != 4) throw Error(fmt::format("its input {} has the shape {}, which is no picture", input.name, shape));
    PictureSpace space{network.preprocess, shape[2], shape[3]};
    if (space.height <= 0) space.height = network.preprocess.height > 0 ? network.preprocess.height : fallback.height;
    if (space.width <= 0) space.width = network.preprocess.width > 0 ? network.preprocess.width : fallback.width;
    if (space.height <= 0 || space.width <= 0) throw Error("its image size is open", "give it with --input-size HxW");
    if (shape[1] != kUnknown && shape[1] != 1 && shape[1] != 3)
      throw Error(fmt::format("its input {} has {} channels, a picture 1 or 3", input.name, shape[1]),
                  "run --input X.npy takes other arrays");
    if (shape[1] != kUnknown && shape[1] != network.preprocess.channels())
      throw Error(fmt::format("its input has {} channels, its preprocessing {}", shape[1], network.preprocess.channels()),
                  "give the colour order with --preprocess");
    return space;
  });
}

}  // namespace phosphene
