// Reduces the inputs of a graph to one picture, channels first: fixes other inputs, sets open sizes, transposes [n, h, w, c].
#pragma once

#include <string>
#include <vector>

#include "phosphene/graph/passes.h"

namespace phosphene {

struct InputOptions {
  std::vector<std::string> fixed;  // "NAME=VALUE" or "NAME=FILE.npy"
  ImageSize size;                  // of a picture whose size the file leaves open
};

// A fixed input becomes a weight. A number fills the input's shape, its batch being 1; an array must have that shape. A size goes to
// every rank-4 input that leaves its own open. Error "NAME > ..." for an unknown input, a shape with other open extents, a misfit, a size
// where none is open.
Graph with_inputs(Graph graph, const InputOptions& options);

// An only input [n, h, w, 1 or 3] becomes [n, c, h, w] under its name, with a Transpose behind it. Needs no inferred shapes.
Graph channels_first(Graph graph);

// An only input [1 or 3, h, w], one picture without a batch, becomes [1, c, h, w] under its name, with a Squeeze behind it. Needs no
// inferred shapes.
Graph with_batch(Graph graph);
// The batch of a program that would have `wanted`: 1 where with_batch() had to give the graph its batch, for then no other is possible.
int64_t possible_batch(const Graph& graph, int64_t wanted);

// "224x200", "224" (square). Error otherwise.
ImageSize parse_size(const std::string& text);

}  // namespace phosphene
