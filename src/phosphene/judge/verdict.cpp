#include "phosphene/judge/verdict.h"

#include <algorithm>
#include <map>

#include "phosphene/base/error.h"
#include "phosphene/base/image.h"
#include "phosphene/judge/pictures.h"
#include "phosphene/train/read.h"

namespace phosphene {

namespace {

Image picture_of(const Dataset& data, int64_t i) {
  Image image;
  image.height = data.height, image.width = data.width, image.channels = data.channels;
  image.pixels.assign(data.image(i), data.image(i) + data.image_size());
  return image;
}

int64_t rank_of(const float* scores, int64_t classes, int64_t wanted) {
  return 1 + std::count_if(scores, scores + classes, [&](float score) { return score > scores[wanted]; });
}

// Where the data set has pictures of a class; at most `count`.
std::vector<int64_t> some_of_class(const Dataset& data, int64_t wanted, size_t count) {
  std::vector<int64_t> found;
  for (int64_t i = 0; i < data.count && found.size() < count; ++i)
    if (data.classes[static_cast<size_t>(i)] == wanted) found.push_back(i);
  return found;
}

}  // namespace

Json Verdict::to_json() const {
  Json json{{"judge", judge},
            {"layer", layer},
            {"features", features},
            {"pictures", pictures},
            {"real_images", real_images},
            {"frechet_distance", frechet},
            {"kernel_distance", kernel.value},
            {"kernel_distance_standard_error", kernel.error}};
  const auto share = [&](int64_t part) { return static_cast<double>(part) / static_cast<double>(mapped); };
  if (mapped > 0) json["transfer"] = {{"pictures", mapped}, {"top1", share(top1)}, {"top5", share(top5)}};
  if (varied_units > 0)
    json["variety"] = {{"units", varied_units}, {"mean_distance", variety}, {"real", real_variety}, {"ratio", variety / real_variety}};
  return json;
}

Judge::Judge(const Model& judge, const Dataset& real, VerdictOptions options)
    : name_(judge.name),
      layer_(options.layer.empty() ? last_features(judge) : options.layer),
      real_(real),
      classes_(std::move(options.classes)),
      reader_(judge, layer_, options.engine),
      some_(read_real(spread(std::min(options.real_images, real.count), real.count))) {}

Features Judge::read_real(const std::vector<int64_t>& which) {
  return reader_.read(static_cast<int64_t>(which.size()), [&](int64_t i) { return picture_of(real_, which[static_cast<size_t>(i)]); });
}

Verdict Judge::on(std::span<const PictureRecord> pictures, const std::string& layer) {
  const std::vector<const PictureRecord*> drawn = pictures_of_units(pictures, layer);
  if (drawn.size() < 2) throw Error("the search has fewer than two pictures of single units of this layer", "draw more units or seeds");
  Verdict verdict{name_, layer_};
  const Features ours = reader_.read(static_cast<int64_t>(drawn.size()), [&](int64_t i) { return drawn[static_cast<size_t>(i)]->picture; });
  verdict.features = ours.size;
  verdict.pictures = ours.count;

  std::map<int64_t, std::vector<int64_t>> of_unit;  // pictures
  for (size_t i = 0; i < drawn.size(); ++i) {
    const int64_t unit = drawn[i]->main().term.unit;
    of_unit[unit].push_back(static_cast<int64_t>(i));
    if (classes_.empty() || !classes_.at(static_cast<size_t>(unit))) continue;
    const int64_t rank = rank_of(ours.scores_of(static_cast<int64_t>(i)), ours.classes, *classes_[static_cast<size_t>(unit)]);
    ++verdict.mapped;
    verdict.top1 += rank == 1;
    verdict.top5 += rank <= 5;
  }

  verdict.real_images = some_.count;
  verdict.frechet = frechet_distance(ours, some_);
  verdict.kernel = kernel_distance(ours, some_);

  std::vector<int64_t> wanted;                       // real pictures of the units' classes, one class after the other
  std::vector<std::vector<int64_t>> groups, copies;  // of one unit: our pictures; places in `wanted`
  for (const auto& [unit, own] : of_unit) {
    if (classes_.empty() || own.size() < 2) continue;
    const std::vector<int64_t> found = some_of_class(real_, unit, own.size());
    if (found.size() < 2) continue;
    groups.push_back(own);
    copies.emplace_back();
    for (const int64_t image : found) {
      copies.back().push_back(static_cast<int64_t>(wanted.size()));
      wanted.push_back(image);
    }
  }
  if (groups.empty()) return verdict;
  const Features same = read_real(wanted);
  for (size_t i = 0; i < groups.size(); ++i) {
    verdict.variety += mean_distance(ours, groups[i]) / static_cast<double>(groups.size());
    verdict.real_variety += mean_distance(same, copies[i]) / static_cast<double>(groups.size());
  }
  verdict.varied_units = static_cast<int64_t>(groups.size());
  return verdict;
}

}  // namespace phosphene
