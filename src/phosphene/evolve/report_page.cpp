// index.html: for each thread its curve, what it found, and the best picture of some generations; then the controls.
#include <algorithm>
#include <limits>

#include "phosphene/evolve/report.h"
#include "phosphene/run/html.h"

namespace phosphene {

namespace {

constexpr size_t kShownGenerations = 12, kShownControls = 12;
constexpr const char* kMoreStyle = R"(
h2.thread { margin: 2.2rem 0 .6rem; font-size: 1.25rem; }
figure { margin: 0 0 1.1rem; }
figure svg { height: 220px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
figcaption { color: var(--soft); font-size: .88rem; margin-top: .4rem; }
polyline.best { stroke: var(--bright); }
polyline.control { stroke: var(--soft); stroke-dasharray: 5 4; }
article img { image-rendering: auto; }
)";

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) { low = std::min(low, value), high = std::max(high, value); }
};

std::string polyline(const char* of, const std::vector<double>& values, const Range& range) {
  std::string points;
  const double span = range.high > range.low ? range.high - range.low : 1;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = values.size() == 1 ? 500 : 1000.0 * static_cast<double>(i) / static_cast<double>(values.size() - 1);
    points += fmt::format("{}{:.1f},{:.1f}", i ? " " : "", x, 210 - 200 * (values[i] - range.low) / span);
  }
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>", of, points);
}

std::string curve(const ThreadRecord& thread, const std::vector<double>& controls) {
  std::vector<double> means, bests;
  Range range;
  for (const ThreadRecord::Entry& entry : thread.generations) {
    means.push_back(entry.mean), bests.push_back(entry.best);
    range.add(entry.mean), range.add(entry.best);
  }
  for (const double mean : controls) range.add(mean);
  std::string html =
      "<figure>\n<svg viewBox=\"0 0 1000 220\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"scores by generation\">";
  if (!controls.empty()) html += polyline("control", controls, range);
  html += polyline("mean", means, range) + polyline("best", bests, range);
  html += fmt::format(
      "</svg>\n<figcaption>Scores of {} generations, from {:.4g} (bottom) to {:.4g} (top). White: best of a generation; "
      "yellow: mean{}.</figcaption>\n</figure>\n",
      means.size(), range.low, range.high, controls.empty() ? "" : "; dashed: mean of the controls");
  return html;
}

std::string card(const std::string& file, const std::string& title, const std::string& where) {
  return fmt::format(
      "<article>\n<a class=\"picture\" href=\"{0}\"><img src=\"{0}\" alt=\"{1}\" loading=\"lazy\"></a>\n<div "
      "class=\"text\">\n<h2>{1}</h2>\n"
      "<div class=\"where\">{2}</div>\n</div>\n</article>\n",
      escaped(file), escaped(title), escaped(where));
}

std::string thread_html(const Experiment& experiment, size_t number) {
  const ThreadRecord& thread = experiment.threads()[number];
  const BestCode& best = experiment.evolutions()[number].best();
  std::string html = fmt::format("<h2 class=\"thread\">Thread {}</h2>\n", escaped(thread.name));
  html += curve(thread, experiment.control_means()) + "<main>\n";
  html += card("centre-" + thread.name + ".png", "centre", "what the optimiser takes to be best; not scored");
  html += card("best-" + thread.name + ".png", "highest score", fmt::format("{:.4g}, in generation {}", best.score, best.generation));
  const size_t count = thread.generations.size(), shown = std::min(count, kShownGenerations);
  for (size_t i = 0; i < shown; ++i) {
    const size_t g = shown == 1 ? 0 : i * (count - 1) / (shown - 1);
    html += card(thread.generations[g].file, fmt::format("generation {}", g),
                 fmt::format("its best picture, score {:.4g}", thread.generations[g].best));
  }
  return html + "</main>\n";
}

}  // namespace

void write_evolution_page(const Experiment& experiment) {
  const Json& request = experiment.request();
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += fmt::format("<title>Evolved pictures</title>\n<style>{}{}</style>\n</head>\n<body>\n<header>\n<h1>Evolved pictures</h1>\n",
                      kPageStyle, kMoreStyle);
  html += fmt::format("<p>{} generations of {} pictures, evolved by <code>{}</code>.</p>\n", experiment.generation(),
                      request["population"].get<int64_t>(), escaped(request["optimiser"].get<std::string>()));
  html += fmt::format("<details>\n<summary>Request</summary>\n<pre>{}</pre>\n</details>\n</header>\n", escaped(json_text(request)));
  for (size_t t = 0; t < experiment.threads().size(); ++t) html += thread_html(experiment, t);
  const std::vector<ControlRecord> controls = controls_by_score(experiment);
  if (!controls.empty()) {
    html += fmt::format("<h2 class=\"thread\">Natural pictures with the highest scores, of {} shown</h2>\n<main>\n", controls.size());
    for (size_t i = 0; i < std::min(controls.size(), kShownControls); ++i)
      html += card(
          controls[i].file, controls[i].name,
          fmt::format("mean score {:.4g}, shown {} times", controls[i].sum / static_cast<double>(controls[i].shown), controls[i].shown));
    html += "</main>\n";
  }
  write_file(experiment.folder() / "index.html", html + "</body>\n</html>\n");
}

}  // namespace phosphene
