// A wrong preprocessing can make a network surer than the right one: values that are too large give one class the probability 1, whatever
// the picture shows. What they cannot do is to tell pictures apart and still see a picture and its mirror image as the same. With p_i the
// probabilities for picture i, q_i for its mirror image and m the mean of both over all pictures,
//
//     recognition = mean_i ln r_i      r_i = sum_c p'_i[c] q'_i[c] / m[c]      p' = 0.9 p + 0.1 m,  q' = 0.9 q + 0.1 m
//
// r_i is how many times likelier the same answer is for picture i and its mirror image than chance would have it; the share of m bounds
// what one confident contradiction counts.
#include "phosphene/judge/try_conventions.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/model/conventions.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/train/listing.h"
#include "phosphene/train/read.h"

namespace phosphene {

namespace {

constexpr double kShare = 0.1;

Image mirrored(const Image& image) {
  Image result = image;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) std::copy_n(image.at(y, image.width - 1 - x), image.channels, result.at(y, x));
  return result;
}

bool alike(const Preprocess& a, const Preprocess& b) {
  if (a.order != b.order) return false;
  for (int64_t c = 0; c < a.channels(); ++c) {
    const auto x = a.values_of_pixel(c), y = b.values_of_pixel(c);
    const float span = x[255] - x[0];
    if (std::abs(x[0] - y[0]) > 0.01f * span || std::abs(x[255] - y[255]) > 0.01f * span) return false;
  }
  return true;
}

std::vector<ConventionTry> candidates(const Model& model) {
  const bool grey = model.preprocess.order == ColourOrder::kGrey;
  std::vector<std::string> texts;
  for (const Convention& convention : conventions()) texts.push_back(convention.name);
  texts.push_back("range=0..1");
  if (!grey)
    for (const std::string& text : std::vector<std::string>(texts))
      texts.push_back(text + (parse_preprocess(text).order == ColourOrder::kRgb ? " bgr" : " rgb"));
  std::vector<ConventionTry> tries;
  Preprocess base;
  if (grey) base = parse_preprocess("grey");
  if (model.preprocess_known) {
    Preprocess own = model.preprocess;
    own.height = own.width = own.resize = 0;
    tries.push_back({.words = preprocess_words(own), .own = true, .preprocess = own});
  }
  for (const std::string& text : texts) {
    ConventionTry next{.words = text, .preprocess = parse_preprocess(text, base)};
    next.preprocess.height = next.preprocess.width = next.preprocess.resize = 0;  // the pictures are cut already
    const auto same =
        std::find_if(tries.begin(), tries.end(), [&](const ConventionTry& other) { return alike(other.preprocess, next.preprocess); });
    if (same == tries.end())
      tries.push_back(std::move(next));
    else if (same->words != text)
      same->alike.push_back(text);
  }
  return tries;
}

// Probabilities of all pictures, [pictures, classes]; of a network with one, "no" and "yes".
std::vector<float> all_probabilities(Program& program, const Model& model, const Preprocess& preprocess,
                                     const std::vector<Image>& pictures) {
  const OutputMeaning meaning = model.meaning();
  const std::string& logits = meaning.scores;
  const std::span<float> input = program.input(model.input().name);
  const auto batch = static_cast<size_t>(program.graph().type_of(logits).shape[0]);
  const size_t item = input.size() / batch;
  std::vector<float> all;
  for (size_t first = 0; first < pictures.size(); first += batch) {
    const size_t count = std::min(batch, pictures.size() - first);
    for (size_t i = 0; i < count; ++i) preprocess.to_values(pictures[first + i], input.subspan(i * item, item));
    program.forward();
    const std::span<const float> values = program.value(logits);
    all.insert(all.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / batch * count));
  }
  const size_t units = all.size() / pictures.size();
  std::vector<float> shares;
  for (size_t i = 0; i < pictures.size(); ++i) {
    std::vector<double> row = probabilities(meaning.kind, std::span<const float>(all).subspan(i * units, units));
    if (meaning.kind == OutputKind::kOneProbability) row = {1 - row[0], row[0]};
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);  // of independent labels it is not 1
    for (const double value : row) shares.push_back(static_cast<float>(value / sum));
  }
  return shares;
}

void measure(ConventionTry& one, std::span<const float> p, std::span<const float> q, size_t classes) {
  const size_t count = p.size() / classes;
  const auto n = static_cast<double>(count);
  std::vector<double> mean(classes, 0.0);
  std::set<std::ptrdiff_t> best;
  for (size_t i = 0; i < count; ++i) {
    const auto a = p.subspan(i * classes, classes), b = q.subspan(i * classes, classes);
    const auto top = std::max_element(a.begin(), a.end());
    best.insert(top - a.begin());
    one.top_probability += *top / n;
    one.same_mirrored += (std::max_element(b.begin(), b.end()) - b.begin() == top - a.begin()) / n;
    for (size_t c = 0; c < classes; ++c) {
      if (a[c] > 0) one.entropy -= a[c] * std::log(static_cast<double>(a[c])) / n;
      mean[c] += (static_cast<double>(a[c]) + b[c]) / 2 / n;
    }
  }
  one.classes = static_cast<int64_t>(best.size());
  for (size_t i = 0; i < count; ++i) {
    double ratio = 0;
    for (size_t c = 0; c < classes; ++c) {
      const double m = mean[c], u = kShare * m;
      if (m > 0) ratio += ((1 - kShare) * p[i * classes + c] + u) * ((1 - kShare) * q[i * classes + c] + u) / m;
    }
    one.log_ratios.push_back(std::log(ratio));
    one.recognition += one.log_ratios.back() / n;
  }
}

// Mean of a - b over the pictures, and its standard error.
void compare(const ConventionTry& a, ConventionTry& b) {
  const auto n = static_cast<double>(a.log_ratios.size());
  double squares = 0;
  b.behind = a.recognition - b.recognition;
  for (size_t i = 0; i < a.log_ratios.size(); ++i) squares += std::pow(a.log_ratios[i] - b.log_ratios[i] - b.behind, 2);
  b.behind_error = n > 1 ? std::sqrt(squares / n / (n - 1)) : INFINITY;
}

}  // namespace

std::vector<Image> pictures_for(const Model& model, const std::filesystem::path& folder, int64_t limit) {
  const Shape shape = model.input().type.shape;
  if (shape.rank() != 4 || shape[2] == kUnknown || shape[3] == kUnknown)
    throw Error(fmt::format("input {} has the shape {}", model.input().name, shape), "give --input-size HxW").at(model.name);
  if (!std::filesystem::is_directory(folder)) throw Error("is no folder", "give a folder of JPEG or PNG pictures").at(folder.string());
  const auto files = pictures_below(folder);
  if (files.empty()) throw Error("holds no pictures", "give a folder of JPEG or PNG pictures").at(folder.string());
  const auto total = static_cast<int64_t>(files.size());
  const Preprocess cut = parse_preprocess("resize=256/224", parse_preprocess(fmt::format("size={}x{}", shape[2], shape[3])));
  std::vector<Image> pictures;
  for (const int64_t i : spread(std::min(limit, total), total)) {
    try {
      const Image image = read_image(files[static_cast<size_t>(i)], model.preprocess.channels());
      pictures.push_back(cut.resize ? resize_and_crop(image, cut.resize, cut.height, cut.width) : resize(image, cut.height, cut.width));
    } catch (const Error& error) {
      log_warning(fmt::format("left out: {}", error.what()));
    }
  }
  if (pictures.empty()) throw Error("holds no picture that can be read", "give a folder of JPEG or PNG pictures").at(folder.string());
  return pictures;
}

int64_t ConventionTrial::undecided() const {
  const auto decided = [](const ConventionTry& one) { return one.behind > 2 * one.behind_error; };
  return std::find_if(tries.begin(), tries.end(), decided) - tries.begin();
}

ConventionTrial try_conventions(const Model& model, const std::vector<Image>& pictures, const std::string& engine) {
  if (model.kind != ModelKind::kClassifier) throw Error("is no classifier of pictures", "leave --images out").at(model.name);
  std::vector<Image> mirrors;
  for (const Image& picture : pictures) mirrors.push_back(mirrored(picture));
  const int64_t batch = possible_batch(model.graph, std::min<int64_t>(16, static_cast<int64_t>(pictures.size())));
  const auto program =
      located(model.name, [&] { return find_engine(engine).compile(model.graph, {.batch = batch, .values = {model.logits()}}); });
  ConventionTrial trial{.pictures = static_cast<int64_t>(pictures.size()), .tries = candidates(model)};
  Progress progress("conventions", static_cast<int64_t>(trial.tries.size()));
  for (size_t i = 0; i < trial.tries.size(); ++i) {
    ConventionTry& one = trial.tries[i];
    const auto p = all_probabilities(*program, model, one.preprocess, pictures),
               q = all_probabilities(*program, model, one.preprocess, mirrors);
    measure(one, p, q, p.size() / pictures.size());
    progress.update(static_cast<int64_t>(i + 1), one.words);
  }
  progress.finish();
  std::stable_sort(trial.tries.begin(), trial.tries.end(),
                   [](const ConventionTry& a, const ConventionTry& b) { return a.recognition > b.recognition; });
  for (size_t i = 1; i < trial.tries.size(); ++i) compare(trial.tries[0], trial.tries[i]);
  return trial;
}

}  // namespace phosphene
