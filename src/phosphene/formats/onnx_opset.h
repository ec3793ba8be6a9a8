// Brings a model of any supported ONNX opset to kOpset. For the sources of formats/ only.
#pragma once

#include <onnx/onnx_pb.h>

namespace phosphene {

// The model's opset of ONNX's own domain. Error when it declares none.
int onnx_opset(const onnx::ModelProto& model);

// Nodes as they are written at kOpset; values keep their names, initializers stay. ONNX's own converter does older opsets; where it fails,
// and for newer opsets, the changes that matter to image networks are made here. An operator whose meaning changed otherwise is an Error.
onnx::ModelProto to_canonical_opset(onnx::ModelProto model);

}  // namespace phosphene
