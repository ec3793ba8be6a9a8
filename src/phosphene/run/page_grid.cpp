// A sheet: cells of 192 pixels on a dark ground; below each picture its label, then seed and probability (or rank).
#include <algorithm>
#include <cmath>

#include "phosphene/run/page.h"

namespace phosphene {

namespace {

constexpr int64_t kCell = 192, kGap = 16, kText = 2, kLine = 20, kCaption = 2 * kLine + 6;
constexpr uint8_t kGround = 22, kBright = 236, kSoft = 160;
constexpr int64_t kMostColumns = 10;
constexpr size_t kOnASheet = 200;

}  // namespace

Image to_cell(const Image& image, int64_t side) {
  const double scale = static_cast<double>(side) / static_cast<double>(std::max(image.height, image.width));
  const auto fit = [&](int64_t extent) { return std::max<int64_t>(1, std::llround(static_cast<double>(extent) * scale)); };
  Image cell = resize(image, fit(image.height), fit(image.width));
  if (cell.channels == 3) return cell;
  Image colour = Image::blank(cell.height, cell.width);
  for (size_t p = 0; p < cell.pixels.size(); ++p)
    std::fill_n(colour.pixels.begin() + static_cast<std::ptrdiff_t>(3 * p), 3, cell.pixels[p]);
  return colour;
}

namespace {

void draw_cell(Image& canvas, int64_t y, int64_t x, const PictureRecord& record, bool with_seed) {
  const TermResult& main = record.main();
  const Image cell = to_cell(record.picture, kCell);
  paste(canvas, cell, y + (kCell - cell.height) / 2, x + (kCell - cell.width) / 2);
  const std::string seed = with_seed ? fmt::format("s{} ", record.seed) : "";
  const std::string how =
      main.probability ? fmt::format("{:.1f}%", 100 * *main.probability) : fmt::format("#{} {:.3g}", main.rank, main.activation);
  draw_text(canvas, y + kCell + 8, x, text_within(record.label, kCell, kText), kText, kBright);
  draw_text(canvas, y + kCell + 8 + kLine, x, text_within(seed + how, kCell, kText), kText, kSoft);
}

}  // namespace

void write_grids(const std::filesystem::path& folder, const PageFacts& facts, size_t count, const Records& records) {
  const auto seeds = static_cast<int64_t>(facts.recipe.seeds.size());
  const auto square = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int64_t columns = std::max<int64_t>(1, std::min(seeds > 1 ? seeds : square, kMostColumns));  // a row a unit where it has several
  for (size_t first = 0, sheet = 1; first < count || sheet == 1; first += kOnASheet, ++sheet) {
    const auto here = static_cast<int64_t>(std::min(kOnASheet, count - first));
    const int64_t rows = (here + columns - 1) / columns;
    Image canvas = Image::blank(kGap + rows * (kCell + kCaption + kGap), kGap + columns * (kCell + kGap), 3, kGround);
    for (int64_t i = 0; i < here; ++i)
      draw_cell(canvas, kGap + i / columns * (kCell + kCaption + kGap), kGap + i % columns * (kCell + kGap),
                records(first + static_cast<size_t>(i)), seeds > 1);
    write_png(folder / (sheet == 1 ? "grid.png" : fmt::format("grid-{}.png", sheet)), canvas);
  }
}

}  // namespace phosphene
