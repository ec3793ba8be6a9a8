#include "phosphene/model/model.h"

#include "phosphene/api/bodies.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/preprocess_text.h"
#include "phosphene/model/units.h"

namespace phosphene::api {

Model::Model(Session& session, const Request& request) {
  phosphene::Session& own = session.body().session;
  const phosphene::Session::Scope scope(own);
  body_ = std::make_shared<Body>(Body{own.network(request.body().recipe)});
}

std::string Model::name() const { return body_->model->name; }
std::string Model::sha256() const { return body_->model->hash; }

std::vector<Layer> Model::layers() const {
  static_assert(kUnknown == -1);
  std::vector<Layer> layers;
  for (const LayerRow& row : describe(body_->model->graph).layers)
    layers.push_back({row.name, row.op, {row.shape.begin(), row.shape.end()}, row.units, row.computes});
  return layers;
}

std::string Model::find_layer(const std::string& text) const { return phosphene::find_layer(*body_->model, text); }
int64_t Model::units(const std::string& layer) const { return unit_count(*body_->model, find_layer(layer)); }
std::string Model::preprocess() const { return preprocess_words(body_->model->preprocess); }
bool Model::preprocess_known() const { return body_->model->preprocess_known; }
std::vector<std::string> Model::labels() const { return body_->model->labels; }
std::string Model::to_json() const { return json_text(description_json(*body_->model), -1); }

}  // namespace phosphene::api
