// The prior's graph gives x, the values of its picture space; p[c'] = (x[c] * deviation[c] + mean[c]) / (255 * scale), where the network's
// channel c is the picture's channel c'. So dL/dx[c] = dL/dp[c'] * deviation[c] / (255 * scale).
#include <algorithm>

#include "phosphene/api/bodies.h"
#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"
#include "phosphene/prior.h"

namespace phosphene::api {

struct PriorProgram::Body {
  std::shared_ptr<const phosphene::Prior> prior;
  int threads;
  size_t code_values;
  std::vector<int64_t> shape;
  std::unique_ptr<Program> program;
  bool ran = false;

  const Preprocess& preprocess() const { return prior->picture.preprocess; }

  // Runs unless the program holds the values of these codes already.
  void forward(std::span<const float> codes) {
    if (codes.size() != code_values)
      throw Error(fmt::format("{} values are not {} codes of {}", codes.size(), shape[0], prior->code_size), "give all codes at once")
          .at("prior " + prior->name);
    const std::span<float> input = program->input(prior->code);
    if (ran && std::ranges::equal(input, codes)) return;
    std::ranges::copy(codes, input.begin());
    ran = true;
    program->forward();
  }

  // Calls each(c, index in the program's values, index in the picture) for all values.
  template <typename Each>
  void for_all(Each&& each) const {
    const int64_t map = shape[2] * shape[3];
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t c = 0; c < shape[1]; ++c) {
        const int64_t from = (n * shape[1] + c) * map, to = (n * shape[1] + preprocess().picture_channel(c)) * map;
        for (int64_t i = 0; i < map; ++i) each(static_cast<size_t>(c), static_cast<size_t>(from + i), static_cast<size_t>(to + i));
      }
  }
};

PriorProgram::PriorProgram(Session& session, const Prior& prior, int64_t codes) {
  const phosphene::Prior& own = *prior.body().prior;
  const Recipe& recipe = prior.body().recipe;
  if (codes < 1) throw Error(fmt::format("there are {} codes", codes), "give at least one").at("prior " + own.name);
  const phosphene::Session::Scope scope(session.body().session, recipe.threads);
  auto program =
      find_engine(recipe.engine)
          .compile(own.graph,
                   {.batch = codes, .values = {own.image}, .seeds = {own.image}, .gradients = {own.code}, .precision = recipe.precision});
  const size_t values = program->input(own.code).size();
  const std::vector<int64_t> shape = {codes, own.picture.preprocess.channels(), own.picture.height, own.picture.width};
  body_.reset(new Body{prior.body().prior, recipe.threads, values, shape, std::move(program)});
}
PriorProgram::~PriorProgram() = default;
PriorProgram::PriorProgram(PriorProgram&&) noexcept = default;
PriorProgram& PriorProgram::operator=(PriorProgram&&) noexcept = default;

std::vector<int64_t> PriorProgram::shape() const { return body_->shape; }

std::vector<float> PriorProgram::pictures(Session& session, std::span<const float> codes) {
  const phosphene::Session::Scope scope(session.body().session, body_->threads);
  body_->forward(codes);
  const std::span<const float> values = body_->program->value(body_->prior->image);
  const Preprocess& preprocess = body_->preprocess();
  std::vector<float> pictures(values.size());
  body_->for_all([&](size_t c, size_t from, size_t to) {
    pictures[to] = (values[from] * preprocess.deviation[c] + preprocess.mean[c]) / (255 * preprocess.scale);
  });
  return pictures;
}

std::vector<float> PriorProgram::gradient(Session& session, std::span<const float> codes, std::span<const float> pictures_gradient) {
  const phosphene::Session::Scope scope(session.body().session, body_->threads);
  body_->forward(codes);
  const std::span<float> seed = body_->program->seed(body_->prior->image);
  if (pictures_gradient.size() != seed.size())
    throw Error(fmt::format("a gradient of {} values is none of pictures of {}", pictures_gradient.size(), seed.size()),
                fmt::format("give [{}]", fmt::join(body_->shape, ", ")))
        .at("prior " + body_->prior->name);
  const Preprocess& preprocess = body_->preprocess();
  body_->for_all([&](size_t c, size_t value, size_t picture) {
    seed[value] = pictures_gradient[picture] * preprocess.deviation[c] / (255 * preprocess.scale);
  });
  body_->program->backward();
  const std::span<const float> gradient = body_->program->gradient(body_->prior->code);
  return {gradient.begin(), gradient.end()};
}

}  // namespace phosphene::api
