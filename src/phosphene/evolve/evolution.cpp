// y = clip(s x, lower, upper):   x a point of the optimiser, y a code, s = (upper - lower) / 4; where the code is unbounded, s is its mean
// standard deviation over pictures, or 1
//
// The optimiser is told about x, not about its clipped y: a mean of clipped points would drift away from the bounds by itself.
#include "phosphene/evolve/evolution.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr double kScalesInBounds = 4, kAroundStart = 0.3;

Eigen::VectorXd scales_of(const Prior& prior) {
  if (!prior.bounds) return Eigen::VectorXd::Constant(prior.code_size, prior.code_sigma > 0 ? prior.code_sigma : 1);
  Eigen::VectorXd scales(prior.code_size);
  for (Eigen::Index i = 0; i < scales.size(); ++i) {
    const auto at = static_cast<size_t>(i);
    const double range = static_cast<double>(prior.bounds->upper[at]) - prior.bounds->lower[at];
    scales[i] = range > 0 ? range / kScalesInBounds : 1;  // what cannot move needs no scale
  }
  return scales;
}

// Codes in random order; after the last one, again from the first, with noise.
Eigen::MatrixXd start_points(std::span<const float> codes, const Eigen::VectorXd& scale, int64_t population, uint64_t seed) {
  const auto size = static_cast<size_t>(scale.size()), count = codes.size() / size;
  if (count == 0 || codes.size() % size)
    throw Error(fmt::format("{} values are no start codes of {}", codes.size(), size), "give one code after the other");
  if (!std::ranges::all_of(codes, [](float value) { return std::isfinite(value); }))
    throw Error("a start code has a value that is not finite", "give other codes");
  Rng random(seed, "start");
  const std::vector<int64_t> order = random.permutation(static_cast<int64_t>(count));
  Eigen::MatrixXd points(scale.size(), population);
  for (Eigen::Index k = 0; k < population; ++k) {
    const auto code = codes.subspan(static_cast<size_t>(order[static_cast<size_t>(k) % count]) * size, size);
    for (Eigen::Index i = 0; i < scale.size(); ++i) {
      points(i, k) = code[static_cast<size_t>(i)] / scale[i];
      if (static_cast<size_t>(k) >= count) points(i, k) += kAroundStart * random.normal();
    }
  }
  return points;
}

}  // namespace

Evolution::Evolution(std::shared_ptr<const Prior> prior, const EvolutionOptions& options)
    : prior_(std::move(prior)),
      choice_(parse_optimiser(options.optimiser)),
      population_(options.population),
      seed_(options.seed),
      scale_(scales_of(*prior_)),
      optimiser_(make_optimiser(choice_, prior_->code_size, population_)) {
  const std::vector<float>& start = options.start.empty() ? prior_->bank : options.start;
  if (!start.empty())
    start_ = located(fmt::format("prior {}", prior_->name), [&] { return start_points(start, scale_, population_, seed_); });
}

Eigen::MatrixXd Evolution::points() const {
  if (generation_ == 0 && start_.size() > 0) return start_;
  return optimiser_->ask(Rng(seed_, "evolve", static_cast<uint64_t>(generation_)));
}

std::vector<float> Evolution::code_of(const Eigen::VectorXd& point) const {
  std::vector<float> code(static_cast<size_t>(point.size()));
  for (size_t i = 0; i < code.size(); ++i) {
    code[i] = static_cast<float>(scale_[static_cast<Eigen::Index>(i)] * point[static_cast<Eigen::Index>(i)]);
    if (prior_->bounds) code[i] = std::clamp(code[i], prior_->bounds->lower[i], prior_->bounds->upper[i]);
  }
  return code;
}

std::vector<float> Evolution::ask() const {
  const Eigen::MatrixXd all = points();
  std::vector<float> codes;
  for (Eigen::Index k = 0; k < all.cols(); ++k) {
    const std::vector<float> code = code_of(all.col(k));
    codes.insert(codes.end(), code.begin(), code.end());
  }
  return codes;
}

void Evolution::tell(std::span<const double> scores) {
  if (static_cast<int64_t>(scores.size()) != population_)
    throw Error(fmt::format("{} scores were told of {} codes", scores.size(), population_), "tell one score for each code of ask()");
  for (size_t i = 0; i < scores.size(); ++i)
    if (!std::isfinite(scores[i])) throw Error(fmt::format("score {} is {}", i, scores[i]), "tell finite numbers");
  const Eigen::MatrixXd asked = points();
  const Eigen::VectorXd told = Eigen::Map<const Eigen::VectorXd>(scores.data(), population_);
  Eigen::Index highest = 0;
  const double score = told.maxCoeff(&highest);
  if (best_.code.empty() || score > best_.score) best_ = {code_of(asked.col(highest)), score, generation_, highest};
  if (generation_ == 0 && start_.size() > 0)
    optimiser_->begin(asked, told);
  else
    optimiser_->tell(asked, told);
  ++generation_;
}

std::vector<float> Evolution::centre() const { return code_of(optimiser_->centre()); }

std::vector<double> Evolution::save() const {
  std::vector<double> values = {static_cast<double>(generation_), best_.score, static_cast<double>(best_.generation),
                                static_cast<double>(best_.number)};
  values.resize(values.size() + static_cast<size_t>(prior_->code_size));
  std::ranges::copy(best_.code, values.end() - static_cast<std::ptrdiff_t>(prior_->code_size));
  for (const std::span<double> part : optimiser_->state()) values.insert(values.end(), part.begin(), part.end());
  return values;
}

void Evolution::load(std::span<const double> values) {
  const auto size = static_cast<size_t>(prior_->code_size);
  const std::vector<std::span<double>> state = optimiser_->state();
  size_t wanted = 4 + size;
  for (const std::span<double> part : state) wanted += part.size();
  if (values.size() != wanted)
    throw Error(fmt::format("{} values are no state of this evolution, which has {}", values.size(), wanted),
                "give one that was saved with the same prior, optimiser and population");
  generation_ = static_cast<int64_t>(values[0]);
  best_ = {{}, values[1], static_cast<int64_t>(values[2]), static_cast<int64_t>(values[3])};
  if (generation_ > 0)
    for (const double value : values.subspan(4, size)) best_.code.push_back(static_cast<float>(value));
  values = values.subspan(4 + size);
  for (const std::span<double> part : state) {
    std::ranges::copy(values.first(part.size()), part.begin());
    values = values.subspan(part.size());
  }
}

}  // namespace phosphene
