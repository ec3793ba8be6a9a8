// A generation counts once it is in evolution.state, which is replaced whole; its pictures and scores are written before. So whatever ends
// the program, the same command asks for the same pictures again, or for the next ones.
#include "phosphene/evolve/experiment.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/text.h"
#include "phosphene/base/version.h"
#include "phosphene/evolve/saved.h"
#include "phosphene/train/listing.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr const char *kStateFile = "evolution.state", *kScoresFile = "scores.json";

// The prior's name; of several threads with one prior, with a number from the second on.
std::vector<std::string> thread_names(const std::vector<std::shared_ptr<const Prior>>& priors) {
  std::set<std::string> used;
  std::vector<std::string> names;
  for (const auto& prior : priors) {
    std::string name = file_safe(prior->name);
    for (int again = 2; !used.insert(name).second; ++again) name = fmt::format("{}-{}", file_safe(prior->name), again);
    names.push_back(name);
  }
  return names;
}

// Names and sizes of the files.
std::string fingerprint_of(const fs::path& folder, const std::vector<fs::path>& files) {
  std::string text;
  for (const fs::path& file : files) text += fmt::format("{} {}\n", fs::relative(file, folder).string(), fs::file_size(file));
  return sha256(text);
}

Image shown_control(const fs::path& file, const PictureSpace& space) {
  const Image image = read_image(file, space.preprocess.channels());
  const double scale = std::max(static_cast<double>(space.height) / static_cast<double>(image.height),
                                static_cast<double>(space.width) / static_cast<double>(image.width));
  const auto side = static_cast<int64_t>(std::ceil(scale * static_cast<double>(std::min(image.height, image.width))));
  return resize_and_crop(image, side, space.height, space.width);
}

std::string generation_name(int64_t generation) { return fmt::format("generation-{:04}", generation); }

}  // namespace

Experiment::Experiment(fs::path folder, std::vector<std::shared_ptr<const Prior>> priors, ExperimentOptions options)
    : folder_(std::move(folder)), priors_(std::move(priors)), options_(std::move(options)) {
  PHOSPHENE_CHECK(!priors_.empty());
  if (options_.generations < 1) throw Error(fmt::format("there are {} generations", options_.generations), "give at least one");
  for (const std::string& name : thread_names(priors_)) threads_.push_back({name, {}});
  request_ = {{"version", kVersion}, {"threads", Json::array()}};
  for (size_t t = 0; t < priors_.size(); ++t) {
    EvolutionOptions of_thread = options_.evolution;
    of_thread.seed += t;
    evolutions_.emplace_back(priors_[t], of_thread);
    Json thread{{"name", threads_[t].name}, {"prior", priors_[t]->name}, {"sha256", priors_[t]->hash}};
    if (const auto& grid = priors_[t]->grid) thread["grid"] = {{"height", grid->height}, {"width", grid->width}, {"stride", grid->stride}};
    request_["threads"].push_back(thread);
  }
  request_["optimiser"] = to_text(evolutions_.front().optimiser());
  request_["population"] = options_.evolution.population;
  request_["seed"] = options_.evolution.seed;
  const std::vector<float>& start = options_.evolution.start;
  request_["start"] = start.empty() ? Json() : Json(sha256({reinterpret_cast<const char*>(start.data()), start.size() * sizeof(float)}));
  request_["controls"] = nullptr;
  if (!options_.controls.empty()) {
    if (options_.controls_shown < 1) throw Error(fmt::format("{} controls are shown", options_.controls_shown), "give at least one");
    const std::vector<fs::path> files = pictures_below(options_.controls);
    if (files.empty()) throw Error("there are no pictures", "give a folder of JPEG or PNG files").at(options_.controls.string());
    for (const int64_t i : Rng(options_.evolution.seed, "controls").permutation(static_cast<int64_t>(files.size())))
      control_files_.push_back(files[static_cast<size_t>(i)]);
    for (const fs::path& file : control_files_) controls_.push_back({as_utf8(fs::relative(file, options_.controls).string()), "", 0, 0});
    request_["controls"] = {{"sha256", fingerprint_of(options_.controls, files)}, {"shown", options_.controls_shown}};
  }
  request_["engine"] = options_.engine;

  const auto saved = saved_evolutions(folder_ / kStateFile, request_);
  make_output_folder(folder_);
  if (saved)
    located((folder_ / kStateFile).string(), [&] {
      if (saved->size() != evolutions_.size()) throw Error("is damaged", "remove it, and begin anew");
      for (size_t t = 0; t < evolutions_.size(); ++t) evolutions_[t].load((*saved)[t]);
    });
  for (int64_t g = 0; g < generation(); ++g) remember(g, read_json(folder_ / generation_name(g) / kScoresFile));
  for (const auto& prior : priors_) drawers_.push_back(std::make_unique<CodeDrawer>(*prior, CodeDrawerOptions{.engine = options_.engine}));
}

std::vector<Shown> Experiment::order_of(int64_t generation) const {
  std::vector<Shown> all;
  for (const ThreadRecord& thread : threads_)
    for (int64_t k = 0; k < options_.evolution.population; ++k) all.push_back({"", thread.name, k});
  if (const auto count = static_cast<int64_t>(control_files_.size()))
    for (int64_t k = 0; k < options_.controls_shown; ++k) all.push_back({"", "", (generation * options_.controls_shown + k) % count});
  Rng random(options_.evolution.seed, "order", static_cast<uint64_t>(generation));
  std::vector<Shown> shown;
  for (const int64_t i : random.permutation(static_cast<int64_t>(all.size()))) {
    shown.push_back(all[static_cast<size_t>(i)]);
    shown.back().id = fmt::format("g{:04}-{:03}", generation, shown.size() - 1);
  }
  return shown;
}

Generation Experiment::show() {
  Generation next{generation(), folder_ / generation_name(generation()), order_of(generation())};
  make_output_folder(next.folder);
  for (size_t t = 0; t < evolutions_.size(); ++t) {
    const std::vector<float> codes = evolutions_[t].ask();
    write_npy(next.folder / (threads_[t].name + ".npy"), {evolutions_[t].population(), priors_[t]->code_size}, codes);
    const std::vector<Image> images = drawers_[t]->draw(codes);
    for (const Shown& shown : next.shown)
      if (shown.thread == threads_[t].name) write_png(next.folder / shown.file(), images[static_cast<size_t>(shown.number)]);
  }
  for (const Shown& shown : next.shown)
    if (shown.control())
      write_png(next.folder / shown.file(), shown_control(control_files_[static_cast<size_t>(shown.number)], priors_.front()->picture));
  return next;
}

void Experiment::tell(const Generation& told, const std::vector<Score>& scores) {
  Json pictures = Json::array();
  for (size_t i = 0; i < told.shown.size(); ++i) {
    const Shown& shown = told.shown[i];
    Json entry{{"file", shown.file()}};
    if (shown.control())
      entry["control"] = controls_[static_cast<size_t>(shown.number)].name;
    else
      entry["thread"] = shown.thread;
    entry["number"] = shown.number;
    entry["score"] = scores[i].mean;
    entry["repeats"] = scores[i].repeats;
    pictures.push_back(std::move(entry));
  }
  const Json record{{"pictures", pictures}};
  write_json(told.folder / kScoresFile, record);
  std::vector<std::vector<double>> states;
  for (size_t t = 0; t < evolutions_.size(); ++t) {
    std::vector<double> of_thread(static_cast<size_t>(options_.evolution.population));
    for (size_t i = 0; i < told.shown.size(); ++i)
      if (told.shown[i].thread == threads_[t].name) of_thread[static_cast<size_t>(told.shown[i].number)] = scores[i].mean;
    evolutions_[t].tell(of_thread);
    states.push_back(evolutions_[t].save());
  }
  save_evolutions(folder_ / kStateFile, request_, states);
  remember(told.number, record);
}

// What the report shows of a generation.
void Experiment::remember(int64_t generation, const Json& scores) {
  const std::string folder = generation_name(generation) + "/";
  for (ThreadRecord& thread : threads_) thread.generations.push_back({});
  double sum = 0;
  int64_t shown = 0;
  located((folder_ / folder / kScoresFile).string(), [&] {
    try {
      for (const Json& picture : scores.at("pictures")) {
        const auto score = picture.at("score").get<double>();
        const std::string file = folder + picture.at("file").get<std::string>();
        if (picture.contains("control")) {
          ControlRecord& control = controls_.at(picture.at("number").get<size_t>());
          if (control.file.empty()) control.file = file;
          control.sum += score, ++control.shown;
          sum += score, ++shown;
          continue;
        }
        const auto thread = std::ranges::find(threads_, picture.at("thread").get<std::string>(), &ThreadRecord::name);
        if (thread == threads_.end()) throw Error("names an unknown thread", "remove the folder, and begin anew");
        ThreadRecord::Entry& entry = thread->generations.back();
        entry.mean += score / static_cast<double>(options_.evolution.population);
        if (entry.file.empty() || score > entry.best) entry.best = score, entry.file = file;
      }
    } catch (const std::exception& error) {
      if (dynamic_cast<const Error*>(&error)) throw;
      throw Error(fmt::format("is damaged: {}", error.what()), "remove the folder, and begin anew");
    }
  });
  if (shown > 0) control_means_.push_back(sum / static_cast<double>(shown));
}

bool Experiment::run(Scorer& scorer, const std::function<void()>& on_generation, const std::stop_token& stop) {
  while (generation() < options_.generations) {
    if (stop.stop_requested()) return false;
    const Generation next = show();
    const auto scores = scorer.score(next, stop);
    if (!scores) return false;
    tell(next, *scores);
    if (on_generation) on_generation();
  }
  return true;
}

Model black_box(int64_t height, int64_t width) {
  Model model;
  model.name = "black box";
  model.preprocess_known = true;
  model.preprocess.height = height, model.preprocess.width = width;
  model.graph.inputs = {{"picture", {DataType::kFloat32, Shape{kUnknown, 3, height, width}}}};
  model.graph.outputs = {"score"};
  model.graph.nodes = {{"box", "Identity", {"picture"}, {"score"}, {}}};
  model.graph = infer_shapes(std::move(model.graph));
  return model;
}

}  // namespace phosphene
