// index.html: one card a picture. No script, no file from outside the folder.
#include <algorithm>

#include "phosphene/base/version.h"
#include "phosphene/run/html.h"
#include "phosphene/run/page.h"

namespace phosphene {

namespace {

std::string row(const std::string& name, const std::string& value) {
  return fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", escaped(name), escaped(value));
}

// The activation over the iterations, drawn in a box of 200 x 36.
std::string sparkline(const std::vector<double>& values) {
  constexpr size_t kMostPoints = 100;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double range = *high > *low ? *high - *low : 1;
  const size_t points = std::min(values.size(), kMostPoints);
  std::string line;
  for (size_t i = 0; i < points; ++i) {
    const size_t at = points == 1 ? 0 : i * (values.size() - 1) / (points - 1);
    const double x = points == 1 ? 0 : 200.0 * static_cast<double>(i) / static_cast<double>(points - 1);
    line += fmt::format("{}{:.1f},{:.1f}", i ? " " : "", x, 33 - 30 * (values[at] - *low) / range);
  }
  return fmt::format(
      "<svg viewBox=\"0 0 200 36\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"activation by step, {:.4g} to {:.4g}\">"
      "<title>activation {:.4g} to {:.4g} in {} steps</title><polyline points=\"{}\"/></svg>\n",
      values.front(), values.back(), values.front(), values.back(), values.size(), line);
}

std::string card_html(const PictureRecord& record) {
  const TermResult& main = record.main();
  const std::string file = escaped(record.file), label = escaped(record.label);
  std::string html = "<article>\n";
  html +=
      fmt::format("<a class=\"picture\" href=\"{0}\"><img src=\"{0}\" alt=\"preferred input of {1}\" loading=\"lazy\"></a>\n", file, label);
  html += fmt::format("<div class=\"text\">\n<h2>{}</h2>\n<div class=\"where\">unit {}, seed {}{}</div>\n<dl>\n", label,
                      escaped(record.name), record.seed, record.stopped ? ", stopped at a zero gradient" : "");
  html += fmt::format("<dt>activation</dt><dd>{:.4g}</dd>\n<dt>rank</dt><dd>{}</dd>\n", record.activation(), main.rank);
  if (main.probability) html += fmt::format("<dt>probability</dt><dd>{:.1f} %</dd>\n", 100 * *main.probability);
  return html + "</dl>\n" + sparkline(record.activations) + "</div>\n</article>\n";
}

std::string head_html(const PageFacts& facts) {
  const std::string layers = escaped(fmt::format("{}", fmt::join(facts.layers, ", ")));
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += fmt::format("<title>{} {}: preferred inputs</title>\n<style>{}</style>\n</head>\n<body>\n<header>\n", escaped(facts.network_name),
                      layers, kPageStyle);
  html += fmt::format("<h1>What the units of {} want to see</h1>\n", escaped(facts.network_name));
  html += fmt::format("<p>{} <code>{}</code>, drawn by the prior <code>{}</code> with the rule <code>{}</code> in {} steps.</p>\n",
                      facts.layers.size() > 1 ? "Layers" : "Layer", layers, escaped(facts.prior_name),
                      escaped(facts.recipe.rule.value_or("")), facts.recipe.steps.value_or(0));
  html += "<details>\n<summary>Recipe and models</summary>\n<table>\n";
  const Json recipe = facts.recipe.to_json();
  for (const auto& [name, value] : recipe.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.empty() ? "" : value.dump();
    if (!text.empty()) html += row(name, text);
  }
  html += row("network sha256", facts.network_hash);
  if (!facts.prior_hash.empty()) html += row("prior sha256", facts.prior_hash);
  html += row("phosphene", kVersion);
  html += "</table>\n</details>\n</header>\n<main>\n";
  return html;
}

}  // namespace

PageFacts page_facts(const Plan& plan) {
  const Request& request = plan.request();
  return {request.recipe,      request.network->name, request.network->hash,
          request.prior->name, request.prior->hash,   layers_of(request.objectives)};
}

void write_page(const std::filesystem::path& file, const PageFacts& facts, size_t count, const Records& records) {
  write_file(file, [&](std::ostream& out) {
    out << head_html(facts);
    for (size_t i = 0; i < count; ++i) out << card_html(records(i));
    out << "</main>\n</body>\n</html>\n";
  });
}

}  // namespace phosphene
