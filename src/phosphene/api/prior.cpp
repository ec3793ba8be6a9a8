#include <algorithm>

#include "phosphene/api/bodies.h"
#include "phosphene/synth/code_drawer.h"

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
  const phosphene::Session::Scope scope(session.body().session, body_->recipe.threads);
  const int64_t batch = std::max<int64_t>(1, static_cast<int64_t>(codes.size()) / prior.code_size);
  CodeDrawer drawer(prior, {.engine = body_->recipe.engine, .precision = body_->recipe.precision, .batch = batch});
  std::vector<Picture> pictures;
  for (Image& image : drawer.draw(codes)) pictures.push_back(picture_of(std::move(image)));
  return pictures;
}

}  // namespace phosphene::api
