// The shape of what a data layer delivers. Caffe reads most of them from the data; then only the declared crop or size is known here.
#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"

namespace phosphene::caffe {

namespace {

Shape from_dims(const BlobShape& shape) { return Shape(std::vector<int64_t>(shape.dim().begin(), shape.dim().end())); }

[[noreturn]] void open_shape() {
  throw Error("does not declare the shape of its data",
              "put `input: \"data\"` and `input_shape { dim: 1 dim: 3 dim: HEIGHT dim: WIDTH }` in its place");
}

// One entry for all tops, or one for each.
template <typename List>
auto entry(const List& list, int index) {
  if (list.size() == 0 || (list.size() > 1 && index >= list.size())) open_shape();
  return list.Get(list.size() == 1 ? 0 : index);
}

Shape dummy_shape(const DummyDataParameter& param, int index) {
  if (param.shape_size() > 0) return from_dims(entry(param.shape(), index));
  return {entry(param.num(), index), entry(param.channels(), index), entry(param.height(), index), entry(param.width(), index)};
}

Shape picture(const LayerParameter& layer, int64_t batch, int64_t old_crop, int64_t height, int64_t width, bool colour) {
  const int64_t declared = layer.transform_param().crop_size(), crop = declared > 0 ? declared : old_crop;
  if (crop > 0) height = width = crop;
  if (height <= 0 || width <= 0) open_shape();
  return {std::max<int64_t>(batch, 1), colour && !layer.transform_param().force_gray() ? 3 : 1, height, width};
}

}  // namespace

Shape input_shape(const LayerParameter& layer, int index) {
  const std::string& type = layer.type();
  if (type == "Input") return from_dims(entry(layer.input_param().shape(), index));
  if (type == "DummyData") return dummy_shape(layer.dummy_data_param(), index);
  if (index > 0) return {};
  if (type == "Data") return picture(layer, layer.data_param().batch_size(), layer.data_param().crop_size(), 0, 0, true);
  if (type == "WindowData")
    return picture(layer, layer.window_data_param().batch_size(), layer.window_data_param().crop_size(), 0, 0, true);
  if (type == "ImageData") {
    const ImageDataParameter& data = layer.image_data_param();
    return picture(layer, data.batch_size(), data.crop_size(), data.new_height(), data.new_width(), data.is_color());
  }
  if (type == "MemoryData") {
    const MemoryDataParameter& data = layer.memory_data_param();
    return {data.batch_size(), data.channels(), data.height(), data.width()};
  }
  open_shape();
}

}  // namespace phosphene::caffe
