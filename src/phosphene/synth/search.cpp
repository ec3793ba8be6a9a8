#include "phosphene/synth/search.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/parallel.h"
#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

constexpr double kRise = 1e-3;

}  // namespace

const TermResult& JobResult::main() const {
  const Term& wanted = objective.main();
  return *std::find_if(terms.begin(), terms.end(), [&](const TermResult& result) { return result.term == wanted; });
}

// The job in one slot of the batch.
struct Search::Lane {
  bool busy = false;
  size_t number = 0;  // of the job
  int64_t step = 0;
  bool last = false;  // this step is the job's last one
  const Job* job = nullptr;
  std::vector<float> state;  // the rule's
  double size = 0;           // sum of the last gradient's magnitudes
  double highest = 0;        // activation that counted as a rise
  int64_t risen = -1;        // the step of it; -1: none yet
};

Search::Search(const Model& network, const Prior& prior, const Recipe& recipe, const std::vector<Objective>& objectives)
    : recipe_(resolve(recipe, prior, 0)),
      picture_(prior.picture),
      input_(input_space(network, {prior.picture.height, prior.picture.width})),
      code_size_(prior.code_size),
      bounds_(resolve_bounds(recipe, prior)) {
  recipe_.verify();
  PHOSPHENE_CHECK(recipe.batch > 0);
  find_rule(*recipe_.rule);
  const std::vector<std::string> names = layers_of(objectives);
  PHOSPHENE_CHECK(!names.empty());

  network_ = infer_shapes(cut(bind_batch(network.graph, 1, {input_.height, input_.width}), names));
  LayerChain chain = chain_to_layers(
      network, prior, {.layers = names, .batch = recipe_.batch, .objective = recipe_.objective, .views = parse_views(*recipe_.views)});
  chain_ = std::move(chain.graph);
  code_ = chain.code;
  image_ = chain.image;
  view_ = chain.view;
  find_engine(recipe_.engine);
  options_.batch = recipe_.batch;
  options_.precision = recipe_.precision;
  options_.gradients = {code_};
  options_.values = {image_};
  for (const LayerChain::Layer& layer : chain.layers) {
    options_.values.push_back(layer.value);
    options_.seeds.push_back(layer.raised);
  }

  for (size_t i = 0; i < names.size(); ++i) {
    const std::string &name = names[i], &value = chain.layers[i].value;
    Layer layer{name, value, chain.layers[i].raised, chain_.type_of(value).shape};
    if (layer.shape.rank() == 0 || layer.shape[0] != recipe_.batch)
      throw Error(fmt::format("layer {} > its shape {} does not begin with the batch", name, layer.shape),
                  "choose a layer of shape [n, units, ...] or [n, tokens, units]");
    const Node* producer = network.graph.find_producer(name);
    const OutputMeaning meaning = network.meaning();
    const bool sigmoid = meaning.kind == OutputKind::kOneProbability || meaning.kind == OutputKind::kLabels;
    if (producer && (producer->op == "Softmax" || (sigmoid && name == meaning.output && meaning.by == producer->op)))
      layer.output = Layer::Output::kProbabilities;
    else if (name == meaning.scores && meaning.has_classes())
      layer.output = sigmoid ? Layer::Output::kLogOdds : Layer::Output::kLogits;
    layers_.push_back(std::move(layer));
  }
  for (const Objective& objective : objectives)
    for (const Term& term : objective.terms) verify_term(term, layer(term.layer).shape);
}

Program& Search::program() {
  if (!program_) {
    program_ = find_engine(recipe_.engine).compile(chain_, options_);
    chain_ = Graph{};
  }
  return *program_;
}

const Search::Layer& Search::layer(const std::string& name) const {
  const auto found = std::find_if(layers_.begin(), layers_.end(), [&](const Layer& layer) { return layer.name == name; });
  PHOSPHENE_CHECK(found != layers_.end());
  return *found;
}

std::span<const float> Search::lane_value(const std::string& value, int64_t lane) const {
  const std::span<const float> all = program_->value(value);
  const size_t size = all.size() / static_cast<size_t>(recipe_.batch);
  return all.subspan(static_cast<size_t>(lane) * size, size);
}

namespace {

std::span<float> slot(std::span<float> all, int64_t batch, int64_t lane) {
  const size_t size = all.size() / static_cast<size_t>(batch);
  return all.subspan(static_cast<size_t>(lane) * size, size);
}

}  // namespace

// Puts a job's start code and the seeds of its objective into its lane.
void Search::begin(Lane& lane, int64_t index, const Job& job, size_t number) {
  PHOSPHENE_CHECK_EQ(job.start.size(), static_cast<size_t>(code_size_));
  const auto states = static_cast<size_t>(code_size_ * find_rule(*recipe_.rule).states_per_unit);
  lane = {.busy = true, .number = number, .job = &job, .state = std::vector<float>(states)};
  const std::span<float> code = slot(program_->input(code_), recipe_.batch, index);
  std::copy(job.start.begin(), job.start.end(), code.begin());
  for (const Layer& each : layers_) std::ranges::fill(slot(program_->seed(each.raised), recipe_.batch, index), 0.0f);
  for (const Term& term : job.objective.terms) {
    const Layer& at = layer(term.layer);
    add_term_gradient(term, at.shape, slot(program_->seed(at.raised), recipe_.batch, index));
  }
}

// Copies what the last forward() says of a lane into its result: the picture, its code and how its units took it.
void Search::measure(const Lane& lane, int64_t index, JobResult& result) const {
  const std::span<const float> image = lane_value(image_, index);
  const std::span<float> code = slot(program_->input(code_), recipe_.batch, index);
  result.objective = lane.job->objective;
  result.seed = lane.job->seed;
  result.image.assign(image.begin(), image.end());
  result.code.assign(code.begin(), code.end());
  result.terms.clear();
  for (const Term& term : lane.job->objective.terms) {
    const Layer& at = layer(term.layer);
    const Standing stands = standing(term, at.shape, lane_value(at.value, index));
    TermResult each{term, stands.value, stands.rank, std::nullopt};
    if (at.output == Layer::Output::kLogits) each.probability = stands.share;
    if (at.output == Layer::Output::kLogOdds) each.probability = 1 / (1 + std::exp(-stands.value));
    if (at.output == Layer::Output::kProbabilities) each.probability = stands.value;
    result.terms.push_back(std::move(each));
  }
  result.shown = shown_rect(lane.job->objective);
}

PixelRect Search::shown_rect(const Objective& objective) const {
  const PixelRect all = through_bridge({0, 0, input_.height, input_.width}, picture_, input_);
  if (objective.terms.size() != 1) return all;
  const Term& term = objective.terms.front();
  const Shape& shape = layer(term.layer).shape;
  if (shape.rank() != 4 || term.at.kind == Place::Kind::kMean || shape[2] * shape[3] == 1) return all;
  const bool centre = term.at.kind == Place::Kind::kCentre;
  const Position position = centre ? Position{shape[2] / 2, shape[3] / 2} : Position{term.at.y, term.at.x};
  const PixelRect field = clip(receptive_field(network_, network_.inputs.front().name, term.layer, position), input_.height, input_.width);
  return field.height > 0 && field.width > 0 ? through_bridge(field, picture_, input_) : all;
}

double Search::activation(const Lane& lane, int64_t index) const {
  double sum = 0;
  for (const Term& term : lane.job->objective.terms) {
    const Layer& at = layer(term.layer);
    sum += term.weight * term_value(term, at.shape, lane_value(at.value, index));
  }
  return sum;
}

// What every busy lane's network sees of its picture at this step.
void Search::draw_views(const std::vector<Lane>& lanes) {
  const auto input = [&](const std::string& name) { return name.empty() ? std::span<float>() : program_->input(name); };
  const std::span<float> rows = input(view_->rows), columns = input(view_->columns), noise = input(view_->noise);
  const auto draw = [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Lane& lane = lanes[static_cast<size_t>(i)];
      if (!lane.busy) continue;
      const auto of = [&](std::span<float> all) { return slot(all, recipe_.batch, i); };
      draw_view(*view_, {lane.job->seed, lane.step, lane.last}, {of(rows), of(columns), of(noise)});
    }
  };
  parallel_for(recipe_.batch, draw, threads());
}

// One step of the rule in every busy lane, on the program's device where it can; a lane whose gradient is zero keeps its code.
void Search::move_codes(std::vector<Lane>& lanes) {
  const StepSchedule schedule{*recipe_.lr0, recipe_.lr1, *recipe_.steps};
  if (program_->ascends()) {
    std::vector<LaneStep> steps(lanes.size());
    for (size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].busy) steps[i] = {lanes[i].step, schedule.size(lanes[i].step)};
    const std::span<const float> sizes = program_->ascend(steps);
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i].size = sizes[i];
    return;
  }
  const Rule& rule = find_rule(*recipe_.rule);
  const std::span<const float> gradients = program_->gradient(code_);
  for (size_t i = 0; i < lanes.size(); ++i) {
    Lane& lane = lanes[i];
    if (!lane.busy) continue;
    const std::span<float> code = slot(program_->input(code_), recipe_.batch, static_cast<int64_t>(i));
    const std::span<const float> gradient = gradients.subspan(i * code.size(), code.size());
    lane.size = 0;
    for (float g : gradient) lane.size += std::fabs(g);
    const StepInfo info{lane.step, schedule.size(lane.step), *recipe_.decay, bounds_.lower, bounds_.upper};
    if (std::isfinite(lane.size)) rule.update(info, code, gradient, lane.state);
  }
}

std::vector<JobResult> Search::run(const std::vector<Job>& jobs, const SearchOptions& options) {
  program();
  use_ = {};
  const int64_t patience = *recipe_.patience;
  const int64_t total = static_cast<int64_t>(jobs.size()) * *recipe_.steps;
  std::vector<JobResult> results(jobs.size());
  std::vector<Lane> lanes(static_cast<size_t>(recipe_.batch));
  std::ranges::fill(program_->input(code_), 0.0f);
  for (const Layer& each : layers_) std::ranges::fill(program_->seed(each.raised), 0.0f);
  if (program_->ascends()) program_->set_ascent(code_, {find_rule(*recipe_.rule).on_device, *recipe_.decay, bounds_.lower, bounds_.upper});

  int64_t done = 0;
  for (size_t next = 0, finished = 0; finished < jobs.size();) {
    for (size_t i = 0; i < lanes.size() && next < jobs.size(); ++i)
      if (!lanes[i].busy) {
        begin(lanes[i], static_cast<int64_t>(i), jobs[next], next);
        if (options.keep_codes) results[next].codes = jobs[next].start;
        ++next;
      }
    for (Lane& lane : lanes) lane.last |= lane.step + 1 == *recipe_.steps;
    if (view_) draw_views(lanes);
    program_->forward();
    program_->backward();
    use_.steps += recipe_.batch;
    std::vector<bool> ends(lanes.size());
    for (size_t i = 0; i < lanes.size(); ++i) {
      Lane& lane = lanes[i];
      if (!lane.busy) continue;
      const auto index = static_cast<int64_t>(i);
      const double value = activation(lane, index);
      results[lane.number].activations.push_back(value);
      if (lane.risen < 0 || value > lane.highest + kRise * std::fabs(lane.highest)) {
        lane.highest = value;
        lane.risen = lane.step;
      }
      const bool spent = patience > 0 && lane.step - lane.risen >= patience;
      ends[i] = lane.last || (spent && !view_);
      lane.last |= spent;  // through a view: one step more, which shows the picture as it is
      if (ends[i]) measure(lane, index, results[lane.number]);
    }
    move_codes(lanes);
    for (size_t i = 0; i < lanes.size(); ++i) {
      Lane& lane = lanes[i];
      if (!lane.busy) continue;
      const auto index = static_cast<int64_t>(i);
      JobResult& result = results[lane.number];
      if (!std::isfinite(result.activations.back()) || !std::isfinite(lane.size))
        throw Error(fmt::format("unit {}, seed {} > activation or gradient is not finite at step {}", lane.job->objective.name,
                                lane.job->seed, lane.step),
                    "lower --lr, keep the bounds, or use --precision f32");
      if (lane.size == 0) {
        result.stopped = true;
        if (!ends[i] && !view_) measure(lane, index, result);  // its code has not moved
        ends[i] = ends[i] || !view_;
        lane.last = true;
      }
      const auto code = [&] { return slot(program_->input(code_), recipe_.batch, index); };
      const auto keep_code = [&] { result.codes.insert(result.codes.end(), code().begin(), code().end()); };
      if (options.keep_codes) keep_code();
      ++lane.step;
      ++done;
      ++use_.busy;
      if (!ends[i]) continue;
      for (; options.keep_codes && lane.step < *recipe_.steps; ++lane.step) keep_code();
      done += *recipe_.steps - static_cast<int64_t>(result.activations.size());
      lane.busy = false;
      std::ranges::fill(code(), 0.0f);
      for (const Layer& each : layers_) std::ranges::fill(slot(program_->seed(each.raised), recipe_.batch, index), 0.0f);
      if (options.on_result) options.on_result(lane.number, result);
      ++finished;
    }
    if (options.on_step) options.on_step(done, total);
  }
  return results;
}

}  // namespace phosphene
