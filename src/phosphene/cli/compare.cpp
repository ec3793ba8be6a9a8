// phosphene compare: the same units through several priors and controls, measured alike, in one table and one grid.
//
//     random     the first prior's start codes, drawn as they are: what the prior shows by itself
//     shuffled   codes found for the same units of the network with shuffled weights, drawn and measured by the network itself
#include <memory>
#include <set>
#include <utility>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/draw.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/cli/judge_options.h"
#include "phosphene/cli/measure.h"
#include "phosphene/cli/recipe_options.h"
#include "phosphene/judge/comparison.h"
#include "phosphene/run/folder.h"

namespace phosphene {

namespace {

const std::string kRandom = "random", kShuffled = "shuffled", kBank = "bank";

struct CompareArguments {
  Recipe recipe;
  std::vector<std::string> priors{"builtin", "pixel", "fourier", "maco", kRandom, kShuffled};
  std::string data, split = "val";
  std::filesystem::path out;
  JudgeOptions judge;
};

bool is_control(const std::string& prior) { return prior == kRandom || prior == kShuffled; }

// The folder of a row: a prior's file without its path.
std::string row_name(const std::string& prior) { return std::filesystem::path(prior).stem().string(); }

// Draws a request into a folder, or goes on with one that is there; the pictures in the order of jobs, without codes.
class Drawer {
 public:
  explicit Drawer(Session& session) : session_(session) {}

  std::vector<PictureRecord> operator()(const Recipe& recipe, const std::filesystem::path& out) {
    const Plan jobs = plan(session_, continued(Request::from(session_, recipe), out));
    Folder folder(out, jobs);
    Seen seen(folder, jobs);
    const RunReport report = draw(session_, jobs, seen, interrupt_.token());
    if (report.stopped) throw Interrupted{};
    failed_ |= !report.failures.empty();
    found_ |= report.known > 0;
    whole_ = report.failures.empty();
    return seen.take();
  }
  bool failed() const { return failed_; }                // some job
  bool whole() const { return whole_; }                  // no job of the last request failed
  bool found() { return std::exchange(found_, false); }  // some picture was there, since it was last asked

 private:
  // Keeps in memory what goes into the folder, for the judges.
  class Seen : public Sink {
   public:
    Seen(Folder& folder, const Plan& jobs) : folder_(folder) {
      for (size_t job = 0; job < jobs.size(); ++job)
        if (folder.has(job)) keep(folder.record(job));
    }
    bool has(size_t job) const override { return folder_.has(job); }
    void add(Outcome&& outcome) override {
      if (const auto* picture = std::get_if<PictureRecord>(&outcome)) keep(*picture);
      folder_.add(std::move(outcome));
    }
    void finish() override { folder_.finish(); }
    std::vector<PictureRecord> take() { return memory_.take_pictures(); }

   private:
    void keep(PictureRecord picture) {
      picture.code.clear();
      memory_.add(std::move(picture));
    }
    Folder& folder_;
    MemorySink memory_;
  };

  Session& session_;
  Interrupt interrupt_;
  bool failed_ = false, found_ = false, whole_ = true;
};

std::vector<PictureRecord> draw_row(const CompareArguments& a, const std::string& prior, Session& session, Drawer& drawer,
                                    const std::filesystem::path& folder) {
  Recipe recipe = a.recipe;
  recipe.prior = is_control(prior) ? a.priors.front() : prior;
  if (prior == kShuffled) {
    const auto search = folder / "search";
    make_output_folder(folder);
    Recipe of_search = recipe;
    of_search.shuffle = 0;
    drawer(of_search, search);
    if (!drawer.whole())
      throw Error(fmt::format("--priors > {} > no code was found for some units", kShuffled), "leave these units out, or this control");
    recipe.init = (search / "codes.npy").string();
  }
  if (is_control(prior)) recipe.steps = 1;
  if (prior == kRandom) {
    const Request request = Request::from(session, recipe);
    if (*request.recipe.init == kBank) recipe.init = kBank + ":random";  // the best of a bank are no chance codes
  }
  return drawer(recipe, folder);
}

void compare(const CompareArguments& a) {
  if (is_control(a.priors.front()))
    throw Error(fmt::format("--priors > {} comes first", a.priors.front()), "name the prior first that the controls are made with");
  std::set<std::string> names;
  for (const std::string& prior : a.priors)
    if (!names.insert(row_name(prior)).second)
      throw Error(fmt::format("--priors > two rows would be called {}", row_name(prior)),
                  "name each prior once, and rename one of two files");
  if (!a.judge.judge.empty() && a.data.empty()) throw Error("--judge > there are no real pictures for its distances", "give --data");
  Session session({.programs = 2});  // the first prior's is used again by its controls
  const Session::Scope scope(session, a.recipe.threads);
  Recipe recipe = a.recipe;
  const auto network = session.network(recipe);
  find_objectives(recipe, *network);
  make_output_folder(a.out);

  std::optional<Dataset> data;
  std::optional<RealActivations> real;
  std::unique_ptr<Judge> judge;
  if (!a.data.empty()) {
    data = open_dataset(a.data, {.split = a.split, .size = network->preprocess.height});
    real = real_activations(*network, recipe.layer, *data, recipe.engine);
    judge = make_judge(a.judge, *network, recipe.layer, *data, recipe.engine);
  }
  Drawer drawer(session);
  std::vector<ComparedRow> rows;
  for (const std::string& prior : a.priors) {
    ComparedRow row{.name = row_name(prior), .control = is_control(prior)};
    log_info(fmt::format("{} ({} of {})", row.name, rows.size() + 1, a.priors.size()));
    const double seconds = seconds_of([&] { row.pictures = draw_row(a, prior, session, drawer, a.out / row.name); });
    if (!drawer.found()) row.seconds = seconds;
    row.measures = measure_pictures(row.pictures, recipe.layer, real ? &*real : nullptr);
    if (judge) row.verdict = judge->on(row.pictures, recipe.layer);
    rows.push_back(std::move(row));
    write_file(a.out / "table.md", comparison_table(rows));  // what is known so far
  }
  write_png(a.out / "grid.png", comparison_grid(rows));
  write_json(a.out / "comparison.json", comparison_json(rows));
  fmt::print("{}", comparison_table(rows));
  if (const auto ratio = kernel_ratio(rows))
    fmt::print("kernel distance of {} over the least of the other priors': {:.2f}\n", rows.front().name, *ratio);
  if (drawer.failed()) throw Failed{};
}

}  // namespace

void add_compare(CLI::App& app) {
  auto a = std::make_shared<CompareArguments>();
  CLI::App* command = app.add_subcommand("compare", "Draw the same units through several priors and measure them side by side");
  add_recipe_options(*command, a->recipe, {"shuffle", "direction", "prior", "rule", "patience", "lr0", "decay", "bounds", "init"});
  command->get_option("--layer")->required();
  command
      ->add_option(
          "--priors", a->priors,
          "Priors, one row each, as synth's --prior; and two controls with the first prior: random (its start codes), shuffled (codes "
          "found in the network with shuffled weights)")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--data", a->data, "Folder of labelled pictures, as for train; adds percentile and margin over real pictures");
  command->add_option("--split", a->split, "train or val")->capture_default_str();
  add_judge_options(*command, a->judge);
  command->add_option("-o,--out", a->out, "Output folder: table.md, comparison.json, grid.png, and a folder per prior")->required();
  command->callback([a] { compare(*a); });
}

}  // namespace phosphene
