#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "binding.h"

namespace phosphene::python {

namespace {

void bind_records(nb::module_& module) {
  nb::class_<api::AtlasLayer>(module, "AtlasLayer", "A layer of an atlas.")
      .def_ro("id", &api::AtlasLayer::id, "In the order of the network.")
      .def_ro("name", &api::AtlasLayer::name)
      .def_ro("path", &api::AtlasLayer::path)
      .def_ro("op", &api::AtlasLayer::op, "ONNX operator.")
      .def_ro("shape", &api::AtlasLayer::shape, "Without the batch.")
      .def_ro("units", &api::AtlasLayer::units)
      .def_ro("output", &api::AtlasLayer::output, "It says what a picture shows.")
      .def_ro("planned", &api::AtlasLayer::planned, "Pictures.")
      .def_ro("drawn", &api::AtlasLayer::drawn)
      .def("__repr__", [](const api::AtlasLayer& layer) {
        return "AtlasLayer(" + layer.name + ", " + std::to_string(layer.units) + " units, " + std::to_string(layer.drawn) + " pictures)";
      });
  nb::class_<api::AtlasUnit>(module, "AtlasUnit", "A unit over the real pictures, and the picture that stands for it. None: not measured.")
      .def_ro("layer", &api::AtlasUnit::layer)
      .def_ro("unit", &api::AtlasUnit::unit)
      .def_ro("label", &api::AtlasUnit::label)
      .def_ro("lowest", &api::AtlasUnit::lowest, "Activation over real pictures, as the three that follow.")
      .def_ro("highest", &api::AtlasUnit::highest)
      .def_ro("mean", &api::AtlasUnit::mean)
      .def_ro("deviation", &api::AtlasUnit::deviation)
      .def_ro("active", &api::AtlasUnit::active, "Share of real pictures whose activation is above 0.")
      .def_ro("top_class", &api::AtlasUnit::top_class, "Class of the data that excites the unit most.")
      .def_ro("seed", &api::AtlasUnit::seed, "Of the picture; None: none is drawn.")
      .def_ro("activation", &api::AtlasUnit::activation)
      .def_ro("rank", &api::AtlasUnit::rank)
      .def_ro("probability", &api::AtlasUnit::probability)
      .def_ro("percentile", &api::AtlasUnit::percentile)
      .def_ro("margin", &api::AtlasUnit::margin)
      .def_ro("path", &api::AtlasUnit::path)
      .def_ro("judge_rank", &api::AtlasUnit::judge_rank)
      .def_ro("verdict", &api::AtlasUnit::verdict, "sound, doubtful, misleading or unmeasured.")
      .def_ro("colour", &api::AtlasUnit::colour)
      .def_ro("reasons", &api::AtlasUnit::reasons)
      .def("__repr__", [](const api::AtlasUnit& unit) {
        const std::string label = unit.label.empty() ? "" : ", " + unit.label, verdict = unit.verdict.empty() ? "" : ", " + unit.verdict;
        return "AtlasUnit(" + unit.layer + ":" + std::to_string(unit.unit) + label + verdict + ")";
      });
  nb::class_<api::AtlasPicture>(module, "AtlasPicture", "What was measured of a drawn picture. None: not measured.")
      .def_ro("seed", &api::AtlasPicture::seed)
      .def_ro("activation", &api::AtlasPicture::activation)
      .def_ro("rank", &api::AtlasPicture::rank)
      .def_ro("probability", &api::AtlasPicture::probability)
      .def_ro("percentile", &api::AtlasPicture::percentile)
      .def_ro("margin", &api::AtlasPicture::margin)
      .def_ro("path", &api::AtlasPicture::path)
      .def_ro("judge_rank", &api::AtlasPicture::judge_rank)
      .def_ro("verdict", &api::AtlasPicture::verdict)
      .def_ro("colour", &api::AtlasPicture::colour)
      .def_ro("reasons", &api::AtlasPicture::reasons)
      .def_ro("activations", &api::AtlasPicture::activations, "By step.")
      .def_ro("code", &api::AtlasPicture::code);
  nb::class_<api::AtlasExample>(module, "AtlasExample", "A real picture, and where the unit sees what excites it.")
      .def_ro("top", &api::AtlasExample::top, "One of the most exciting; else one from a tenth of the unit's range.")
      .def_ro("place", &api::AtlasExample::place, "0: the most exciting, or the lowest tenth.")
      .def_ro("photo", &api::AtlasExample::photo)
      .def_ro("activation", &api::AtlasExample::activation)
      .def_prop_ro(
          "crop", [](const api::AtlasExample& e) { return std::vector<int64_t>{e.crop_y, e.crop_x, e.crop_height, e.crop_width}; },
          "[y, x, height, width] in the photo: what the unit sees.")
      .def_ro("name", &api::AtlasExample::name)
      .def_ro("class_name", &api::AtlasExample::class_name);
  nb::class_<api::AtlasNeighbour>(module, "AtlasNeighbour", "A unit that answers alike.")
      .def_ro("layer", &api::AtlasNeighbour::layer)
      .def_ro("unit", &api::AtlasNeighbour::unit)
      .def_ro("similarity", &api::AtlasNeighbour::similarity, "-1 to 1.");
}

}  // namespace

void bind_atlas(nb::module_& module) {
  bind_records(module);
  nb::class_<api::Atlas>(module, "Atlas", "The file of a whole network.")
      .def(nb::init<const std::filesystem::path&>(), nb::arg("file"), nb::sig("def __init__(self, file: str | os.PathLike[str]) -> None"))
      .def("meta", &api::Atlas::meta, nb::arg("key"))
      .def_prop_ro("complete", &api::Atlas::complete)
      .def("layers", &api::Atlas::layers)
      .def("units", &api::Atlas::units, nb::arg("layer"))
      .def("unit", &api::Atlas::unit, nb::arg("layer"), nb::arg("unit"))
      .def("pictures", &api::Atlas::pictures, nb::arg("layer"), nb::arg("unit"))
      .def(
          "picture",
          [](const api::Atlas& atlas, const std::string& layer, int64_t unit, int64_t seed) {
            return array_of(atlas.picture(layer, unit, seed));
          },
          nb::arg("layer"), nb::arg("unit"), nb::arg("seed"))
      .def("examples", &api::Atlas::examples, nb::arg("layer"), nb::arg("unit"))
      .def(
          "photo", [](const api::Atlas& atlas, int64_t photo) { return array_of(atlas.photo(photo)); }, nb::arg("photo"))
      .def("neighbours", &api::Atlas::neighbours, nb::arg("layer"), nb::arg("unit"));
}

}  // namespace phosphene::python
