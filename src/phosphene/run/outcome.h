// Outcome: what becomes of one job: a picture record, or the error of that job alone.
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
  std::string key;    // a hash of all that decides its bits (plan.h)
  std::string name;   // of its units, as the user wrote them: "3", "3*0.5+7", "fc8:3"
  std::string label;  // "goldfish", or "unit 7"
  uint64_t seed = 0;
  std::string file;                 // of its PNG, in a folder; else empty
  std::vector<TermResult> terms;    // as in the objective
  std::vector<double> activations;  // the objective's sum of its units' activations, at every iteration
  bool stopped = false;             // the gradient was zero, so the search ended early
  PixelRect shown;                  // the part of the prior's picture that the unit sees
  Image picture;                    // that part, 8 bit
  std::vector<float> code;          // that drew it
  std::vector<float> codes;         // [steps + 1, code] where they were asked for

  double activation() const { return activations.back(); }
  const TermResult& main() const;                // of the term of the largest weight: whose rank and probability are told
  bool is_unit(const std::string& layer) const;  // a picture of a single unit of that layer
};

struct JobFailure {
  size_t job = 0;
  std::string name;  // as above
  uint64_t seed = 0;
  Error error;
};

using Outcome = std::variant<PictureRecord, JobFailure>;

// All but picture and codes: the entry of results.json, "images".
Json to_json(const PictureRecord& record);
// Error where it is none.
PictureRecord record_from_json(const Json& json);

}  // namespace phosphene
