#include "phosphene/synth/search.h"

#include <algorithm>

#include "phosphene/base/parallel.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/lane.h"

namespace phosphene {

namespace {

template <typename T>
std::span<T> slot(std::span<T> all, int64_t batch, int64_t lane) {
  const size_t size = all.size() / static_cast<size_t>(batch);
  return all.subspan(static_cast<size_t>(lane) * size, size);
}

}  // namespace

SearchShape shape_of(std::vector<std::string> layers, const Recipe& recipe, const SearchSettings& settings) {
  const bool views = settings.views.has_value();
  return {std::move(layers),
          &find_objective_kind(recipe.objective),
          recipe.batch,
          recipe.engine,
          recipe.precision,
          views,
          views && settings.views->noise > 0,
          settings.rule.rule->density,
          settings.rule.rule->encoder};
}

CompiledSearch::CompiledSearch(const Model& network, const Prior& prior, const SearchShape& shape)
    : shape_(shape),
      picture_(prior.picture),
      input_(input_space(network, {prior.picture.height, prior.picture.width})),
      code_size_(prior.code_size) {
  PHOSPHENE_CHECK(shape.batch > 0 && !shape.layers.empty());
  network_ = bind_batch(cut(network.graph, shape.layers), 1, {input_.height, input_.width});
  LayerChainOptions wanted{.layers = shape.layers, .batch = shape.batch, .objective = shape.objective, .encoder = shape.encoder};
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
    options_.values.push_back(denoised_ = chain.denoised);
  }
  if (shape.encoder) options_.values.push_back(encoded_ = chain.encoded);
  for (size_t i = 0; i < shape.layers.size(); ++i) {
    const std::string &name = shape.layers[i], &value = chain.layers[i].value, &raised = chain.layers[i].raised;
    SearchedLayer layer{name, value, raised, chain_.type_of(value).shape, output_of(network, name)};
    if (layer.shape.rank() == 0 || layer.shape[0] != shape.batch)
      throw Error(fmt::format("layer {} > its shape {} does not begin with the batch", name, layer.shape),
                  "choose a layer of shape [n, units, ...] or [n, tokens, units]");
    options_.values.push_back(value);
    options_.seeds.push_back(raised);
    layers_.push_back(std::move(layer));
  }
}

void CompiledSearch::verify(const Objective& objective, const SearchSettings& settings) const {
  for (const Term& term : objective.terms) verify_term(term, layer(term.layer).shape);
  PHOSPHENE_CHECK(!settings.views || (shape_.views && (settings.views->noise == 0 || shape_.noise)));
  PHOSPHENE_CHECK(!settings.rule.rule->density || shape_.density);
  PHOSPHENE_CHECK(!settings.rule.rule->encoder || shape_.encoder);
  PHOSPHENE_CHECK(settings.bounds.lower.empty() || settings.bounds.lower.size() == static_cast<size_t>(code_size_));
}

Program& CompiledSearch::program() {
  if (!program_) {
    program_ = find_engine(shape_.engine).compile(chain_, options_);
    chain_ = Graph{};
  }
  return *program_;
}

const SearchedLayer& CompiledSearch::layer(const std::string& name) const {
  const auto found = std::ranges::find(layers_, name, &SearchedLayer::name);
  PHOSPHENE_CHECK(found != layers_.end());
  return *found;
}

std::span<const float> CompiledSearch::lane_value(const std::string& value, int64_t lane) const {
  return slot(program_->value(value), shape_.batch, lane);
}
std::span<float> CompiledSearch::lane_input(const std::string& input, int64_t lane) const {
  return slot(program_->input(input), shape_.batch, lane);
}
std::span<float> CompiledSearch::lane_seed(const SearchedLayer& layer, int64_t lane) const {
  return slot(program_->seed(layer.raised), shape_.batch, lane);
}

// A lane without a job: no code, and no seeds to raise.
void CompiledSearch::clear(int64_t lane) {
  std::ranges::fill(lane_input(code_, lane), 0.0f);
  for (const SearchedLayer& each : layers_) std::ranges::fill(lane_seed(each, lane), 0.0f);
}

// The job's start code, and the seeds of its objective.
void CompiledSearch::load(const Job& job, int64_t lane) {
  clear(lane);
  std::ranges::copy(job.start, lane_input(code_, lane).begin());
  for (const Term& term : job.objective.terms) {
    const SearchedLayer& at = layer(term.layer);
    add_term_gradient(term, at.shape, lane_seed(at, lane));
  }
}

double CompiledSearch::activation(const Objective& objective, int64_t lane) const {
  double sum = 0;
  for (const Term& term : objective.terms) {
    const SearchedLayer& at = layer(term.layer);
    sum += term.weight * term_value(term, at.shape, lane_value(at.value, lane));
  }
  return sum;
}

// Copies what the last forward() says of a lane: the picture, its code and how its units took it.
void CompiledSearch::measure(JobResult& result, int64_t lane) const {
  const std::span<const float> image = lane_value(image_, lane), code = lane_input(code_, lane);
  result.image.assign(image.begin(), image.end());
  result.code.assign(code.begin(), code.end());
  result.terms.clear();
  for (const Term& term : result.objective.terms) {
    const SearchedLayer& at = layer(term.layer);
    result.terms.push_back(at.result(term, lane_value(at.value, lane)));
  }
  result.shown = shown_rect(result.objective);
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

AscentOptions CompiledSearch::ascent_of(const SearchSettings& settings) const {
  const Rule& rule = *settings.rule.rule;
  return {.move = rule.move,
          .states = rule.states,
          .random = rule.random,
          .denoised = rule.density ? denoised_ : "",
          .encoded = rule.encoder ? encoded_ : "",
          .parameters = settings.rule.parameters,
          .decay = settings.decay,
          .lower = settings.bounds.lower,
          .upper = settings.bounds.upper};
}

// One run() through the program: its lanes, and the job that waits for the next free one.
class CompiledSearch::Run {
 public:
  Run(CompiledSearch& search, const JobSource& next, const SearchEvents& events)
      : search_(search),
        program_(search.program()),
        ascent_(program_.ascent()),
        next_(next),
        events_(events),
        lanes_(static_cast<size_t>(search.shape_.batch)),
        waiting_(next()) {
    for (int64_t i = 0; i < search.shape_.batch; ++i) search.clear(i);
  }

  // Gives free lanes jobs; false when there is none left, in lanes or waiting.
  bool fill_lanes();
  // One iteration of all lanes; the steps that jobs have behind them with it.
  int64_t step();
  const LaneUse& use() const { return use_; }

 private:
  template <typename Body>
  void for_each_job(Body&& body) {
    for (size_t i = 0; i < lanes_.size(); ++i)
      if (lanes_[i].job) body(lanes_[i], static_cast<int64_t>(i));
  }
  void begin(Lane& lane, int64_t index);
  void draw_views();
  void look(Lane& lane, int64_t index);
  std::vector<double> move_codes();
  int64_t settle(Lane& lane, int64_t index, double size);

  CompiledSearch& search_;
  Program& program_;
  InputAscent* ascent_;  // null: the host moves the codes
  const JobSource& next_;
  const SearchEvents& events_;
  std::vector<Lane> lanes_;
  std::optional<Job> waiting_;
  std::shared_ptr<const SearchSettings> on_device_;  // that ascent_ moves its lanes by
  LaneUse use_;
};

bool CompiledSearch::Run::fill_lanes() {
  const bool idle = std::ranges::none_of(lanes_, [](const Lane& lane) { return lane.job.has_value(); });
  if (idle && !waiting_) return false;
  if (idle && ascent_ && waiting_->settings != on_device_) {  // jobs with other settings wait until all lanes are free
    on_device_ = waiting_->settings;
    ascent_->begin_ascent(search_.code_, search_.ascent_of(*on_device_));
  }
  for (size_t i = 0; i < lanes_.size() && waiting_ && (!ascent_ || waiting_->settings == on_device_); ++i)
    if (!lanes_[i].job) begin(lanes_[i], static_cast<int64_t>(i));
  return true;
}

void CompiledSearch::Run::begin(Lane& lane, int64_t index) {
  PHOSPHENE_CHECK_EQ(waiting_->start.size(), static_cast<size_t>(search_.code_size_));
  search_.verify(waiting_->objective, *waiting_->settings);
  lane = {};
  lane.job = std::move(waiting_);
  waiting_ = next_();
  lane.state.resize(static_cast<size_t>(search_.code_size_ * lane.settings().rule.rule->states));
  if (lane.views()) lane.view = with_views(*search_.view_, search_.picture_.preprocess, *lane.settings().views);
  lane.result.objective = lane.job->objective;
  lane.result.seed = lane.job->seed;
  if (events_.keep_codes) lane.result.codes = lane.job->start;
  search_.load(*lane.job, index);
}

int64_t CompiledSearch::Run::step() {
  for_each_job([](Lane& lane, int64_t) { lane.begin_step(); });
  if (search_.view_) draw_views();
  program_.forward();
  program_.backward();
  use_.steps += std::ssize(lanes_);
  for_each_job([&](Lane& lane, int64_t index) { look(lane, index); });
  const std::vector<double> sizes = move_codes();
  int64_t done = 0;
  for_each_job([&](Lane& lane, int64_t index) { done += settle(lane, index, sizes[static_cast<size_t>(index)]); });
  return done;
}

// What every busy lane's network sees of its picture at this step.
void CompiledSearch::Run::draw_views() {
  const RandomView& names = *search_.view_;
  const auto input = [&](const std::string& name) { return name.empty() ? std::span<float>() : program_.input(name); };
  const std::span<float> rows = input(names.rows), columns = input(names.columns), noise = input(names.noise);
  const auto draw = [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Lane& lane = lanes_[static_cast<size_t>(i)];
      if (!lane.job) continue;
      const auto of = [&](std::span<float> all) { return slot(all, search_.shape_.batch, i); };
      const bool as_it_is = lane.last || !lane.views();
      draw_view(lane.views() ? lane.view : names, {lane.job->seed, lane.step, as_it_is}, {of(rows), of(columns), of(noise)});
    }
  };
  parallel_for(search_.shape_.batch, draw, threads());
}

void CompiledSearch::Run::look(Lane& lane, int64_t index) {
  const Objective& objective = lane.job->objective;
  lane.look(search_.activation(objective, index));
  if (lane.ends) search_.measure(lane.result, index);
  if (!events_.on_look) return;
  events_.on_look({lane.job->number, lane.step + 1, lane.result.activations.back(), [&] {
                     return JobLook::Picture{search_.lane_value(search_.image_, index), search_.shown_rect(objective)};
                   }});
}

// One step of the rule in every busy lane, on the program's device where it can; a lane whose gradient is zero keeps its code. The sum of
// each lane's |gradient|.
std::vector<double> CompiledSearch::Run::move_codes() {
  std::vector<double> sizes(lanes_.size());
  if (ascent_) {
    std::vector<LaneStep> steps(lanes_.size());
    for_each_job([&](Lane& lane, int64_t index) { steps[static_cast<size_t>(index)] = lane.lane_step(); });
    std::ranges::copy(ascent_->ascend(steps), sizes.begin());
    return sizes;
  }
  const std::span<const float> gradients = program_.gradient(search_.code_);
  for_each_job([&](Lane& lane, int64_t index) {
    const AscentOptions options = search_.ascent_of(lane.settings());
    const auto asked = [&](const std::string& value) {
      return value.empty() ? std::span<const float>() : search_.lane_value(value, index);
    };
    const LaneAnswers answers{slot(gradients, search_.shape_.batch, index), asked(options.denoised), asked(options.encoded)};
    sizes[static_cast<size_t>(index)] =
        search_.ascent_.step(options, lane.lane_step(), answers, search_.lane_input(search_.code_, index), lane.state);
  });
  return sizes;
}

// Counts a lane's step once its code has moved, and frees the lane of a job that is done or has failed.
int64_t CompiledSearch::Run::settle(Lane& lane, int64_t index, double size) {
  const int64_t rest = lane.settings().steps() - lane.step;
  ++use_.busy;
  std::optional<Error> failure;
  bool done = false;
  try {
    if (lane.settle(size)) search_.measure(lane.result, index);  // its code has not moved
    done = lane.end_step(events_.keep_codes ? search_.lane_input(search_.code_, index) : std::span<float>());
  } catch (const Error& error) {
    if (!events_.on_error) throw;
    failure = error;
  }
  if (!done && !failure) return 1;
  const Job job = std::move(*lane.job);
  lane.job.reset();
  search_.clear(index);
  if (failure)
    events_.on_error(job.number, job, *failure);
  else if (events_.on_result)
    events_.on_result(job.number, std::move(lane.result));
  return rest;
}

LaneUse CompiledSearch::run(const JobSource& next, const SearchEvents& events, const std::stop_token& stop) {
  Run run(*this, next, events);
  while (!stop.stop_requested() && run.fill_lanes()) {
    const int64_t done = run.step();
    if (events.on_step) events.on_step(done);
  }
  return run.use();
}

}  // namespace phosphene
