#include <cmath>

#include "phosphene/judge/try_conventions.h"

namespace phosphene {

namespace {

constexpr double kSeesNothing = 0.4;  // ln 1.5

std::string name(const ConventionTry& one) { return one.own ? "its own" : one.words; }

std::string label(const ConventionTry& one) {
  std::string text = name(one);
  for (const std::string& other : one.alike) text += fmt::format(", {}", other);
  return text;
}

std::string verdict(const ConventionTrial& trial) {
  const ConventionTry& first = trial.tries.front();
  if (first.recognition < kSeesNothing)
    return fmt::format("Under none of these does the network tell the {} pictures apart; give pictures of what it was trained on.\n",
                       trial.pictures);
  const int64_t undecided = trial.undecided();
  if (undecided > 1) {
    std::string others;
    for (int64_t i = 1; i < undecided; ++i) others += fmt::format("{}{}", i > 1 ? ", " : "", name(trial.tries[static_cast<size_t>(i)]));
    return fmt::format("{} is first, but the difference is too small to tell on {} pictures; not ruled out: {}.\n", name(first),
                       trial.pictures, others);
  }
  if (trial.tries.size() < 2) return "";
  const ConventionTry& second = trial.tries[1];
  return fmt::format("{} fits best, by a factor of {:.2f} over {} ({:.1f} standard errors).{}\n", name(first), std::exp(second.behind),
                     name(second), second.behind / second.behind_error,
                     first.own ? "" : fmt::format(" Say --preprocess \"{}\".", first.words));
}

}  // namespace

std::string to_text(const ConventionTrial& trial) {
  size_t width = 10;
  for (const ConventionTry& one : trial.tries) width = std::max(width, label(one).size());
  std::string text =
      fmt::format("{:<{}}  {:>11}  {:>11}  {:>10}  {:>9}\n", "convention", width, "recognition", "certainty", "same", "different");
  text += fmt::format("{:<{}}  {:>11}  {:>11}  {:>10}  {:>9}\n", "", width, "x chance", "of the top", "mirrored", "classes");
  for (const ConventionTry& one : trial.tries)
    text += fmt::format("{:<{}}  {:>11.1f}  {:>9.1f} %  {:>8.0f} %  {:>9}\n", label(one), width, std::exp(one.recognition),
                        100 * one.top_probability, 100 * one.same_mirrored, one.classes);
  return text + verdict(trial);
}

Json to_json(const ConventionTrial& trial) {
  Json json;
  json["pictures"] = trial.pictures;
  json["undecided"] = trial.undecided();
  json["tries"] = Json::array();
  for (const ConventionTry& one : trial.tries)
    json["tries"].push_back({{"preprocess", one.words},
                             {"own", one.own},
                             {"alike", one.alike},
                             {"recognition", std::exp(one.recognition)},
                             {"top_probability", one.top_probability},
                             {"entropy", one.entropy},
                             {"same_mirrored", one.same_mirrored},
                             {"classes", one.classes},
                             {"behind", one.behind},
                             {"behind_error", std::isfinite(one.behind_error) ? Json(one.behind_error) : Json(nullptr)}});
  return json;
}

}  // namespace phosphene
