#include "phosphene/judge/comparison.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "phosphene/base/error.h"
#include "phosphene/run/page.h"

namespace phosphene {

namespace {

struct Column {
  std::string title;
  std::function<std::string(const ComparedRow&)> cell;  // empty: not measured
};

template <typename T>
std::string optional_text(const std::optional<T>& value, double factor, const char* format) {
  return value ? fmt::format(fmt::runtime(format), factor * static_cast<double>(*value)) : "";
}

std::vector<Column> all_columns() {
  const auto of_verdict = [](auto text) {
    return [text](const ComparedRow& row) { return row.verdict ? std::string(text(*row.verdict)) : std::string(); };
  };
  const auto share = [](int64_t part, int64_t whole) {
    return whole > 0 ? fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole)) : std::string();
  };
  return {
      {"pictures", [](const ComparedRow& row) { return fmt::format("{}", row.measures.pictures); }},
      {"rank first", [=](const ComparedRow& row) { return share(row.measures.first, row.measures.pictures); }},
      {"activation", [](const ComparedRow& row) { return fmt::format("{:.4g}", row.measures.activation); }},
      {"probability", [](const ComparedRow& row) { return optional_text(row.measures.probability, 100, "{:.1f} %"); }},
      {"percentile", [](const ComparedRow& row) { return optional_text(row.measures.percentile, 100, "{:.2f}"); }},
      {"above best real",
       [=](const ComparedRow& row) {
         return row.measures.above_best ? share(*row.measures.above_best, row.measures.pictures) : std::string();
       }},
      {"margin", [](const ComparedRow& row) { return optional_text(row.measures.margin, 1, "{:+.1f}"); }},
      {"transfer top-1", of_verdict([=](const Verdict& v) { return share(v.top1, v.mapped); })},
      {"top-5", of_verdict([=](const Verdict& v) { return share(v.top5, v.mapped); })},
      {"kernel distance", of_verdict([](const Verdict& v) { return fmt::format("{:.3g} +- {:.2g}", v.kernel.value, v.kernel.error); })},
      {"Frechet distance", of_verdict([](const Verdict& v) { return fmt::format("{:.4g}", v.frechet); })},
      {"variety", of_verdict([](const Verdict& v) {
         return v.varied_units > 0 && v.real_variety > 0 ? fmt::format("{:.2f}", v.variety / v.real_variety) : std::string();
       })},
      {"s", [](const ComparedRow& row) { return optional_text(row.seconds, 1, "{:.0f}"); }},
  };
}

constexpr int64_t kSide = 128, kGap = 8, kText = 1, kLine = 12;
constexpr uint8_t kGround = 22, kBright = 236;

// The first picture of every unit.
std::vector<const PictureRecord*> first_pictures(const ComparedRow& row) {
  std::vector<const PictureRecord*> pictures;
  for (const PictureRecord& picture : row.pictures)
    if (pictures.empty() || pictures.back()->name != picture.name) pictures.push_back(&picture);
  return pictures;
}

}  // namespace

std::string comparison_table(const std::vector<ComparedRow>& rows) {
  std::string heads = "| prior |", line = "| --- |";
  std::vector<std::string> lines;
  for (const ComparedRow& row : rows) lines.push_back(fmt::format("| {}{} |", row.name, row.control ? " (control)" : ""));
  for (const Column& column : all_columns()) {
    std::vector<std::string> cells;
    for (const ComparedRow& row : rows) cells.push_back(column.cell(row));
    if (std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell.empty(); })) continue;
    heads += " " + column.title + " |";
    line += " --- |";
    for (size_t i = 0; i < rows.size(); ++i) lines[i] += " " + cells[i] + " |";
  }
  return fmt::format("{}\n{}\n{}\n", heads, line, fmt::join(lines, "\n"));
}

std::optional<double> kernel_ratio(const std::vector<ComparedRow>& rows) {
  std::optional<double> least;
  for (size_t i = 1; i < rows.size(); ++i)
    if (!rows[i].control && rows[i].verdict) least = std::min(least.value_or(INFINITY), rows[i].verdict->kernel.value);
  if (rows.empty() || !rows[0].verdict || !least || *least <= 0) return std::nullopt;
  return rows[0].verdict->kernel.value / *least;
}

Json comparison_json(const std::vector<ComparedRow>& rows) {
  Json json{{"rows", Json::array()}};
  for (const ComparedRow& row : rows) {
    Json one{{"name", row.name},
             {"control", row.control},
             {"seconds", row.seconds ? Json(*row.seconds) : Json(nullptr)},
             {"pictures", row.measures.to_json()}};
    if (row.verdict) one["verdict"] = row.verdict->to_json();
    json["rows"].push_back(std::move(one));
  }
  const auto ratio = kernel_ratio(rows);
  json["kernel_ratio"] = ratio ? Json(*ratio) : Json(nullptr);
  return json;
}

Image comparison_grid(const std::vector<ComparedRow>& rows, size_t columns) {
  PHOSPHENE_CHECK(!rows.empty());
  const std::vector<const PictureRecord*> units = first_pictures(rows.front());
  columns = std::min(columns, units.size());
  const auto wide = static_cast<int64_t>(columns), high = static_cast<int64_t>(rows.size());
  Image canvas =
      Image::blank(2 * kGap + kLine + high * (kSide + kLine + kGap), kGap + std::max<int64_t>(1, wide) * (kSide + kGap), 3, kGround);
  for (int64_t x = 0; x < wide; ++x)
    draw_text(canvas, kGap, kGap + x * (kSide + kGap), text_within(units[static_cast<size_t>(x)]->label, kSide, kText), kText, kBright);
  for (int64_t y = 0; y < high; ++y) {
    const ComparedRow& row = rows[static_cast<size_t>(y)];
    const int64_t top = 2 * kGap + kLine + y * (kSide + kLine + kGap);
    draw_text(canvas, top, kGap, row.name, kText, kBright);
    const std::vector<const PictureRecord*> pictures = first_pictures(row);
    for (int64_t x = 0; x < std::min<int64_t>(wide, static_cast<int64_t>(pictures.size())); ++x) {
      const Image cell = to_cell(pictures[static_cast<size_t>(x)]->picture, kSide);
      paste(canvas, cell, top + kLine + (kSide - cell.height) / 2, kGap + x * (kSide + kGap) + (kSide - cell.width) / 2);
    }
  }
  return canvas;
}

}  // namespace phosphene
