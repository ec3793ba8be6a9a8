// The pages of a run: a grid of its pictures and an HTML page that needs nothing but its folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/run/outcome.h"
#include "phosphene/run/plan.h"

namespace phosphene {

// What the pages show of a run, apart from its pictures.
struct PageFacts {
  Recipe recipe;
  std::string network_name, network_hash, prior_name, prior_hash;
  std::vector<std::string> layers;  // of all jobs, each once
};
PageFacts page_facts(const Plan& plan);

// Returns record number i. Pages keep none, so memory does not grow with the number of pictures.
using Records = std::function<PictureRecord(size_t)>;

// Sheets of 100 pictures, grid.png, grid-2.png ..., made from the records' pictures.
void write_grids(const std::filesystem::path& folder, const PageFacts& facts, size_t count, const Records& records);
void write_page(const std::filesystem::path& file, const PageFacts& facts, size_t count, const Records& records);

// The picture as grids show it: RGB, its longer side of `side` pixels.
Image to_cell(const Image& image, int64_t side);

}  // namespace phosphene
