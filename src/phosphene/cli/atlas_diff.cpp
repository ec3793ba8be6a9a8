// phosphene atlas diff A B: which units of two networks answer alike, which vanished, which appeared.
#include <memory>

#include "phosphene/atlas/diff.h"
#include "phosphene/base/error.h"
#include "phosphene/cli/atlas_command.h"

namespace phosphene {

namespace {

struct DiffArguments {
  std::string a, b;
  bool json = false;
};

void diff(const DiffArguments& arguments) {
  const Atlas a(arguments.a), b(arguments.b);
  const AtlasDiff result = diff_atlases(a, b);
  const std::string text = arguments.json ? json_text(to_json(result)) + "\n" : to_text(result, a, b);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void add_atlas_diff(CLI::App& atlas) {
  auto arguments = std::make_shared<DiffArguments>();
  CLI::App* command = atlas.add_subcommand(
      "diff", "Compare two networks or checkpoints by the answers of their units to the same real pictures: matched, vanished, appeared");
  command->add_option("a", arguments->a, "An atlas")->required();
  command->add_option("b", arguments->b, "Another one, built with the same --data")->required();
  command->add_flag("--json", arguments->json, "Print JSON, with every unit");
  command->callback([arguments] { diff(*arguments); });
}

}  // namespace phosphene
