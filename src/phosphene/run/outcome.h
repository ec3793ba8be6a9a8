// Outcome: the result of one job: a picture record, or the job's error.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "phosphene/base/error.h"
#include "phosphene/base/image.h"
#include "phosphene/synth/search.h"

namespace phosphene {

struct PictureRecord {
  size_t job = 0;     // number in its plan
  std::string key;    // a hash of everything that decides the picture's bits (plan.h)
  std::string name;   // the units as the user wrote them: "3", "3*0.5+7", "fc8:3"
  std::string label;  // "goldfish", or "unit 7"
  uint64_t seed = 0;
  std::string file;                 // name of the PNG; empty outside a folder
  std::vector<TermResult> terms;    // those of the objective, in order
  std::vector<double> activations;  // weighted sum of the units' activations, at every step
  bool stopped = false;             // the gradient was zero, so the search ended early
  PixelRect shown;                  // the part of the prior's picture that the unit sees
  Image picture;                    // only that part, 8 bit
  std::vector<float> code;          // from which it was drawn
  std::vector<float> codes;         // [steps + 1, code], if requested

  double activation() const { return activations.back(); }
  const TermResult& main() const;                // with the largest weight: its rank and probability are shown
  bool is_unit(const std::string& layer) const;  // true: a picture of a single unit of that layer
};

struct JobFailure {
  size_t job = 0;
  std::string name;  // as above
  uint64_t seed = 0;
  Error error;
};

using Outcome = std::variant<PictureRecord, JobFailure>;

// An entry of "images" in results.json: everything but picture and codes.
Json to_json(const PictureRecord& record);
// Error if `json` is not such an entry.
PictureRecord record_from_json(const Json& json);

}  // namespace phosphene
