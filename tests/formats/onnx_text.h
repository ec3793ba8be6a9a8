// Models spelled in ONNX's text form, and what they compute.
#pragma once

#include <cmath>

#include <gtest/gtest.h>
#include <onnx/defs/parser.h>
#include <onnx/onnx_pb.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/file.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/program.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/formats/onnx_convert.h"

namespace phosphene::test {

struct TextModel {
  onnx::ModelProto proto;

  TextModel(int opset, const std::string& graph) {
    const std::string head = fmt::format("<ir_version: 8, opset_import: [\"\" : {}, \"com.microsoft\" : 1]>\n", opset);
    const auto status = onnx::OnnxParser::Parse(proto, (head + graph).c_str());
    EXPECT_TRUE(status.IsOK()) << status.ErrorMessage();
  }
  TextModel& weight(const std::string& name, const Tensor& tensor) {
    *proto.mutable_graph()->add_initializer() = tensor_to_onnx(name, tensor);
    return *this;
  }
  TextModel& floats(const std::string& name, Shape shape, std::vector<float> values) {
    return weight(name, Tensor(std::move(shape), values));
  }
  TextModel& ints(const std::string& name, std::vector<int64_t> values) { return weight(name, Tensor::ints(std::move(values))); }
  // Integers of one of ONNX's narrow types.
  TextModel& narrow(const std::string& name, const std::vector<int64_t>& dims, const std::vector<int>& values,
                    onnx::TensorProto::DataType type) {
    auto& tensor = *proto.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const int64_t dim : dims) tensor.add_dims(dim);
    for (const int value : values) tensor.add_int32_data(value);
    return *this;
  }

  OnnxFile file() const { return read_onnx(scratch("text.onnx", proto.SerializeAsString())); }
  Graph graph() const { return file().graph; }

  // Output "y" for input "x", computed by the reference engine.
  std::vector<float> y(const std::vector<float>& x, int64_t batch, const std::string& output = "y") const {
    const auto program = find_engine("reference").compile(graph(), {.batch = batch, .values = {output}});
    EXPECT_EQ(program->input("x").size(), x.size());
    std::copy(x.begin(), x.end(), program->input("x").begin());
    program->forward();
    const auto value = program->value(output);
    return {value.begin(), value.end()};
  }
};

inline std::vector<float> random_values(size_t count, const char* purpose, float low = -1, float high = 1) {
  std::vector<float> values(count);
  Rng(0, purpose).fill_uniform(values, low, high);
  return values;
}

// float32 arithmetic of a few dozen terms around 1.
inline void expect_values(const std::vector<float>& values, const std::vector<double>& wanted, double tolerance = 1e-5) {
  ASSERT_EQ(values.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(values[i], wanted[i], tolerance * std::max(1.0, std::abs(wanted[i]))) << i;
}

}  // namespace phosphene::test
