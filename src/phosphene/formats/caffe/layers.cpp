// The table: layer type, what becomes of it, least and most bottoms, most tops.
#include <algorithm>

#include "phosphene/formats/caffe/layer.h"
#include "phosphene/graph/op.h"

namespace phosphene::caffe {

namespace {

using enum LayerType::Role;

constexpr LayerType kTypes[] = {
    {"Input", kInput, nullptr, 0, 0, kAnyNumber},
    {"Data", kInput, nullptr, 0, 0, 2},
    {"ImageData", kInput, nullptr, 0, 0, 2},
    {"MemoryData", kInput, nullptr, 0, 0, 2},
    {"WindowData", kInput, nullptr, 0, 0, 2},
    {"DummyData", kInput, nullptr, 0, 0, kAnyNumber},
    {"HDF5Data", kInput, nullptr, 0, 0, kAnyNumber},

    {"Convolution", kConvert, convolution},
    {"ConvolutionDepthwise", kConvert, depthwise_convolution},
    {"DepthwiseConvolution", kConvert, depthwise_convolution},
    {"Deconvolution", kConvert, deconvolution},
    {"InnerProduct", kConvert, inner_product},
    {"Pooling", kConvert, pooling},

    {"ReLU", kConvert, relu},
    {"PReLU", kConvert, prelu},
    {"ELU", kConvert, elu},
    {"Sigmoid", kConvert, sigmoid},
    {"TanH", kConvert, tanh},
    {"AbsVal", kConvert, abs_val},
    {"Power", kConvert, power},
    {"Exp", kConvert, exponential},
    {"Log", kConvert, logarithm},
    {"BNLL", kConvert, bnll},
    {"Dropout", kConvert, dropout},

    {"LRN", kConvert, lrn},
    {"BatchNorm", kConvert, batch_norm},
    {"Scale", kConvert, scale, 1, 2},
    {"Bias", kConvert, bias, 1, 2},
    {"MVN", kConvert, mvn},
    {"Softmax", kConvert, softmax},

    {"Eltwise", kConvert, eltwise, 2, kAnyNumber},
    {"Concat", kConvert, concat, 1, kAnyNumber},
    {"Slice", kConvert, slice, 1, 1, kAnyNumber},
    {"Split", kConvert, split, 1, 1, kAnyNumber},

    {"Flatten", kConvert, flatten},
    {"Reshape", kConvert, reshape},
    {"Crop", kConvert, crop, 2, 2},
    {"Tile", kConvert, tile},
    {"ArgMax", kConvert, arg_max},
    {"Reduction", kConvert, reduction},

    {"Axpy", kConvert, axpy, 3, 3},
    {"Clip", kConvert, clip},
    {"Interp", kConvert, interp},
    {"Mish", kConvert, mish},
    {"Normalize", kConvert, normalize},
    {"Permute", kConvert, permute},
    {"ReLU6", kConvert, relu6},
    {"ShuffleChannel", kConvert, shuffle_channel},
    {"Swish", kConvert, swish},
    {"Threshold", kConvert, threshold},
    {"Upsample", kConvert, upsample},

    {"Accuracy", kDrop},
    {"ContrastiveLoss", kDrop},
    {"EuclideanLoss", kDrop},
    {"HDF5Output", kDrop},
    {"HingeLoss", kDrop},
    {"InfogainLoss", kDrop},
    {"MultinomialLogisticLoss", kDrop},
    {"SigmoidCrossEntropyLoss", kDrop},
    {"Silence", kDrop},
    {"SoftmaxWithLoss", kDrop},
};

}  // namespace

const LayerType* find_layer_type(const std::string& name) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const LayerType& type) { return name == type.name; });
  return found == std::end(kTypes) ? nullptr : found;
}

}  // namespace phosphene::caffe
