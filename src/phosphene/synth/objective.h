// Objective: the scalar that a search raises, a linear functional of layer values.
//
//     F = sum over terms t of  weight_t * f_t,   f_t = value[unit, y, x]  or  mean over (y, x) of value[unit]
//
// A layer's value has the shape [n, units], [n, units, height, width] or, as tokens have once their units are put first
// (model/unit_axis.h), [n, units, positions].
#pragma once

#include <span>
#include <string>
#include <vector>

#include "phosphene/graph/shape.h"
#include "phosphene/synth/recipe.h"

namespace phosphene {

struct Term {
  std::string layer;  // value name
  int64_t unit = 0;
  double weight = 1;
  Place at;
  bool operator==(const Term&) const = default;
};

struct Objective {
  std::string name;         // as the user wrote it: "3", "3*0.5+7"
  std::vector<Term> terms;  // at least one

  // The term of the largest weight (the first of equals): the unit that ranks and probabilities are told of.
  const Term& main() const;
  std::vector<std::string> layers() const;  // each once, in order of appearance
};

// The layers of all, each once, in order of appearance.
std::vector<std::string> layers_of(const std::vector<Objective>& objectives);

// "3,17-20", "all", "3*0.5+7,9": an objective an entry; all at one layer and position. Error names the valid range.
struct UnitsAt {
  std::string layer;
  Place at;
  int64_t count = 0;   // units of the layer
  std::string prefix;  // of the objectives' names
};
std::vector<Objective> parse_objectives(const std::string& text, const UnitsAt& place);

// A term of a sum over several layers: "conv4:17*-0.5" -> {"conv4", 17, -0.5}.
struct LayerTerm {
  std::string layer;  // as the user wrote it; empty: the request's
  int64_t unit = 0;
  double weight = 1;
};

// "fc6:0-399,fc8:3,7" -> {"fc6", "0-399"}, {"fc8", "3,7"}: what stands before an entry's last colon names its layer and that of the
// entries after it. Entries before any colon come first, with an empty name. A sum that names a layer after its first term,
// "conv4:17+fc8:3*-0.5", is an entry of its own; `layer` is the last that it names.
struct UnitsOfLayer {
  std::string layer, units;
  std::vector<LayerTerm> sum;  // of such a sum; else empty
};
std::vector<UnitsOfLayer> split_by_layer(const std::string& text);

// Checks unit and position against the layer's shape (with batch). Error "layer NAME > ...".
void verify_term(const Term& term, const Shape& shape);

// f_t of one lane (its slice of the layer's value, without the batch axis).
double term_value(const Term& term, const Shape& shape, std::span<const float> lane);
// Adds weight_t * df_t/dvalue to one lane of the seed gradient.
void add_term_gradient(const Term& term, const Shape& shape, std::span<float> lane);

// Where the term's unit stands among all units of its layer at its position.
struct Standing {
  double value = 0;  // f_t
  int64_t rank = 1;  // 1: no unit is higher
  double share = 0;  // softmax over the layer's units
};
Standing standing(const Term& term, const Shape& shape, std::span<const float> lane);

}  // namespace phosphene
