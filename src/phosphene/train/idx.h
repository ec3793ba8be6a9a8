// IDX: the file format of MNIST and Fashion-MNIST.
#pragma once

#include <optional>

#include "phosphene/train/dataset.h"

namespace phosphene {

// Nothing when the folder has no train-images-idx3-ubyte or .gz; Error when a file is missing or broken.
std::optional<Dataset> read_idx_dataset(const std::filesystem::path& folder, const DatasetOptions& options);

// Nothing but the labels' names: those of Fashion-MNIST when the folder's path says "fashion", else "0", "1", ...
std::vector<std::string> idx_labels(const std::filesystem::path& folder, int64_t count);

}  // namespace phosphene
