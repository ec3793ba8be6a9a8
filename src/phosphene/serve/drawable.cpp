#include "phosphene/serve/drawable.h"

#include "phosphene/base/error.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

[[noreturn]] void refuse_file(const char* field, const std::string& file) {
  throw Error(fmt::format("the atlas was drawn with {} from the file {}, which a server does not read", field, file),
              "draw it with phosphene synth");
}

}  // namespace

Recipe recipe_of(const Atlas& atlas, int64_t layer) {
  const auto found = atlas.layer(std::to_string(layer));
  if (!found || found->id != layer || !found->recipe.is_object())
    throw Error("nothing of this layer was drawn", "choose another layer").at(atlas.file());
  Recipe recipe = located(atlas.file(), [&] { return Recipe::from_json(found->recipe); });
  recipe.labels.clear();  // the atlas has them
  if (!recipe.fixed.empty()) refuse_file("an input", recipe.fixed.front());
  if (recipe.bounds != "prior" && recipe.bounds != "none") refuse_file("bounds", recipe.bounds);
  if (recipe.init && find_start(*recipe.init).start->reads_file) refuse_file("starts", *recipe.init);
  return recipe;
}

std::shared_ptr<const Model> network_of(const Atlas& atlas, const Recipe& recipe, Session& session) {
  const std::string hash = atlas.meta("network").value("sha256", "");
  std::shared_ptr<const Model> network;
  try {
    network = session.network(recipe);
  } catch (const Error&) {  // says more of the file than a reader of the pages may know
    throw Error(fmt::format("the network {} cannot be loaded here", recipe.network), "start the server where the atlas was built");
  }
  if (network->hash != hash)
    throw Error(fmt::format("{} is not the network of this atlas", recipe.network), "start the server where the atlas was built");
  return network;
}

}  // namespace phosphene
