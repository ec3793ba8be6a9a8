// grid.png: cells of 192 pixels on a dark ground; below each picture its label, then unit, seed and probability (or rank).
#include <algorithm>
#include <cmath>

#include "phosphene/synth/page.h"

namespace phosphene {

namespace {

constexpr int64_t kCell = 192, kGap = 16, kText = 2, kLine = 20, kCaption = 2 * kLine + 6;
constexpr uint8_t kGround = 22, kBright = 236, kSoft = 160;
constexpr int64_t kMostColumns = 10;

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

Image results_grid(const RunFacts& facts, const std::vector<Card>& cards) {
  const auto count = static_cast<int64_t>(cards.size());
  const auto seeds = static_cast<int64_t>(facts.recipe.seeds.size());
  const auto square = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int64_t columns = std::min(seeds > 1 ? seeds : square, kMostColumns);  // a row a unit where there are several seeds
  const int64_t rows = (count + columns - 1) / columns;
  Image canvas = Image::blank(kGap + rows * (kCell + kCaption + kGap), kGap + columns * (kCell + kGap), 3, kGround);
  for (int64_t i = 0; i < count; ++i) {
    const Card& card = cards[static_cast<size_t>(i)];
    const TermResult& main = card.result->main();
    const int64_t y = kGap + i / columns * (kCell + kCaption + kGap), x = kGap + i % columns * (kCell + kGap);
    const Image cell = to_cell(card.image, kCell);
    paste(canvas, cell, y + (kCell - cell.height) / 2, x + (kCell - cell.width) / 2);
    const std::string seed = seeds > 1 ? fmt::format("s{} ", card.result->seed) : "";
    const std::string how =
        main.probability ? fmt::format("{:.1f}%", 100 * *main.probability) : fmt::format("#{} {:.3g}", main.rank, main.activation);
    draw_text(canvas, y + kCell + 8, x, text_within(card.label, kCell, kText), kText, kBright);
    draw_text(canvas, y + kCell + 8 + kLine, x, text_within(seed + how, kCell, kText), kText, kSoft);
  }
  return canvas;
}

}  // namespace phosphene
