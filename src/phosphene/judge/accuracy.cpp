// A picture counts when at most 0 (top 1) or 4 (top 5) units score above the one of its class. A network with one probability p says "yes"
// when its logit is above 0.
#include "phosphene/judge/accuracy.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/model/inputs.h"
#include "phosphene/train/read.h"

namespace phosphene {

namespace {

bool matched(const ClassMap& map) {
  return std::ranges::any_of(map, [](const auto& unit) { return unit.has_value(); });
}

// Labels of "no" and "yes": both, or "yes" alone; then the other class is "no".
FolderClasses find_two_classes(const Model& model, const std::vector<std::string>& names) {
  if (names.size() != 2) return {{}, "", fmt::format("the network tells 2 classes apart, the data has {}", names.size())};
  if (model.labels.empty())
    return {{0, 1}, fmt::format("in order: the probability is taken as that of {}; name it with --labels", names[1]), ""};
  if (model.labels.size() == 2) {
    const ClassMap map = map_by_name(names, model.labels);
    if (matched(map)) return {map, "by name", ""};
  } else if (model.labels.size() == 1) {
    ClassMap map = map_by_name(names, model.labels);
    for (size_t i = 0; i < 2; ++i)
      if (map[i] == 0) return {i == 0 ? ClassMap{1, 0} : ClassMap{0, 1}, "by name", ""};
  }
  return {{}, "", "no class of the data has the name of a label"};
}

}  // namespace

FolderClasses find_folder_classes(const Model& model, const std::vector<std::string>& names) {
  const OutputMeaning meaning = model.meaning();
  if (meaning.output.empty()) return {{}, "", "the network has no output that can be computed"};
  if (!meaning.has_classes())
    return {{},
            "",
            fmt::format("output {} is {}; choose another with --output", meaning.output,
                        meaning.to_string().empty() ? "no row of scores" : meaning.to_string())};
  if (meaning.kind == OutputKind::kOneProbability) return find_two_classes(model, names);
  std::vector<std::string> labels = model.labels;
  labels.resize(std::min(labels.size(), static_cast<size_t>(std::max<int64_t>(meaning.units, 0))));
  if (labels.empty()) {
    if (static_cast<int64_t>(names.size()) != meaning.units)
      return {
          {}, "", fmt::format("the network has {} units without labels, the data {} classes; give --labels", meaning.units, names.size())};
    ClassMap map;
    for (int64_t i = 0; i < meaning.units; ++i) map.emplace_back(i);
    return {map, "in order: the network has no labels, so its units are taken as the data's classes in theirs; give --labels", ""};
  }
  const ClassMap map = map_by_name(names, labels);
  if (matched(map)) return {map, "by name", ""};
  return {
      {},
      "",
      fmt::format("no class of the data ({} ...) has the name of a label ({} ...); name them with --class-names", names.at(0), labels[0])};
}

NamedAccuracy measure_named_accuracy(const Model& model, const Dataset& data, const ClassMap& units, const std::string& engine,
                                     Precision precision, int64_t batch) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < data.count; ++i)
    if (units.at(static_cast<size_t>(data.classes[static_cast<size_t>(i)]))) all.push_back(i);
  NamedAccuracy accuracy{static_cast<int64_t>(all.size())};
  if (all.empty()) return accuracy;
  const OutputMeaning meaning = model.meaning();
  batch = possible_batch(model.graph, std::min<int64_t>(batch, accuracy.pictures));
  const auto program = find_engine(engine).compile(model.graph, {.batch = batch, .values = {meaning.scores}, .precision = precision});
  int64_t top1 = 0, top5 = 0;
  for (size_t first = 0; first < all.size(); first += static_cast<size_t>(batch)) {
    const std::vector<int64_t> which(all.begin() + static_cast<std::ptrdiff_t>(first),
                                     all.begin() + static_cast<std::ptrdiff_t>(std::min(first + static_cast<size_t>(batch), all.size())));
    read_images(data, model.preprocess, which, program->input(model.input().name));
    program->forward();
    const std::span<const float> values = program->value(meaning.scores);
    const size_t classes = values.size() / static_cast<size_t>(batch);
    for (size_t i = 0; i < which.size(); ++i) {
      const auto row = values.subspan(i * classes, classes);
      const auto unit = static_cast<size_t>(*units[static_cast<size_t>(data.classes[static_cast<size_t>(which[i])])]);
      if (meaning.kind == OutputKind::kOneProbability) {
        top1 += (row[0] > 0) == (unit == 1), ++top5;
        continue;
      }
      const auto above = std::ranges::count_if(row, [&](float score) { return score > row[unit]; });
      top1 += above < 1, top5 += above < 5;
    }
  }
  accuracy.top1 = static_cast<double>(top1) / static_cast<double>(accuracy.pictures);
  accuracy.top5 = static_cast<double>(top5) / static_cast<double>(accuracy.pictures);
  return accuracy;
}

Json accuracy_json(const Model& model, const Dataset& data, const FolderClasses& classes, const std::string& engine, Precision precision) {
  if (!classes.problem.empty()) return {{"no_accuracy", classes.problem}};
  const NamedAccuracy accuracy = measure_named_accuracy(model, data, classes.units, engine, precision);
  if (accuracy.pictures == 0) return {{"no_accuracy", "no picture is of a class that the network has"}};
  Json json{{"top1", accuracy.top1}, {"top5", accuracy.top5}, {"classes_found", classes.how}};
  Json without = Json::array();
  for (size_t i = 0; i < classes.units.size(); ++i)
    if (!classes.units[i]) without.push_back(data.labels[i]);
  if (!without.empty()) json["pictures_counted"] = accuracy.pictures, json["classes_without_unit"] = without;
  return json;
}

}  // namespace phosphene
