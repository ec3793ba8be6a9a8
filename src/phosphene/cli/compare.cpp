// phosphene compare: the same units through several priors and controls, measured alike, in one table and one grid.
//
//     random     the first prior's start codes, drawn as they are: what the prior shows by itself
//     shuffled   codes found for the same units of the network with shuffled weights, drawn and measured by the network itself
#include <memory>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/draw.h"
#include "phosphene/cli/judge_options.h"
#include "phosphene/cli/measure.h"
#include "phosphene/cli/recipe_options.h"
#include "phosphene/cli/units_option.h"
#include "phosphene/judge/comparison.h"
#include "phosphene/judge/shuffled.h"

namespace phosphene {

namespace {

const std::string kRandom = "random", kShuffled = "shuffled", kBank = "bank";

struct CompareArguments {
  RecipeOptions options;
  std::vector<std::string> priors{"builtin", "pixel", "fourier", "maco", kRandom, kShuffled};
  std::string data, split = "val", out;
  JudgeOptions judge;
};

bool is_control(const std::string& prior) { return prior == kRandom || prior == kShuffled; }

// The folder of a row: a prior's file without its path.
std::string row_name(const std::string& prior) { return std::filesystem::path(prior).stem().string(); }

void draw_row(const CompareArguments& a, const std::string& prior, const Model& network, const std::vector<Objective>& objectives,
              const std::filesystem::path& folder) {
  Recipe recipe = a.options.recipe;
  recipe.prior = is_control(prior) ? a.priors.front() : prior;
  if (prior == kShuffled) {
    const auto search = folder / "search";
    make_output_folder(folder);
    draw(shuffled(network, 0), recipe, objectives, search);
    recipe.init = (search / "codes.npy").string();
  }
  if (is_control(prior)) recipe.steps = 1;
  // The best of a bank are no chance codes.
  if (prior == kRandom && with_defaults(recipe, load_prior(recipe.prior, network, {.random_weights = recipe.random_weights})).init == kBank)
    recipe.init = kBank + ":random";
  draw(network, recipe, objectives, folder);
}

void compare(CompareArguments& a) {
  Recipe& recipe = a.options.recipe;
  if (is_control(a.priors.front()))
    throw Error(fmt::format("--priors > {} comes first", a.priors.front()), "name the prior first that the controls are made with");
  std::set<std::string> names;
  for (const std::string& prior : a.priors)
    if (!names.insert(row_name(prior)).second)
      throw Error(fmt::format("--priors > two rows would be called {}", row_name(prior)),
                  "name each prior once, and rename one of two files");
  if (!a.judge.judge.empty() && a.data.empty()) throw Error("--judge > there are no real pictures for its distances", "give --data");
  const Model network = load_network(a.options);
  const std::vector<Objective> objectives = find_objectives(recipe, network);
  make_output_folder(a.out);

  std::optional<Dataset> data;
  std::optional<RealActivations> real;
  std::unique_ptr<Judge> judge;
  if (!a.data.empty()) {
    data = open_dataset(a.data, {.split = a.split, .size = network.preprocess.height});
    real = real_activations(network, recipe.layer, *data, recipe.engine);
    judge = make_judge(a.judge, network, recipe.layer, *data, recipe.engine);
  }
  std::vector<ComparedRow> rows;
  for (const std::string& prior : a.priors) {
    ComparedRow row{.name = row_name(prior), .folder = std::filesystem::path(a.out) / row_name(prior), .control = is_control(prior)};
    log_info(fmt::format("{} ({} of {})", row.name, rows.size() + 1, a.priors.size()));
    row.seconds = seconds_of([&] { draw_row(a, prior, network, objectives, row.folder); });
    row.results = read_json(row.folder / "results.json");
    row.measures = measure_pictures(drawn_pictures(row.results, recipe.layer), real ? &*real : nullptr);
    if (judge) row.verdict = judge->on(row.results, row.folder, recipe.layer);
    rows.push_back(std::move(row));
  }
  const std::filesystem::path out = a.out;
  const std::string table = comparison_table(rows);
  write_png(out / "grid.png", comparison_grid(rows));
  write_file(out / "table.md", table);
  write_json(out / "comparison.json", comparison_json(rows));
  fmt::print("{}", table);
  if (const auto ratio = kernel_ratio(rows))
    fmt::print("kernel distance of {} over the least of the other priors': {:.2f}\n", rows.front().name, *ratio);
}

}  // namespace

void add_compare(CLI::App& app) {
  auto a = std::make_shared<CompareArguments>();
  CLI::App* command = app.add_subcommand("compare", "Draw the same units through several priors and measure them side by side");
  add_recipe_options(*command, a->options);
  command->get_option("--layer")->required();
  command
      ->add_option("--priors", a->priors,
                   "Priors, one row each: as synth's --prior; and two controls of the first one: random (its start codes) and shuffled "
                   "(searched in the network with shuffled weights)")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--data", a->data, "Folder of labelled pictures, as for train: percentile and margin over real pictures");
  command->add_option("--split", a->split, "train or val")->capture_default_str();
  add_judge_options(*command, a->judge);
  command->add_option("-o,--out", a->out, "Output folder: table.md, comparison.json, grid.png, and a folder a prior")->required();
  command->callback([a] { compare(*a); });
}

}  // namespace phosphene
