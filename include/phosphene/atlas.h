// Atlas: the file that `phosphene atlas build` makes of a whole network, to read. docs/atlas-format.md defines every figure.
//
//     const Atlas atlas("net.atlas");
//     for (const AtlasUnit& unit : atlas.units("fc8")) show(unit.label, unit.verdict, unit.margin);
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <phosphene/export.h>
#include <phosphene/picture.h>

namespace phosphene::api {

struct AtlasLayer {
  int64_t id = 0;              // in the order of the network, inputs first
  std::string name, path, op;  // value name; short path for people; ONNX operator
  std::vector<int64_t> shape;  // without the batch: [units], [units, height, width] or [units, positions]
  int64_t units = 0;
  bool output = false;             // the layer that says what a picture shows
  int64_t planned = 0, drawn = 0;  // pictures
};

// A unit, over the real pictures, and the picture that stands for it. Figures that were not measured are absent.
struct AtlasUnit {
  std::string layer;  // name
  int64_t unit = 0;
  std::string label;                                               // empty: none
  std::optional<double> lowest, highest, mean, deviation, active;  // activation over real pictures; active: share above 0
  std::string top_class;                                           // of the data, that excites the unit most; empty: none
  std::optional<int64_t> seed;                                     // of the picture; nothing: none is drawn
  std::optional<double> activation;
  std::optional<int64_t> rank;
  std::optional<double> probability, percentile, margin, path;
  std::optional<int64_t> judge_rank;
  std::string verdict, colour;  // "sound" "green", "doubtful" "amber", "misleading" "red", "unmeasured" "grey"; empty: nothing is drawn
  std::vector<std::string> reasons;  // a sentence each
};

// A drawn picture of a unit.
struct AtlasPicture {
  int64_t seed = 0;
  double activation = 0;
  int64_t rank = 1;
  std::optional<double> probability, percentile, margin, path;
  std::optional<int64_t> judge_rank;
  std::string verdict, colour;
  std::vector<std::string> reasons;
  std::vector<float> activations;  // by step
  std::vector<float> code;         // that draws it
};

// A real picture, and where the unit sees what excites it.
struct AtlasExample {
  bool top = true;    // one of the most exciting pictures; else one from a tenth of the unit's range
  int64_t place = 0;  // top: 0 is the most exciting. Else the tenth, 0 the lowest
  int64_t photo = 0;  // for Atlas::photo()
  double activation = 0;
  int64_t crop_y = 0, crop_x = 0, crop_height = 0, crop_width = 0;  // pixels of the photo that the unit sees
  std::string name, class_name;                                     // path below the data's folder; empty: no class
};

struct AtlasNeighbour {
  std::string layer;
  int64_t unit = 0;
  double similarity = 0;  // -1 to 1
};

// Layers are named as `phosphene inspect` names them, by path, or by id. phosphene::Error for a layer or unit that there is not, and where
// the file is damaged. One thread uses an atlas at a time.
class PHOSPHENE_EXPORT Atlas {
 public:
  // phosphene::Error when the file is missing, no atlas, or of a format that this version does not know.
  explicit Atlas(const std::filesystem::path& file);
  ~Atlas();
  Atlas(Atlas&&) noexcept;
  Atlas& operator=(Atlas&&) noexcept;

  // JSON of a value of the table `meta`: "network", "prior", "labels", "data", "judge", "plan"; "null" where there is none.
  std::string meta(const std::string& key) const;
  bool complete() const;  // everything is drawn and measured
  std::vector<AtlasLayer> layers() const;
  std::vector<AtlasUnit> units(const std::string& layer) const;
  AtlasUnit unit(const std::string& layer, int64_t unit) const;
  std::vector<AtlasPicture> pictures(const std::string& layer, int64_t unit) const;  // by seed
  Picture picture(const std::string& layer, int64_t unit, int64_t seed) const;       // the pixels; phosphene::Error: it is not drawn
  // Real pictures: the most exciting first, then one of each tenth of the range. Empty without real pictures.
  std::vector<AtlasExample> examples(const std::string& layer, int64_t unit) const;
  Picture photo(int64_t photo) const;  // a real picture as the network saw it
  std::vector<AtlasNeighbour> neighbours(const std::string& layer,
                                         int64_t unit) const;  // the most alike first, those of the same layer first

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace phosphene::api
