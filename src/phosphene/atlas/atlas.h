// Atlas: one network in one file, seen by a reader. docs/atlas-format.md describes the file; the names here are its columns.
//
//     const Atlas atlas("net.atlas");
//     for (const AtlasLayer& layer : atlas.layers())
//       for (const AtlasUnit& unit : atlas.units(layer.id, {.sort = UnitSort::kMargin, .limit = 50})) show(unit);
//
// Nothing is written. The file may grow while it is read: each call sees what was finished when it began. One thread uses an Atlas at a
// time; several threads open one each. Every call is an Error when the file is damaged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "phosphene/atlas/database.h"
#include "phosphene/base/file.h"

namespace phosphene {

struct AtlasLayer {
  int64_t id = 0;              // in the order of the network, inputs first
  std::string name, path, op;  // value name; short path for people; operator
  std::vector<int64_t> shape;  // without the batch: [units], [units, height, width] or [units, positions]
  int64_t units = 0;
  bool output = false;    // the layer that says what a picture shows
  bool labelled = false;  // its units are the network's labels
  int64_t parameters = 0;
  std::optional<int64_t> multiply_adds;
  std::optional<int64_t> turn;                 // when its units are drawn, 0 first; nothing: they are not drawn
  Json recipe;                                 // with which its units are drawn (Recipe::to_json()); null: they are not drawn
  int64_t planned = 0, drawn = 0, failed = 0;  // pictures
};

struct AtlasEdge {
  int64_t source = 0, target = 0;  // layer ids; no other layer of the atlas lies between them
};

// Figures of a unit. `activation` to `judge_probability` are those of the picture that stands for it, the one of `seed`.
struct AtlasUnit {
  int64_t layer = 0, unit = 0;
  std::string label;                                               // empty: none
  std::optional<double> lowest, highest, mean, deviation, active;  // over real pictures
  std::optional<int64_t> seed;                                     // nothing: no picture is drawn
  std::optional<double> activation;
  std::optional<int64_t> rank;
  std::optional<double> probability, percentile, margin, path;
  std::optional<int64_t> judge_rank;
  std::optional<double> judge_probability;
  std::string verdict, colour;       // empty: no picture is drawn
  std::vector<std::string> reasons;  // a sentence each
  std::optional<double> map_x, map_y;
  std::string top_class;  // name of the data's class that excites it most; empty: none
};

enum class UnitSort { kNumber, kLabel, kVerdict, kMargin, kActivation, kSparsity, kPath, kClass };

struct UnitQuery {
  UnitSort sort = UnitSort::kNumber;
  bool descending = false;
  std::string filter;              // part of the label, of the number or of the class that excites the unit most, case ignored; empty: all
  int64_t offset = 0, limit = -1;  // -1: all
};

struct PathStep {
  int64_t layer = 0;
  double similarity = 0;  // 0: as other real pictures; 1: as the unit's own top pictures
};

struct AtlasPicture {
  std::string key;
  int64_t layer = 0, unit = 0, seed = 0;
  std::string place;  // "center", "mean" or "y,x"
  double activation = 0;
  int64_t rank = 1;
  std::optional<double> probability;
  bool stopped = false;
  int64_t shown_y = 0, shown_x = 0, height = 0, width = 0;  // the part of the prior's picture that is kept: what the unit sees
  std::optional<double> percentile, margin, path;
  std::vector<PathStep> path_layers;
  std::optional<int64_t> judge_rank;
  std::optional<double> judge_probability;
  std::string verdict, colour;
  std::vector<std::string> reasons;
  std::string pixels;  // SHA-256 of the pixels, rows of RGB or grey bytes
};

struct AtlasExample {
  bool top = true;    // one of the most exciting pictures; else one of a tenth of the unit's range
  int64_t place = 0;  // top: 0 is the most exciting. Else the tenth, 0 the lowest
  int64_t photo = 0;
  double activation = 0;
  int64_t crop_y = 0, crop_x = 0, crop_height = 0, crop_width = 0;  // pixels of the photo that the unit sees where it is excited most
  std::string name, class_name;                                     // of the photo
};

struct AtlasPhoto {
  int64_t id = 0;
  std::string name;  // path below the data's folder
  std::optional<int64_t> class_id;
  int64_t height = 0, width = 0;
};

struct AtlasDistribution {
  double lowest = 0, highest = 0;
  std::vector<uint32_t> histogram;  // kHistogramBins equal bins from lowest to highest
  std::vector<float> quantiles;     // kQuantiles: 0 %, 1 % ... 100 %

  // Share of the pictures that excite the unit less, 0 to 1, to a percent.
  double share_below(double activation) const;
};

struct AtlasUnitClass {
  int64_t id = 0;
  std::string name;
  double mean = 0, score = 0;  // of the class's pictures; (mean - mean over all pictures) / deviation
};

struct AtlasClass {
  int64_t id = 0;
  std::string name;
  int64_t pictures = 0;
  std::optional<int64_t> unit;  // of the output layer
};

struct AtlasClassUnit {
  int64_t layer = 0, unit = 0;
  double mean = 0, score = 0;
};

struct AtlasNeighbour {
  bool same_layer = true;
  int64_t place = 0, layer = 0, unit = 0;
  double similarity = 0;
};

struct AtlasHit {
  int64_t layer = 0, unit = 0;
  std::string label;  // what matched: the unit's label, or the class that excites it most
};

struct AtlasProgress {
  int64_t jobs = 0, drawn = 0, failed = 0;
  int64_t photos = 0, read = 0;        // real pictures to read, and read
  bool complete = false;               // all of it, and every figure measured
  std::optional<double> seconds_left;  // nothing: nothing was timed yet
};

class Atlas {
 public:
  // Error when the file is missing, no atlas, or of a format that this program does not know.
  explicit Atlas(const std::filesystem::path& file);

  const std::string& file() const { return database_.file(); }
  // A value of the table `meta`: "network", "prior", "labels", "data", "judge", "plan", "figures", "part"; null where there is none.
  Json meta(const std::string& key) const;
  AtlasProgress progress() const;

  std::vector<AtlasLayer> layers() const;
  std::vector<AtlasEdge> edges() const;
  // By id, name or path; nothing where there is none.
  std::optional<AtlasLayer> layer(const std::string& name) const;

  std::vector<AtlasUnit> units(int64_t layer, const UnitQuery& query = {}) const;
  int64_t count_units(int64_t layer, const std::string& filter = {}) const;
  std::optional<AtlasUnit> unit(int64_t layer, int64_t unit) const;
  // Units whose label or strongest class has the text in it, case ignored.
  std::vector<AtlasHit> search(const std::string& text, int64_t limit = 50) const;

  // By seed.
  std::vector<AtlasPicture> pictures(int64_t layer, int64_t unit) const;
  // Files: the picture, lossless; the same with at most 64 pixels a side, lossy. Nothing where there is no such picture.
  std::optional<std::string> webp(int64_t layer, int64_t unit, int64_t seed) const;
  std::optional<std::string> thumbnail(int64_t layer, int64_t unit, int64_t seed) const;
  // Thumbnails of the pictures that stand for units [first, first + count), by number; empty strings for units without one.
  std::vector<std::string> thumbnails(int64_t layer, int64_t first, int64_t count) const;
  std::vector<float> code(int64_t layer, int64_t unit, int64_t seed) const;         // empty where there is no such picture
  std::vector<float> activations(int64_t layer, int64_t unit, int64_t seed) const;  // by step

  // Top examples first, then tenths.
  std::vector<AtlasExample> examples(int64_t layer, int64_t unit) const;
  std::optional<AtlasPhoto> photo(int64_t id) const;
  std::optional<std::string> photo_webp(int64_t id) const;
  std::optional<AtlasDistribution> distribution(int64_t layer, int64_t unit) const;
  std::vector<AtlasUnitClass> classes_of(int64_t layer, int64_t unit) const;

  std::vector<AtlasClass> classes() const;
  // The units that a class excites most, of all layers, the highest score first.
  std::vector<AtlasClassUnit> units_of_class(int64_t class_id, int64_t limit = 50) const;
  std::vector<AtlasNeighbour> neighbours(int64_t layer, int64_t unit) const;

  const Database& database() const { return database_; }

 private:
  Database database_;
};

}  // namespace phosphene
