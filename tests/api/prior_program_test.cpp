// Pictures of codes as numbers, and gradients back to the codes, against pictures in 8 bits and against differences.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error_of.h"
#include "phosphene/phosphene.h"
#include "run/small_run.h"

namespace phosphene::api {
namespace {

// A prior whose values are not the picture's: blue first, with a mean and a deviation for each colour.
class PriorPrograms : public ::testing::Test {
 protected:
  PriorPrograms() {
    phosphene::Model generator = small_generator();
    generator.preprocess.order = ColourOrder::kBgr;
    generator.preprocess.mean = {0.1f, 0.2f, 0.4f};
    generator.preprocess.deviation = {0.25f, 0.5f, 1};
    save_model(files_.files / "bgr.onnx", generator, false);
    Rng(7, "codes").fill_normal(codes_);
  }
  Prior prior() {
    return {session_, Request::from({{"model", files_.recipe.network}, {"prior", (files_.files / "bgr.onnx").string()}, {"threads", "1"}})};
  }
  test::SmallRun files_;
  Session session_{{.threads = 1}};
  std::vector<float> codes_ = std::vector<float>(2 * 10);
};

TEST_F(PriorPrograms, PicturesAreThoseOfDraw) {
  const Prior of = prior();
  PriorProgram program(session_, of, 2);
  ASSERT_EQ(program.shape(), (std::vector<int64_t>{2, 3, 8, 8}));
  const std::vector<float> values = program.pictures(session_, codes_);
  const std::vector<Picture> pictures = of.draw(session_, codes_);
  for (size_t n = 0; n < 2; ++n)
    for (size_t i = 0; i < 64; ++i)
      for (size_t c = 0; c < 3; ++c) {
        const float level = 255 * std::clamp(values[(n * 3 + c) * 64 + i], 0.0f, 1.0f);
        EXPECT_NEAR(level, pictures[n].pixels[i * 3 + c], 0.501);  // rounded to 8 bits
      }
}

// L = sum of pictures times random numbers. The generator is linear between the kinks of its LeakyRelu, which a step of 1e-3 rarely meets.
TEST_F(PriorPrograms, TheGradientIsTheSlope) {
  PriorProgram program(session_, prior(), 2);
  std::vector<float> direction(2 * 3 * 64);
  Rng(8, "direction").fill_normal(direction);
  const auto loss = [&](const std::vector<float>& codes) {
    double sum = 0;
    const std::vector<float> pictures = program.pictures(session_, codes);
    for (size_t i = 0; i < pictures.size(); ++i) sum += static_cast<double>(pictures[i]) * direction[i];
    return sum;
  };
  const std::vector<float> gradient = program.gradient(session_, codes_, direction);
  ASSERT_EQ(gradient.size(), codes_.size());
  double largest = 0;
  for (const float g : gradient) largest = std::max(largest, std::abs(static_cast<double>(g)));
  EXPECT_GT(largest, 1);
  constexpr float kStep = 1e-3f;
  for (size_t i = 0; i < codes_.size(); ++i) {
    std::vector<float> up = codes_, down = codes_;
    up[i] += kStep;
    down[i] -= kStep;
    const double slope = (loss(up) - loss(down)) / (static_cast<double>(up[i]) - down[i]);
    EXPECT_NEAR(gradient[i], slope, 5e-3 * largest) << i;  // float32 pictures over a step of 2e-3
  }
  EXPECT_EQ(program.gradient(session_, codes_, direction), gradient);  // whatever codes came before
}

TEST_F(PriorPrograms, WrongSizesAreErrors) {
  const Prior of = prior();
  PriorProgram program(session_, of, 2);
  EXPECT_NE(error_of([&] { PriorProgram(session_, of, 0); }).find("there are 0 codes"), std::string::npos);
  EXPECT_NE(error_of([&] { program.pictures(session_, std::vector<float>(10)); }).find("10 values are not 2 codes of 10"),
            std::string::npos);
  EXPECT_NE(error_of([&] { program.gradient(session_, codes_, std::vector<float>(64)); }).find("give [2, 3, 8, 8]"), std::string::npos);
}

}  // namespace
}  // namespace phosphene::api
