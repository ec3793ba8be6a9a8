// Loop and Scan with a known number of turns, unrolled. For the sources of formats/ only.
#pragma once

#include <functional>
#include <string>

#include <onnx/onnx_pb.h>

#include "phosphene/formats/onnx_opset.h"

namespace phosphene {

struct LoopPlace {
  OpsetConverter& converter;
  std::function<void(const onnx::NodeProto& node)> append;                     // reads a node as one of the file
  std::function<const std::string*(const std::string& value)> why_unreadable;  // null for a value that can be computed
};

// Writes the body once a turn. Error for a number of turns or a condition that depends on data, and for too many turns.
void unroll_loop(const onnx::NodeProto& node, const LoopPlace& place);
void unroll_scan(const onnx::NodeProto& node, const LoopPlace& place);

}  // namespace phosphene
