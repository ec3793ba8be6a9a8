#include "phosphene/synth/recipe_fields.h"

#include <algorithm>
#include <charconv>

#include "phosphene/base/error.h"
#include "phosphene/base/text.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/synth/objective_kinds.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

template <typename T>
struct Unwrapped {
  using type = T;
};
template <typename T>
struct Unwrapped<std::optional<T>> {
  using type = T;
};

template <typename T>
Json write(const T& field) {
  return field;
}
Json write(const std::string& field) { return as_utf8(field); }  // a file's name may be anything
Json write(const Place& at) { return at.to_string(); }
Json write(Precision precision) { return to_string(precision); }
template <typename T>
Json write(const std::optional<T>& field) {
  return field ? Json(*field) : Json(nullptr);
}

template <typename T>
void set_from(const Json& json, T& field) {
  if constexpr (std::is_integral_v<T>) {
    if (!json.is_number_integer()) throw Error("is not an integer");
  }
  field = json.get<T>();
}
void set_from(const Json& json, Place& at) { at = Place::parse(json.get<std::string>()); }
void set_from(const Json& json, Precision& precision) { precision = parse_precision(json.get<std::string>()); }
template <typename T>
void set_from(const Json& json, std::optional<T>& field) {
  field.reset();
  if (!json.is_null()) set_from(json, field.emplace());
}

template <typename T>
void read_from(const std::string& text, T& field) {
  if constexpr (std::is_arithmetic_v<T>) {
    T number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size()) throw Error(fmt::format("\"{}\" is not a number", text));
    field = number;
  } else {
    field = text;
  }
}
void read_from(const std::string& text, std::vector<std::string>& list) { list.push_back(text); }
void read_from(const std::string& text, std::vector<uint64_t>& seeds) { seeds = parse_seeds(text); }
void read_from(const std::string& text, Place& at) { at = Place::parse(text); }
void read_from(const std::string& text, Precision& precision) { precision = parse_precision(text); }
template <typename T>
void read_from(const std::string& text, std::optional<T>& field) {
  read_from(text, field.emplace());
}

template <auto Member>
RecipeField field(const char* name, std::string option, std::string help) {
  using T = std::remove_reference_t<decltype(std::declval<Recipe&>().*Member)>;
  using Value = typename Unwrapped<T>::type;
  RecipeField made{name, std::move(option), std::move(help), {}};
  made.kind = std::is_integral_v<Value>                         ? RecipeField::Kind::kInteger
              : std::is_floating_point_v<Value>                 ? RecipeField::Kind::kNumber
              : std::is_same_v<Value, std::vector<std::string>> ? RecipeField::Kind::kList
                                                                : RecipeField::Kind::kText;
  made.get = [](const Recipe& recipe) { return write(recipe.*Member); };
  made.set = [](Recipe& recipe, const Json& value) {
    try {
      set_from(value, recipe.*Member);
    } catch (const Json::exception&) {
      throw Error(fmt::format("has the wrong type: {}", value.dump()));
    }
  };
  made.read = [](Recipe& recipe, const std::string& text) { read_from(text, recipe.*Member); };
  return made;
}

RecipeField with_default(RecipeField field) {
  field.has_default = true;
  return field;
}

RecipeField one_of(RecipeField field, Table<ObjectiveKind> table) {
  for (const ObjectiveKind& entry : table) {
    field.choices.push_back(entry.name);
    field.help += fmt::format("{} {}", field.choices.size() > 1 ? ";" : "", entry.about);
  }
  return with_default(std::move(field));
}

std::string rules_help() {
  std::string text =
      "How the code moves at each step, as \"adam beta1=0.5\" (default: the prior's own; adam for fourier and maco; else dgn-am)";
  for (const Rule& rule : all_rules()) {
    text += fmt::format("; {}: {}", rule.name, rule.about);
    for (const RuleParameter& parameter : rule.parameters)
      text += fmt::format(", {}={} ({}, {} to {})", parameter.name, parameter.usual, parameter.about, parameter.lowest, parameter.highest);
  }
  return text;
}

std::string priors_help() {
  std::string text = "What draws the picture: a generator (GEN.onnx, GEN.prototxt:GEN.caffemodel or an embedded name)";
  for (const PriorKind& kind : all_prior_kinds()) text += fmt::format("; {}: {}", kind.name, kind.about);
  return text;
}

std::string starts_help() {
  std::string text = "Where a search starts (default: the prior's own; bank if the prior has one; else normal)";
  for (const Start& start : all_starts()) {
    const char* format = start.needs_argument ? ":{}" : "[:{}]";
    text += fmt::format("; {}{}: {}", start.name, start.argument ? fmt::format(fmt::runtime(format), start.argument) : "", start.about);
  }
  return text;
}

RecipeField learning_rate() {
  RecipeField rate = field<&Recipe::lr0>("lr0", "--lr",
                                         "Step size, FIRST or FIRST:LAST (default of FIRST: the prior's own, else 2.1 sigma of its code, "
                                         "else 8; with adam 5 for fourier, 0.1 for maco; of LAST: 1e-10)");
  rate.kind = RecipeField::Kind::kText;
  rate.read = [](Recipe& recipe, const std::string& text) { parse_lr(text, recipe); };
  return rate;
}

std::vector<RecipeField> make_fields() {
  return {
      field<&Recipe::network>("network", "model",
                              "The network under study: FILE.onnx, FILE.prototxt:FILE.caffemodel or the name of an embedded model"),
      field<&Recipe::random_weights>("random_weights", "--random-weights",
                                     "SEED: random weights for a FILE.prototxt that is given without weights"),
      field<&Recipe::shuffle>("shuffle", "--shuffle", "SEED: shuffle the network's weights first, as a control (default: no)"),
      field<&Recipe::preprocess>("preprocess", "--preprocess", kPreprocessHelp),
      field<&Recipe::labels>("labels", "--labels", "A text file with one label per line (default: the labels in the model file)"),
      field<&Recipe::output>("output", "--output",
                             "The output, or another value, that says what a picture shows (default: inferred; `inspect` names it)"),
      field<&Recipe::fixed>("fix", "--fix", "NAME=VALUE or NAME=FILE.npy: makes an input other than the picture constant; once per input"),
      field<&Recipe::input_size>("input_size", "--input-size", "HxW: size of the picture, if the network leaves it open"),
      field<&Recipe::layer>("layer", "--layer", "Layer: name of a value or node, path of a module, or a unique part of either"),
      field<&Recipe::direction>(
          "direction", "--direction",
          "FILE.npy: directions in the layer, [units] or [directions, units], each taken for a unit (concepts of a sparse "
          "autoencoder, of CRAFT); --units names rows"),
      with_default(field<&Recipe::units>(
          "units", "--units",
          "Units, one picture each: 3,17-20 or all; a weighted sum, one picture: 3*0.5+7; several layers: fc6:0-9,fc8:all; a sum "
          "over layers: fc6:3*0.5+fc8:7")),
      with_default(
          field<&Recipe::at>("at", "--at", "Place in the layer: Y,X in maps, the number of a token, center, or mean (over all places)")),
      one_of(field<&Recipe::objective>("objective", "--objective", "What the search raises of each unit:"), all_objective_kinds()),
      with_default(field<&Recipe::prior>("prior", "--prior", priors_help())),
      field<&Recipe::prior_inputs>("prior_input", "--prior-input",
                                   "Input of the generator that is searched, if it has several; once per input (default: the one that is "
                                   "not fixed)"),
      field<&Recipe::prior_fixed>("prior_fix", "--prior-fix",
                                  "NAME=VALUE or NAME=FILE.npy: makes another input of the generator constant; once per input"),
      field<&Recipe::prior_preprocess>("prior_preprocess", "--prior-preprocess",
                                       "What the values of the generator's pictures are as pixels, in the words of --preprocess: tf for "
                                       "-1..1 (default: what its file says, else \"rgb range=0..1\")"),
      field<&Recipe::rule>("rule", "--rule", rules_help()),
      field<&Recipe::steps>("steps", "--steps", "Steps of a search (default: the prior's own, else 200)"),
      field<&Recipe::patience>(
          "patience", "--patience",
          "End a search after this many steps without a rise of 0.1 %; 0: never (default: the prior's own; 20 for adam; else 0)"),
      learning_rate(),
      field<&Recipe::lr1>("lr1", "", "The last step size"),
      field<&Recipe::decay>("decay", "--decay", "Factor on the code after each step (default: the prior's own, else 0.99; maco 1)"),
      with_default(field<&Recipe::bounds>(
          "bounds", "--bounds",
          "Bounds of the code: prior (those in its file), none, or FILE.npy: upper bounds [code] (lower: 0), or both [2, code]")),
      field<&Recipe::init>("init", "--init", starts_help()),
      field<&Recipe::views>("views", "--views",
                            "Random views: at each step but the last, the network sees the picture randomly scaled, shifted by up to this "
                            "share of its side, and with noise (deviation as a share of half the pixel range): none, or any of "
                            "\"scale=0.9..1.1 shift=0.07 noise=0.1\" (default: the prior's own, else none; fourier \"scale=0.9..1.1\", "
                            "maco \"scale=1..2 shift=0 noise=0.2\")"),
      with_default(field<&Recipe::seeds>("seeds", "--seeds", "Seeds: 0-3,7; one picture per unit and seed")),
      field<&Recipe::batch>("batch", "--batch",
                            "Pictures drawn at once (default: the fastest on this machine, measured once if that pays)"),
      with_default(field<&Recipe::engine>("engine", "--engine", "Engine: " + engine_choices())),
      with_default(
          field<&Recipe::precision>("precision", "--precision", "Precision: f32, bf16, or auto (bf16 if the processor multiplies it)")),
      field<&Recipe::threads>("threads", "--threads", "Threads (default: all cores)"),
  };
}

}  // namespace

const std::vector<RecipeField>& recipe_fields() {
  static const std::vector<RecipeField> fields = make_fields();
  return fields;
}

const RecipeField* find_recipe_field(const std::string& name) {
  const auto& fields = recipe_fields();
  const auto found = std::ranges::find_if(fields, [&](const RecipeField& field) { return name == field.name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string RecipeField::text_of_default() const {
  const Json value = get(Recipe{});
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) return fmt::format("{}", fmt::join(value.get<std::vector<uint64_t>>(), ","));
  return value.dump();
}

}  // namespace phosphene
