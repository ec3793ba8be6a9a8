#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

namespace {

using Pixels = nb::ndarray<const uint8_t, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

std::vector<api::Picture> pictures_of(const std::vector<Pixels>& arrays) {
  std::vector<api::Picture> pictures;
  for (const Pixels& array : arrays)
    pictures.push_back({static_cast<int64_t>(array.shape(0)),
                        static_cast<int64_t>(array.shape(1)),
                        static_cast<int64_t>(array.shape(2)),
                        {array.data(), array.data() + array.size()}});
  return pictures;
}

std::vector<std::pair<std::string, Array<float>>> run(const api::Model& model, Session& session, const std::vector<Pixels>& arrays,
                                                      const std::vector<std::string>& layers) {
  const std::vector<api::Picture> pictures = pictures_of(arrays);
  auto results = with(session, [&](api::Session& own) { return model.run(own, pictures, layers); });
  std::vector<std::pair<std::string, Array<float>>> values;
  for (api::LayerValues& result : results) values.emplace_back(result.layer, array_of(std::move(result.values), result.shape));
  return values;
}

Array<float> gradient(const api::Model& model, Session& session, const std::vector<Pixels>& arrays, const std::string& layer,
                      const std::vector<float>& weights) {
  const std::vector<api::Picture> pictures = pictures_of(arrays);
  api::LayerValues result = with(session, [&](api::Session& own) { return model.gradient(own, pictures, layer, weights); });
  return array_of(std::move(result.values), result.shape);
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<api::Layer>(module, "Layer", "A layer: the value by which it is addressed.")
      .def_ro("name", &api::Layer::name)
      .def_ro("op", &api::Layer::op, "ONNX operator.")
      .def_ro("shape", &api::Layer::shape, "[n, c, h, w]; -1: not known before the batch or the picture's size is.")
      .def_ro("units", &api::Layer::units, "Channels; -1: unknown.")
      .def_ro("computes", &api::Layer::computes, "It depends on the picture, and does more than to move, reshape or count values.")
      .def("__repr__", [](const api::Layer& layer) {
        return "Layer(" + layer.name + ", " + layer.op + ", " + std::to_string(layer.units) + " units)";
      });
  nb::class_<api::Model>(module, "Model", "The network under study. Immutable.")
      .def(
          "__init__",
          [](api::Model* self, Session& session, const api::Request& request) {
            with(session, [&](api::Session& own) { new (self) api::Model(own, request); });
          },
          nb::arg("session"), nb::arg("request"))
      .def_prop_ro("name", &api::Model::name)
      .def_prop_ro("sha256", &api::Model::sha256)
      .def_prop_ro("layers", &api::Model::layers)
      .def_prop_ro("preprocess", &api::Model::preprocess)
      .def_prop_ro("preprocess_known", &api::Model::preprocess_known)
      .def_prop_ro("labels", &api::Model::labels)
      .def("find_layer", &api::Model::find_layer, nb::arg("text"))
      .def("units", &api::Model::units, nb::arg("layer"))
      .def("to_json", &api::Model::to_json)
      .def("run", run, nb::arg("session"), nb::arg("pictures"), nb::arg("layers"))
      .def("gradient", gradient, nb::arg("session"), nb::arg("pictures"), nb::arg("layer"), nb::arg("weights"));
}

}  // namespace phosphene::python
