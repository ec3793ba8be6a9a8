// phosphene atlas export: the pages of atlases as files.
#include <cstdio>
#include <memory>

#include "phosphene/base/progress.h"
#include "phosphene/cli/atlas_command.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/serve/export.h"

namespace phosphene {

namespace {

struct ExportArguments {
  std::vector<std::filesystem::path> atlases;
  std::filesystem::path out;
};

void export_atlases(const ExportArguments& arguments) {
  const Interrupt interrupt;
  const Site site(arguments.atlases);
  size_t names = 0;
  site.each_name([&](const std::string&) { ++names; });
  Progress progress("export", static_cast<int64_t>(names));
  const ExportReport report = export_site(
      site, arguments.out, [&](size_t files) { progress.update(static_cast<int64_t>(std::min(files, names))); }, interrupt.token());
  progress.finish(fmt::format("{} files, {:.1f} MB", report.files, static_cast<double>(report.bytes) / 1e6));
  if (report.stopped) throw Interrupted{};
  fmt::print("{}\n", (arguments.out / "index.html").string());
}

}  // namespace

void add_atlas_export(CLI::App& atlas) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command =
      atlas.add_subcommand("export", "Write the pages of atlases as files that any web server serves, and that open from a disk");
  command->add_option("atlas", arguments->atlases, "Atlas files")->required();
  command->add_option("-o,--out", arguments->out, "Output folder")->required();
  command->callback([arguments] { export_atlases(*arguments); });
}

}  // namespace phosphene
