// Real pictures are read before units are drawn: then each layer can be compared as soon as it is there.
#include "phosphene/atlas/build.h"

#include "phosphene/atlas/data_pass.h"
#include "phosphene/atlas/measure.h"
#include "phosphene/atlas/schema.h"
#include "phosphene/judge/class_map.h"
#include "phosphene/model/meaning.h"
#include "phosphene/model/units.h"

namespace phosphene {

namespace {

void tell(const AtlasBuildEvents& events, const AtlasProgressEvent& event) {
  if (events.on_progress) events.on_progress(event);
}

// What a plan compares with: opened before anything is written.
struct Opened {
  AtlasPlan plan;
  std::unique_ptr<Photos> photos;
  std::unique_ptr<AtlasJudge> judge;
  AtlasMeta meta;
};

std::unique_ptr<AtlasJudge> open_judge(const AtlasPlan& plan) {
  const AtlasOptions& options = plan.options;
  MeaningOptions meaning;
  meaning.preprocess = options.judge_preprocess;
  meaning.labels = options.judge_labels;
  auto network = std::make_shared<const Model>(load_model_with(options.judge, meaning));
  warn_of_assumptions(*network);
  const Model& ours = *plan.network;
  ClassMap classes = classes_between({ours.labels, unit_count(ours, ours.logits())},
                                     {network->labels, unit_count(*network, network->logits())}, options.class_map);
  return std::make_unique<AtlasJudge>(AtlasJudge{std::move(network), std::move(classes)});
}

void describe_data(const AtlasPlan& plan, const Photos& photos, AtlasMeta& meta) {
  meta.data = {{"folder", plan.options.data}, {"sha256", photos.hash()}, {"pictures", photos.count()}, {"sample", photos.sample().size()}};
  meta.plan["data"] = photos.hash();
  meta.classes = photos.classes();
  meta.class_pictures.resize(meta.classes.size());
  for (int64_t photo = 0; photo < photos.count(); ++photo)
    if (photos.class_of(photo) >= 0) ++meta.class_pictures[static_cast<size_t>(photos.class_of(photo))];
  const ClassMap units = map_by_name(meta.classes, plan.network->labels);
  for (const auto& unit : units) meta.class_units.push_back(unit.value_or(-1));
}

Opened open_all(Session& session, AtlasOptions options) {
  Opened opened{.plan = plan_atlas(session, std::move(options)), .photos = nullptr, .judge = nullptr, .meta = {}};
  const AtlasPlan& plan = opened.plan;
  opened.meta.plan = plan.to_json();
  if (!plan.options.data.empty()) {
    opened.photos =
        located("--data", [&] { return std::make_unique<Photos>(plan.options.data, plan.options.most_pictures, *plan.network); });
    describe_data(plan, *opened.photos, opened.meta);
  }
  if (!plan.options.judge.empty()) {
    opened.judge = located("--judge", [&] { return open_judge(plan); });
    const Model& judge = *opened.judge->network;
    opened.meta.judge = {{"name", judge.name},
                         {"file", judge.file.string()},
                         {"sha256", judge.hash},
                         {"preprocess", judge.preprocess.to_json()},
                         {"labels", judge.labels}};
    opened.meta.plan["judge"] = judge.hash;
  }
  return opened;
}

// Draws the jobs of one pass and turn that the atlas lacks.
void draw_turn(Session& session, const AtlasPlan& plan, size_t pass, size_t turn, AtlasWriter& writer, const AtlasPart& part,
               const AtlasBuildEvents& events, const std::stop_token& stop, AtlasBuildReport& report) {
  const std::vector<AtlasPlan::Job> jobs = plan.jobs(pass, turn);
  AtlasSink sink(writer, jobs, part);
  int64_t mine = 0, missing = 0;
  for (size_t i = 0; i < jobs.size(); ++i) {
    mine += part.has(jobs[i].number);
    missing += !sink.has(i);
  }
  report.jobs += mine;
  report.known += mine - missing;
  if (missing == 0) return;
  const Recipe recipe = plan.recipe_of(pass, turn);
  const Plan drawing = phosphene::plan(session, Request::from(session, recipe));
  PHOSPHENE_CHECK_EQ(drawing.size(), jobs.size());
  const std::string doing = fmt::format("drawing {}, {}", recipe.layer, pass == 0 ? "first seed" : "further seeds");
  RunEvents of_run;
  of_run.on_progress = [&](const RunProgress& progress) {
    const auto left = static_cast<int64_t>(progress.jobs) - static_cast<int64_t>(progress.pictures);
    tell(events, {doing, progress.steps, progress.all_steps, fmt::format("{} of {} pictures", mine - left, mine)});
  };
  const RunReport run_report = run(session, drawing, sink, of_run, stop);
  report.drawn += static_cast<int64_t>(run_report.drawn);
  report.failures.insert(report.failures.end(), run_report.failures.begin(), run_report.failures.end());
  report.use.steps += run_report.use.steps;
  report.use.busy += run_report.use.busy;
}

// Measures where everything is drawn and read.
bool measure(Database& database, const Opened& opened, const AtlasBuildEvents& events, const std::stop_token& stop) {
  const int64_t left = database
                           .query(
                               "SELECT count(*) FROM job j LEFT JOIN picture p ON p.id = j.number LEFT JOIN failure f ON f.job = j.number "
                               "WHERE p.id IS NULL AND f.job IS NULL")
                           .one_integer();
  if (left > 0 || (opened.photos && !all_photos_read(database))) return false;
  return measure_atlas(database, {.plan = opened.plan,
                                  .photos = opened.photos.get(),
                                  .judge = opened.judge.get(),
                                  .on_progress =
                                      [&](const std::string& doing, int64_t done, int64_t all) {
                                        tell(events, {doing, done, all, ""});
                                      },
                                  .stop = stop});
}

}  // namespace

AtlasBuildReport build_atlas(Session& session, AtlasOptions options, const std::filesystem::path& file, const AtlasPart& part,
                             const AtlasBuildEvents& events, const std::stop_token& stop) {
  const Opened opened = open_all(session, continued(std::move(options), file));
  const AtlasPlan& plan = opened.plan;
  const Session::Scope scope(session, plan.turns.front().recipe.threads);
  AtlasWriter writer(file, plan, opened.meta, part);
  AtlasBuildReport report;
  if (is_complete(writer.database())) {
    report.jobs = report.known = writer.count_pictures();
    report.complete = true;
    return report;
  }
  if (opened.photos)
    read_photos(
        writer.database(), *opened.photos, *plan.network, plan.layers, plan.turns.front().recipe.engine, part,
        [&](int64_t done, int64_t all) {
          tell(events, {"reading real pictures", done, all, ""});
        },
        stop, &report.reading);
  for (size_t pass = 0; pass < plan.passes.size(); ++pass)
    for (size_t turn = 0; turn < plan.turns.size() && !stop.stop_requested(); ++turn)
      draw_turn(session, plan, pass, turn, writer, part, events, stop, report);
  if (part.of == 1 && !stop.stop_requested()) report.complete = measure(writer.database(), opened, events, stop);
  report.stopped = stop.stop_requested() && !report.complete;
  return report;
}

bool finish_atlas(Session& session, const std::filesystem::path& file, const AtlasBuildEvents& events, const std::stop_token& stop) {
  AtlasOptions options = located(file.string(), [&] {
    const Database database(file, Database::Mode::kRead);
    verify_schema(database);
    Rows rows = database.query("SELECT value FROM meta WHERE key = 'plan'");
    return atlas_options_from_json(rows.next() ? Json::parse(rows.text(0), nullptr, false).value("options", Json()) : Json());
  });
  const Opened opened = open_all(session, std::move(options));
  const Session::Scope scope(session, opened.plan.turns.front().recipe.threads);
  AtlasWriter writer(file, opened.plan, opened.meta, {});
  return is_complete(writer.database()) || measure(writer.database(), opened, events, stop);
}

}  // namespace phosphene
