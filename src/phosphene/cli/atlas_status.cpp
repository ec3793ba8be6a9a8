// phosphene atlas status FILE: what an atlas holds, what is missing, and how long it will take.
#include <memory>

#include "phosphene/atlas/atlas.h"
#include "phosphene/atlas/content.h"
#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/atlas_command.h"

namespace phosphene {

namespace {

void status(const std::string& file, bool as_json) {
  const Atlas atlas(file);
  const AtlasProgress progress = atlas.progress();
  const std::vector<AtlasLayer> layers = atlas.layers();
  if (as_json) {
    Json json{{"file", file},
              {"complete", progress.complete},
              {"pictures", progress.jobs},
              {"drawn", progress.drawn},
              {"failed", progress.failed},
              {"real_pictures", progress.photos},
              {"read", progress.read}};
    if (progress.complete) json["content"] = content_hash(atlas.database());
    json["seconds_left"] = progress.seconds_left ? Json(*progress.seconds_left) : Json();
    for (const AtlasLayer& layer : layers)
      json["layers"].push_back(
          {{"name", layer.name}, {"units", layer.units}, {"planned", layer.planned}, {"drawn", layer.drawn}, {"failed", layer.failed}});
    fmt::print("{}\n", json_text(json));
    return;
  }
  size_t width = 5;
  for (const AtlasLayer& layer : layers) width = std::max(width, layer.path.size());
  fmt::print("{:<{}}  {:>6}  {:>8}  {:>8}  {:>6}\n", "layer", width, "units", "planned", "drawn", "failed");
  for (const AtlasLayer& layer : layers)
    fmt::print("{:<{}}  {:>6}  {:>8}  {:>8}  {:>6}\n", layer.path, width, layer.units, layer.planned, layer.drawn, layer.failed);
  fmt::print("\n{} of {} pictures are drawn", progress.drawn, progress.jobs);
  if (progress.photos > 0) fmt::print(", {} of {} real pictures are read", progress.read, progress.photos);
  if (progress.failed > 0) fmt::print("; {} failed, and the next build tries them again", progress.failed);
  if (progress.complete)
    fmt::print("\ncomplete; content {}\n", content_hash(atlas.database()));
  else if (progress.drawn == progress.jobs && progress.read == progress.photos)
    fmt::print("\nfigures are missing: the same build command measures them\n");
  else if (progress.seconds_left)
    fmt::print("\nabout {} left\n", format_duration(*progress.seconds_left));
  else
    fmt::print("\nhow long the rest takes is known once something is drawn\n");
}

}  // namespace

void add_atlas_status(CLI::App& atlas) {
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = atlas.add_subcommand("status", "Print what an atlas holds, what is missing, and how long that takes");
  command->add_option("atlas", *file, "The atlas file")->required();
  command->add_flag("--json", *json, "Print JSON");
  command->callback([file, json] { status(*file, *json); });
}

}  // namespace phosphene
