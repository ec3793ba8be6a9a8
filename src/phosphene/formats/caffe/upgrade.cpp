// The older forms of a layer, field by field. Parameter messages are the same in `layer` and `layers`; the oldest form has one flat
// message.
#include <map>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/parse.h"

namespace phosphene::caffe {

namespace {

using V1 = V1LayerParameter;

struct TypeName {
  V1::LayerType number;
  const char* name;
};

constexpr TypeName kTypes[] = {
    {V1::ABSVAL, "AbsVal"},
    {V1::ACCURACY, "Accuracy"},
    {V1::ARGMAX, "ArgMax"},
    {V1::BNLL, "BNLL"},
    {V1::CONCAT, "Concat"},
    {V1::CONTRASTIVE_LOSS, "ContrastiveLoss"},
    {V1::CONVOLUTION, "Convolution"},
    {V1::DATA, "Data"},
    {V1::DECONVOLUTION, "Deconvolution"},
    {V1::DROPOUT, "Dropout"},
    {V1::DUMMY_DATA, "DummyData"},
    {V1::ELTWISE, "Eltwise"},
    {V1::EUCLIDEAN_LOSS, "EuclideanLoss"},
    {V1::EXP, "Exp"},
    {V1::FLATTEN, "Flatten"},
    {V1::HDF5_DATA, "HDF5Data"},
    {V1::HDF5_OUTPUT, "HDF5Output"},
    {V1::HINGE_LOSS, "HingeLoss"},
    {V1::IM2COL, "Im2col"},
    {V1::IMAGE_DATA, "ImageData"},
    {V1::INFOGAIN_LOSS, "InfogainLoss"},
    {V1::INNER_PRODUCT, "InnerProduct"},
    {V1::LRN, "LRN"},
    {V1::MEMORY_DATA, "MemoryData"},
    {V1::MULTINOMIAL_LOGISTIC_LOSS, "MultinomialLogisticLoss"},
    {V1::MVN, "MVN"},
    {V1::POOLING, "Pooling"},
    {V1::POWER, "Power"},
    {V1::RELU, "ReLU"},
    {V1::SIGMOID, "Sigmoid"},
    {V1::SIGMOID_CROSS_ENTROPY_LOSS, "SigmoidCrossEntropyLoss"},
    {V1::SILENCE, "Silence"},
    {V1::SLICE, "Slice"},
    {V1::SOFTMAX, "Softmax"},
    {V1::SOFTMAX_LOSS, "SoftmaxWithLoss"},
    {V1::SPLIT, "Split"},
    {V1::TANH, "TanH"},
    {V1::THRESHOLD, "Threshold"},
    {V1::WINDOW_DATA, "WindowData"},
};

const std::map<std::string, const char*> kOldestTypes = {
    {"accuracy", "Accuracy"},
    {"bnll", "BNLL"},
    {"concat", "Concat"},
    {"conv", "Convolution"},
    {"data", "Data"},
    {"dropout", "Dropout"},
    {"euclidean_loss", "EuclideanLoss"},
    {"flatten", "Flatten"},
    {"hdf5_data", "HDF5Data"},
    {"hdf5_output", "HDF5Output"},
    {"images", "ImageData"},
    {"infogain_loss", "InfogainLoss"},
    {"innerproduct", "InnerProduct"},
    {"lrn", "LRN"},
    {"multinomial_logistic_loss", "MultinomialLogisticLoss"},
    {"pool", "Pooling"},
    {"relu", "ReLU"},
    {"sigmoid", "Sigmoid"},
    {"softmax", "Softmax"},
    {"softmax_loss", "SoftmaxWithLoss"},
    {"split", "Split"},
    {"tanh", "TanH"},
    {"window_data", "WindowData"},
};

void upgrade_layers_form(V1& from, LayerParameter& to) {
  if (from.has_name()) to.set_name(from.name());
  for (const TypeName& type : kTypes)
    if (type.number == from.type()) to.set_type(type.name);
  to.mutable_bottom()->Swap(from.mutable_bottom());
  to.mutable_top()->Swap(from.mutable_top());
  to.mutable_blobs()->Swap(from.mutable_blobs());
  to.mutable_include()->Swap(from.mutable_include());
  to.mutable_exclude()->Swap(from.mutable_exclude());
  // concat_param ... window_data_param have one name and one message in both forms.
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  from.GetReflection()->ListFields(from, &fields);
  for (const auto* field : fields) {
    if (!std::string_view(field->name()).ends_with("_param")) continue;
    const auto* same = LayerParameter::descriptor()->FindFieldByName(field->name());
    PHOSPHENE_CHECK(same != nullptr);
    to.GetReflection()->MutableMessage(&to, same)->CopyFrom(from.GetReflection()->GetMessage(from, field));
  }
}

void upgrade_windows(const V0LayerParameter& from, LayerParameter& to) {
  if (to.type() == "Convolution") {
    ConvolutionParameter& conv = *to.mutable_convolution_param();
    if (from.has_num_output()) conv.set_num_output(from.num_output());
    if (from.has_biasterm()) conv.set_bias_term(from.biasterm());
    if (from.has_kernelsize()) conv.add_kernel_size(from.kernelsize());
    if (from.has_pad()) conv.add_pad(from.pad());
    if (from.has_stride()) conv.add_stride(from.stride());
    if (from.has_group()) conv.set_group(from.group());
  } else {
    PoolingParameter& pool = *to.mutable_pooling_param();
    pool.set_pool(static_cast<PoolingParameter::PoolMethod>(from.pool()));
    if (from.has_kernelsize()) pool.set_kernel_size(from.kernelsize());
    if (from.has_pad()) pool.set_pad(from.pad());
    if (from.has_stride()) pool.set_stride(from.stride());
  }
}

void upgrade_data(const V0LayerParameter& from, LayerParameter& to) {
  TransformationParameter& transform = *to.mutable_transform_param();
  if (from.has_scale()) transform.set_scale(from.scale());
  if (from.has_meanfile()) transform.set_mean_file(from.meanfile());
  if (from.has_cropsize()) transform.set_crop_size(from.cropsize());
  if (to.type() == "ImageData") {
    to.mutable_image_data_param()->set_batch_size(from.batchsize());
    to.mutable_image_data_param()->set_new_height(from.new_height());
    to.mutable_image_data_param()->set_new_width(from.new_width());
  } else {
    to.mutable_data_param()->set_batch_size(from.batchsize());
  }
}

void upgrade_oldest_form(V1& outer, LayerParameter& to) {
  V0LayerParameter& from = *outer.mutable_layer();
  const auto type = kOldestTypes.find(from.type());
  to.set_name(from.name());
  to.set_type(type == kOldestTypes.end() ? from.type() : type->second);
  to.mutable_bottom()->Swap(outer.mutable_bottom());
  to.mutable_top()->Swap(outer.mutable_top());
  to.mutable_blobs()->Swap(from.mutable_blobs());
  if (to.type() == "Convolution" || to.type() == "Pooling") upgrade_windows(from, to);
  if (to.type() == "Data" || to.type() == "ImageData") upgrade_data(from, to);
  if (to.type() == "Concat" && from.has_concat_dim()) to.mutable_concat_param()->set_axis(static_cast<int32_t>(from.concat_dim()));
  if (to.type() == "InnerProduct") {
    if (from.has_num_output()) to.mutable_inner_product_param()->set_num_output(from.num_output());
    if (from.has_biasterm()) to.mutable_inner_product_param()->set_bias_term(from.biasterm());
  }
  if (to.type() == "LRN") {
    LRNParameter& lrn = *to.mutable_lrn_param();
    if (from.has_local_size()) lrn.set_local_size(from.local_size());
    if (from.has_alpha()) lrn.set_alpha(from.alpha());
    if (from.has_beta()) lrn.set_beta(from.beta());
    if (from.has_k()) lrn.set_k(from.k());
  }
}

// The oldest nets padded in a layer of its own; its pixels belong to the convolution that follows.
void merge_padding_layers(NetParameter& net) {
  struct Padding {
    std::string bottom;
    uint32_t pad;
  };
  std::map<std::string, Padding> paddings;
  for (const V1& old : net.layers())
    if (old.layer().type() == "padding" && old.bottom_size() == 1 && old.top_size() == 1)
      paddings[old.top(0)] = {old.bottom(0), old.layer().pad()};
  if (paddings.empty()) return;
  google::protobuf::RepeatedPtrField<V1> kept;
  for (V1& old : *net.mutable_layers()) {
    if (old.layer().type() == "padding") continue;
    const auto padding = old.bottom_size() == 1 ? paddings.find(old.bottom(0)) : paddings.end();
    if (padding != paddings.end()) {
      old.set_bottom(0, padding->second.bottom);
      old.mutable_layer()->set_pad(padding->second.pad);
    }
    kept.Add()->Swap(&old);
  }
  net.mutable_layers()->Swap(&kept);
}

}  // namespace

void upgrade(NetParameter& net) {
  if (net.layers_size() == 0) return;
  if (net.layer_size() > 0) throw Error("mixes `layer` and the older `layers`", "write all layers in one form");
  merge_padding_layers(net);
  for (V1& old : *net.mutable_layers()) {
    LayerParameter& layer = *net.add_layer();
    if (old.has_layer())
      upgrade_oldest_form(old, layer);
    else
      upgrade_layers_form(old, layer);
  }
  net.clear_layers();
}

}  // namespace phosphene::caffe
