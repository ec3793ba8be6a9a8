#include "phosphene/synth/prior.h"

#include <algorithm>

#include "phosphene/api/bodies.h"
#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"

namespace phosphene::api {

Prior::Prior(Session& session, const Request& request) {
  phosphene::Session& own = session.body().session;
  const phosphene::Session::Scope scope(own);
  const Recipe& recipe = request.body().recipe;
  const auto network = own.network(recipe);
  body_ = std::make_shared<Body>(Body{network, own.prior(recipe, network), recipe});
}

std::string Prior::name() const { return body_->prior->name; }
int64_t Prior::code_size() const { return body_->prior->code_size; }
std::vector<int64_t> Prior::code_shape() const {
  const Shape shape = phosphene::code_shape(*body_->prior);
  return {shape.begin(), shape.end()};
}
std::vector<float> Prior::lower() const { return body_->prior->bounds ? body_->prior->bounds->lower : std::vector<float>(); }
std::vector<float> Prior::upper() const { return body_->prior->bounds ? body_->prior->bounds->upper : std::vector<float>(); }

std::vector<Picture> Prior::draw(Session& session, std::span<const float> codes) const {
  const phosphene::Prior& prior = *body_->prior;
  const auto size = static_cast<size_t>(prior.code_size);
  if (codes.empty() || codes.size() % size)
    throw Error(fmt::format("{} values are no codes of {}", codes.size(), size), "give one code after the other").at("prior " + prior.name);
  const phosphene::Session::Scope scope(session.body().session, body_->recipe.threads);
  const size_t count = codes.size() / size;
  const auto program =
      find_engine(body_->recipe.engine)
          .compile(prior.graph, {.batch = static_cast<int64_t>(count), .values = {prior.image}, .precision = body_->recipe.precision});
  std::ranges::copy(codes, program->input(prior.code).begin());
  program->forward();
  const std::span<const float> values = program->value(prior.image);
  const size_t one = values.size() / count;
  std::vector<Picture> pictures;
  for (size_t i = 0; i < count; ++i)
    pictures.push_back(
        picture_of(prior.picture.preprocess.to_image(values.subspan(i * one, one), prior.picture.height, prior.picture.width)));
  return pictures;
}

}  // namespace phosphene::api
