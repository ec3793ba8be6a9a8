#include "phosphene/synth/search.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/parallel.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/synth/bridge.h"

namespace phosphene {

namespace {

constexpr double kRise = 1e-3;

std::span<float> slot(std::span<float> all, int64_t batch, int64_t lane) {
  const size_t size = all.size() / static_cast<size_t>(batch);
  return all.subspan(static_cast<size_t>(lane) * size, size);
}

AscentOptions ascent_of(const SearchSettings& settings, const std::string& denoised) {
  const Rule& rule = *settings.rule.rule;
  return {rule.move,      rule.states,           rule.random,          rule.density ? denoised : "", settings.rule.parameters,
          settings.decay, settings.bounds.lower, settings.bounds.upper};
}

}  // namespace

const TermResult& JobResult::main() const {
  const Term& wanted = objective.main();
  return *std::find_if(terms.begin(), terms.end(), [&](const TermResult& result) { return result.term == wanted; });
}

SearchShape shape_of(std::vector<std::string> layers, const Recipe& recipe, const SearchSettings& settings) {
  const bool views = settings.views.has_value();
  return {std::move(layers),
          &find_objective_kind(recipe.objective),
          recipe.batch,
          recipe.engine,
          recipe.precision,
          views,
          views && settings.views->noise > 0,
          settings.rule.rule->density};
}

// The job in one slot of the batch.
struct CompiledSearch::Lane {
  std::optional<Job> job;
  JobResult result;  // so far
  RandomView view;   // as the job's settings say
  int64_t step = 0;
  bool last = false;         // this step is the job's last one
  bool ends = false;         // with this step, which is measured
  std::vector<float> state;  // the rule's
  double size = 0;           // sum of the last gradient's magnitudes
  double highest = 0;        // activation that counted as a rise
  int64_t risen = -1;        // the step of it; -1: none yet

  const SearchSettings& settings() const { return *job->settings; }
  bool views() const { return settings().views.has_value(); }
  LaneStep lane_step() const { return {step, settings().schedule.size(step), job->seed, settings().steps()}; }
};

CompiledSearch::CompiledSearch(const Model& network, const Prior& prior, const SearchShape& shape)
    : shape_(shape),
      picture_(prior.picture),
      input_(input_space(network, {prior.picture.height, prior.picture.width})),
      code_size_(prior.code_size) {
  PHOSPHENE_CHECK(shape.batch > 0 && !shape.layers.empty());
  network_ = bind_batch(cut(network.graph, shape.layers), 1, {input_.height, input_.width});
  LayerChainOptions wanted{.layers = shape.layers, .batch = shape.batch, .objective = shape.objective};
  if (shape.views) wanted.views = Views{.noise = shape.noise ? 1.0 : 0.0};
  LayerChain chain = chain_to_layers(network, prior, wanted);
  chain_ = std::move(chain.graph);
  code_ = chain.code;
  image_ = chain.image;
  view_ = chain.view;
  find_engine(shape.engine);
  options_.batch = shape.batch;
  options_.precision = shape.precision;
  options_.gradients = {code_};
  options_.values = {image_};
  if (shape.density) {
    if (chain.denoised.empty())
      throw Error(fmt::format("prior {} > it has no density, which the rule asks for", prior.name),
                  "give another --rule, or a prior with a density, as photos");
    denoised_ = chain.denoised;
    options_.values.push_back(denoised_);
  }
  for (const LayerChain::Layer& layer : chain.layers) {
    options_.values.push_back(layer.value);
    options_.seeds.push_back(layer.raised);
  }
  const OutputMeaning meaning = network.meaning();
  for (size_t i = 0; i < shape.layers.size(); ++i) {
    const std::string &name = shape.layers[i], &value = chain.layers[i].value;
    Layer layer{name, value, chain.layers[i].raised, chain_.type_of(value).shape};
    if (layer.shape.rank() == 0 || layer.shape[0] != shape.batch)
      throw Error(fmt::format("layer {} > its shape {} does not begin with the batch", name, layer.shape),
                  "choose a layer of shape [n, units, ...] or [n, tokens, units]");
    const Node* producer = network.graph.find_producer(name);
    const OpTraits made = producer ? traits_of(*producer) : OpTraits{};
    const bool sigmoid = meaning.kind == OutputKind::kOneProbability || meaning.kind == OutputKind::kLabels;
    const bool over_units = made.reach == OpReach::kAlongAxis;  // else a number by itself, which a gate makes, too
    if (made.kind == OpKind::kProbability && (over_units || (sigmoid && name == meaning.output)))
      layer.output = Layer::Output::kProbabilities;
    else if (made.kind == OpKind::kLogProbability)
      layer.output = Layer::Output::kLogProbabilities;
    else if (name == meaning.scores && meaning.has_classes())
      layer.output = sigmoid ? Layer::Output::kLogOdds : Layer::Output::kLogits;
    layers_.push_back(std::move(layer));
  }
}

void CompiledSearch::verify(const Objective& objective, const SearchSettings& settings) const {
  for (const Term& term : objective.terms) verify_term(term, layer(term.layer).shape);
  PHOSPHENE_CHECK(!settings.views || (shape_.views && (settings.views->noise == 0 || shape_.noise)));
  PHOSPHENE_CHECK(!settings.rule.rule->density || shape_.density);
  PHOSPHENE_CHECK(settings.bounds.lower.empty() || settings.bounds.lower.size() == static_cast<size_t>(code_size_));
}

Program& CompiledSearch::program() {
  if (!program_) {
    program_ = find_engine(shape_.engine).compile(chain_, options_);
    chain_ = Graph{};
  }
  return *program_;
}

const CompiledSearch::Layer& CompiledSearch::layer(const std::string& name) const {
  const auto found = std::find_if(layers_.begin(), layers_.end(), [&](const Layer& layer) { return layer.name == name; });
  PHOSPHENE_CHECK(found != layers_.end());
  return *found;
}

std::span<const float> CompiledSearch::lane_value(const std::string& value, int64_t lane) const {
  const std::span<const float> all = program_->value(value);
  const size_t size = all.size() / static_cast<size_t>(shape_.batch);
  return all.subspan(static_cast<size_t>(lane) * size, size);
}

std::span<float> CompiledSearch::lane_code(int64_t lane) const { return slot(program_->input(code_), shape_.batch, lane); }

// A lane without a job: no code, and no seeds to raise.
void CompiledSearch::clear(int64_t index) {
  std::ranges::fill(lane_code(index), 0.0f);
  for (const Layer& each : layers_) std::ranges::fill(slot(program_->seed(each.raised), shape_.batch, index), 0.0f);
}

// Puts a job's start code and the seeds of its objective into its lane.
void CompiledSearch::begin(Lane& lane, int64_t index, Job job, bool keep_codes) {
  PHOSPHENE_CHECK_EQ(job.start.size(), static_cast<size_t>(code_size_));
  verify(job.objective, *job.settings);
  lane = {.job = std::move(job)};
  lane.state.resize(static_cast<size_t>(code_size_ * lane.settings().rule.rule->states));
  if (lane.views()) lane.view = with_views(*view_, picture_.preprocess, *lane.settings().views);
  lane.result.objective = lane.job->objective;
  lane.result.seed = lane.job->seed;
  if (keep_codes) lane.result.codes = lane.job->start;
  clear(index);
  std::ranges::copy(lane.job->start, lane_code(index).begin());
  for (const Term& term : lane.job->objective.terms) {
    const Layer& at = layer(term.layer);
    add_term_gradient(term, at.shape, slot(program_->seed(at.raised), shape_.batch, index));
  }
}

// Copies what the last forward() says of a lane into its result: the picture, its code and how its units took it.
void CompiledSearch::measure(const Lane& lane, int64_t index, JobResult& result) const {
  const std::span<const float> image = lane_value(image_, index);
  const std::span<float> code = lane_code(index);
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
    if (at.output == Layer::Output::kLogProbabilities) each.probability = std::exp(stands.value);
    result.terms.push_back(std::move(each));
  }
  result.shown = shown_rect(lane.job->objective);
}

PixelRect CompiledSearch::shown_rect(const Objective& objective) const {
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

double CompiledSearch::activation(const Lane& lane, int64_t index) const {
  double sum = 0;
  for (const Term& term : lane.job->objective.terms) {
    const Layer& at = layer(term.layer);
    sum += term.weight * term_value(term, at.shape, lane_value(at.value, index));
  }
  return sum;
}

// What every busy lane's network sees of its picture at this step.
void CompiledSearch::draw_views(const std::vector<Lane>& lanes) {
  const auto input = [&](const std::string& name) { return name.empty() ? std::span<float>() : program_->input(name); };
  const std::span<float> rows = input(view_->rows), columns = input(view_->columns), noise = input(view_->noise);
  const auto draw = [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Lane& lane = lanes[static_cast<size_t>(i)];
      if (!lane.job) continue;
      const auto of = [&](std::span<float> all) { return slot(all, shape_.batch, i); };
      const bool as_it_is = lane.last || !lane.views();
      draw_view(lane.views() ? lane.view : *view_, {lane.job->seed, lane.step, as_it_is}, {of(rows), of(columns), of(noise)});
    }
  };
  parallel_for(shape_.batch, draw, threads());
}

// Reads a lane's activation after forward(), and measures the picture where the job ends with this step.
void CompiledSearch::look(Lane& lane, int64_t index) {
  const double value = activation(lane, index);
  lane.result.activations.push_back(value);
  if (lane.risen < 0 || value > lane.highest + kRise * std::fabs(lane.highest)) {
    lane.highest = value;
    lane.risen = lane.step;
  }
  const int64_t patience = lane.settings().patience;
  const bool spent = patience > 0 && lane.step - lane.risen >= patience;
  lane.ends = lane.last || (spent && !lane.views());
  lane.last |= spent;  // through a view: one step more, which shows the picture as it is
  if (lane.ends) measure(lane, index, lane.result);
}

// One step of the rule in every busy lane, on the program's device where it can; a lane whose gradient is zero keeps its code.
void CompiledSearch::move_codes(std::vector<Lane>& lanes) {
  if (program_->ascends()) {
    std::vector<LaneStep> steps(lanes.size());
    for (size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].job) steps[i] = lanes[i].lane_step();
    const std::span<const float> sizes = program_->ascend(steps);
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i].size = sizes[i];
    return;
  }
  const std::span<const float> gradients = program_->gradient(code_);
  for (size_t i = 0; i < lanes.size(); ++i) {
    Lane& lane = lanes[i];
    if (!lane.job) continue;
    const std::span<float> code = lane_code(static_cast<int64_t>(i));
    const std::span<const float> gradient = gradients.subspan(i * code.size(), code.size());
    const bool density = lane.settings().rule.rule->density;
    const std::span<const float> denoised = density ? lane_value(denoised_, static_cast<int64_t>(i)) : std::span<const float>();
    lane.size = ascent_.step(ascent_of(lane.settings(), denoised_), lane.lane_step(), code, gradient, lane.state, denoised);
  }
}

// Counts a lane's step once its code has moved; true when its job is done.
bool CompiledSearch::settle(Lane& lane, int64_t index, bool keep_codes) {
  JobResult& result = lane.result;
  if (!std::isfinite(result.activations.back()) || !std::isfinite(lane.size))
    throw Error(
        fmt::format("unit {}, seed {} > activation or gradient is not finite at step {}", result.objective.name, result.seed, lane.step),
        "lower --lr, keep the bounds, or use --precision f32");
  if (lane.size == 0 && lane.step == 0 && !lane.ends)
    throw Error(
        fmt::format("unit {}, seed {} > its gradient is zero at the start, so nothing was searched", result.objective.name, result.seed),
        "give another --seeds or --init, or the layer before its activation");
  if (lane.size == 0) {
    result.stopped = true;
    if (!lane.ends && !lane.views()) measure(lane, index, result);  // its code has not moved
    lane.ends = lane.ends || !lane.views();
    lane.last = true;
  }
  const auto keep_code = [&] { result.codes.insert(result.codes.end(), lane_code(index).begin(), lane_code(index).end()); };
  if (keep_codes) keep_code();
  ++lane.step;
  if (!lane.ends) return false;
  for (int64_t step = lane.step; keep_codes && step < lane.settings().steps(); ++step) keep_code();
  return true;
}

LaneUse CompiledSearch::run(const JobSource& next, const SearchEvents& events, const std::stop_token& stop) {
  program();
  LaneUse use;
  std::vector<Lane> lanes(static_cast<size_t>(shape_.batch));
  std::optional<Job> waiting = next();
  std::shared_ptr<const SearchSettings> on_device;  // that the program moves its lanes by
  for (int64_t i = 0; i < shape_.batch; ++i) clear(i);
  while (!stop.stop_requested()) {
    const bool idle = std::ranges::none_of(lanes, [](const Lane& lane) { return lane.job.has_value(); });
    if (idle && !waiting) break;
    if (idle && program_->ascends() && waiting->settings != on_device) {  // jobs with other settings wait until all lanes are free
      on_device = waiting->settings;
      program_->set_ascent(code_, ascent_of(*on_device, denoised_));
    }
    for (size_t i = 0; i < lanes.size() && waiting && (!program_->ascends() || waiting->settings == on_device); ++i)
      if (!lanes[i].job) {
        begin(lanes[i], static_cast<int64_t>(i), std::move(*waiting), events.keep_codes);
        waiting = next();
      }
    for (Lane& lane : lanes)
      if (lane.job) lane.last |= lane.step + 1 == lane.settings().steps();
    if (view_) draw_views(lanes);
    program_->forward();
    program_->backward();
    use.steps += shape_.batch;
    for (size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].job) {
        const Lane& lane = lanes[i];
        const auto index = static_cast<int64_t>(i);
        look(lanes[i], index);
        if (!events.on_look) continue;
        events.on_look({lane.job->number, lane.step + 1, lane.result.activations.back(), [&] {
                          return JobLook::Picture{lane_value(image_, index), shown_rect(lane.job->objective)};
                        }});
      }
    move_codes(lanes);
    int64_t done = 0;
    for (size_t i = 0; i < lanes.size(); ++i) {
      Lane& lane = lanes[i];
      if (!lane.job) continue;
      const auto index = static_cast<int64_t>(i);
      const int64_t before = lane.step, all = lane.settings().steps();
      ++use.busy;
      bool finished = false;
      try {
        finished = settle(lane, index, events.keep_codes);
      } catch (const Error& error) {
        if (!events.on_error) throw;
        events.on_error(lane.job->number, *lane.job, error);
        done += all - before;
        lane.job.reset();
        clear(index);
        continue;
      }
      done += finished ? all - before : 1;
      if (!finished) continue;
      const size_t number = lane.job->number;
      lane.job.reset();
      clear(index);
      if (events.on_result) events.on_result(number, std::move(lane.result));
    }
    if (events.on_step) events.on_step(done);
  }
  return use;
}

}  // namespace phosphene
