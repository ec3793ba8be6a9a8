#include "phosphene/run/session.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/parallel.h"
#include "phosphene/model/directions.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/meaning.h"
#include "phosphene/model/shuffled.h"
#include "phosphene/synth/recipe_fields.h"

namespace phosphene {

namespace {

// The fields that decide what is loaded, as one text.
std::string text_of(const Recipe& recipe, std::initializer_list<const char*> fields) {
  Json json = Json::object();
  for (const char* name : fields) json[name] = find_recipe_field(name)->get(recipe);
  return json.dump();
}

// What the cache still holds, else what `make` makes.
template <typename T, typename Make>
std::shared_ptr<const T> cached(std::map<std::string, std::weak_ptr<const T>>& cache, const std::string& key, Make&& make) {
  std::erase_if(cache, [](const auto& entry) { return entry.second.expired(); });
  if (auto known = cache[key].lock()) return known;
  auto made = std::make_shared<const T>(make());
  cache[key] = made;
  return made;
}

}  // namespace

Session::Session(SessionOptions options) : threads_(options.threads > 0 ? options.threads : core_count()), options_(std::move(options)) {}

Session::Scope::Scope(const Session& session, int threads) : context_(session.options_.context), threads_before_(phosphene::threads()) {
  set_threads(threads > 0 ? threads : session.threads_);
}
Session::Scope::~Scope() { set_threads(threads_before_); }

std::shared_ptr<const Model> Session::network(const Recipe& recipe) {
  std::string key = text_of(recipe, {"network", "random_weights", "shuffle", "preprocess", "labels", "output", "fix", "input_size"});
  if (!recipe.direction.empty()) key += text_of(recipe, {"direction", "layer"});
  return cached(networks_, key, [&] {
    Model model = load_model_with(recipe.network, {.preprocess = recipe.preprocess,
                                                   .labels = recipe.labels,
                                                   .input_size = recipe.input_size,
                                                   .output = recipe.output,
                                                   .fixed = recipe.fixed,
                                                   .random_weights = recipe.random_weights});
    warn_of_assumptions(model);
    if (recipe.shuffle) model = shuffled(model, *recipe.shuffle);
    if (!recipe.direction.empty())
      located("--direction", [&] {
        if (recipe.layer.empty()) throw Error("the directions have no layer", "give --layer NAME");
        append_directions(model, find_layer(model, recipe.layer), read_npy(recipe.direction));
      });
    return model;
  });
}

std::shared_ptr<const Prior> Session::prior(const Recipe& recipe, const std::shared_ptr<const Model>& network) {
  const std::string key = fmt::format("{} {}", static_cast<const void*>(network.get()),
                                      text_of(recipe, {"prior", "prior_input", "prior_fix", "prior_preprocess", "random_weights"}));
  return cached(priors_, key, [&] {
    return load_prior(recipe.prior, *network,
                      {.random_weights = recipe.random_weights,
                       .fixed = recipe.prior_fixed,
                       .searched = recipe.prior_inputs,
                       .preprocess = recipe.prior_preprocess});
  });
}

std::shared_ptr<CompiledSearch> Session::compiled(const std::shared_ptr<const Model>& network, const std::shared_ptr<const Prior>& prior,
                                                  const SearchShape& shape) {
  const int with = phosphene::threads();
  const auto found = std::ranges::find_if(kept_, [&](const Kept& kept) {
    return kept.network == network && kept.prior == prior && kept.shape == shape && kept.threads == with;
  });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
  } else {
    while (!kept_.empty() && kept_.size() >= options_.programs) kept_.pop_back();  // its memory first
    kept_.push_front({network, prior, shape, with, std::make_shared<CompiledSearch>(*network, *prior, shape)});
    ++compiled_count_;
  }
  return kept_.front().search;
}

}  // namespace phosphene
