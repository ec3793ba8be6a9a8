// phosphene run MODEL (--image FILE | --images DIR|LIST.txt | --input X.npy) [--value NAME]... [--seed NAME=S.npy]... --out DIR
//               [--time N] [--profile]
//
// With seeds S the gradients are d(sum over seeds of S * value) / d(input).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <numeric>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/text.h"
#include "phosphene/cli/bench_profile.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/measure.h"
#include "phosphene/cli/options.h"
#include "phosphene/engine/program.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/inputs.h"
#include "phosphene/train/listing.h"

namespace phosphene {
namespace {

struct RunArguments {
  std::string model, image, images, out, engine = "onednn", precision = "f32";
  std::vector<std::string> inputs, values, seeds;
  MeaningOptions meaning;
  int64_t top = 0, batch = 32;
  int threads = 0, rounds = 0;
  bool profile = false;
};

struct NamedArray {
  std::string name;
  Array array;
};

ImageSize image_size(const Model& model, const Shape& shape) {
  if (shape.rank() != 4) return {};
  return {shape[2] == kUnknown ? model.preprocess.height : 0, shape[3] == kUnknown ? model.preprocess.width : 0};
}

// The pictures of a folder, sorted, or of a text file.
std::vector<std::string> read_list(const std::string& file) {
  if (std::filesystem::is_directory(file)) {
    std::vector<std::string> files;
    for (const auto& picture : pictures_below(file)) files.push_back(picture.string());
    if (files.empty()) throw Error("holds no JPEG, PNG or WebP", "give another folder").at(file);
    return files;
  }
  std::vector<std::string> lines = read_lines(file);
  std::erase(lines, "");
  if (lines.empty()) throw Error("names no image", "write one file a line").at(file);
  return lines;
}

// The image input's size, with open extents taken from the preprocessing; of the picture itself when that is open too.
Preprocess sized_preprocess(const Model& model, const Image& first) {
  const Shape& shape = model.input().type.shape;
  if (shape.rank() != 4)
    throw Error(fmt::format("input {} {} is no image", model.input().name, shape), "give --input X.npy").at(model.name);
  Preprocess preprocess = model.preprocess;
  if (shape[1] != kUnknown && shape[1] != 1 && shape[1] != 3)
    throw Error(fmt::format("input {} has {} channels, a picture 1 or 3", model.input().name, shape[1]), "give --input X.npy")
        .at(model.name);
  if (shape[1] != kUnknown && shape[1] != preprocess.channels())
    throw Error(fmt::format("the input has {} channels, the preprocessing {}", shape[1], preprocess.channels()),
                "give --preprocess order=...")
        .at(model.name);
  if (shape[2] != kUnknown) preprocess.height = shape[2];
  if (shape[3] != kUnknown) preprocess.width = shape[3];
  if (!preprocess.height) preprocess.height = first.height;
  if (!preprocess.width) preprocess.width = first.width;
  return preprocess;
}

// Writes "FILE<TAB>CLASS<TAB>LABEL<TAB>PROBABILITY" for the K most probable classes of each item. A network of one probability has two
// labels at most, for "no" and for "yes".
void print_top(const RunArguments& options, const Model& model, Program& program, std::span<const std::string> names) {
  const OutputMeaning meaning = model.meaning();
  const std::span<const float> all = program.value(meaning.scores);
  const size_t classes = all.size() / static_cast<size_t>(program.graph().type_of(meaning.scores).shape[0]);
  const size_t yes = meaning.kind == OutputKind::kOneProbability && model.labels.size() == 2 ? 1 : 0;
  for (size_t item = 0; item < names.size(); ++item) {
    const std::vector<double> shares = probabilities(meaning.kind, all.subspan(item * classes, classes));
    std::vector<size_t> order(shares.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return shares[a] > shares[b]; });
    for (size_t k = 0; k < order.size() && static_cast<int64_t>(k) < options.top; ++k) {
      const std::string label = order[k] + yes < model.labels.size() ? model.labels[order[k] + yes] : "";
      std::printf("%s\t%zu\t%s\t%.6f\n", names[item].c_str(), order[k], label.c_str(), shares[order[k]]);
    }
  }
}

std::vector<std::string> wanted_values(const RunArguments& options, const Model& model) {
  if (options.values.empty() && model.graph.outputs.empty() && !model.graph.opaque.empty())
    throw Error(fmt::format("no output can be computed: {}", model.graph.opaque[0].cause), "name a layer with --value").at(model.name);
  if (options.values.empty()) return model.graph.outputs;
  std::vector<std::string> values;
  for (const std::string& text : options.values) values.push_back(find_layer(model, text));
  return values;
}

// The extents that are not 1, which say in which order the numbers lie.
std::vector<int64_t> large_extents(std::vector<int64_t> extents) {
  std::erase(extents, 1);
  return extents;
}

void fill(std::span<float> target, const NamedArray& source, const std::string& what, const Shape& shape) {
  if (large_extents(source.array.shape) != large_extents(shape.dims()))
    throw Error(fmt::format("has shape {}, {} wants {}", Shape(source.array.shape), what, shape), "give an array of that shape")
        .at(source.name);
  std::copy(source.array.values.begin(), source.array.values.end(), target.begin());
}

// FILE.npy in the output folder for a value; FILE-2.npy where another value has the file already.
class OutputPaths {
 public:
  explicit OutputPaths(const RunArguments& options) : folder_(options.out) {}
  std::string of(const std::string& name) {
    std::string file = file_safe(name);
    for (int again = 2; !used_.insert(file).second; ++again) file = fmt::format("{}-{}", file_safe(name), again);
    if (file != file_safe(name)) log_warning(fmt::format("{} is written as {}.npy: another value has {}.npy", name, file, file_safe(name)));
    return (folder_ / (file + ".npy")).string();
  }

 private:
  std::filesystem::path folder_;
  std::set<std::string> used_;
};

// [n, h, w, c] -> [n, c, h, w] where the file itself takes [n, h, w, c] and the array has that shape; [c, h, w] -> [1, c, h, w] where the
// file takes one picture.
void turn_as_the_file(Array& array, const Model& model, const GraphInput& input) {
  const Shape& wanted = input.type.shape;
  if (wanted.rank() == 4 && array.shape.size() == 3 && possible_batch(model.graph, 2) == 1) array.shape.insert(array.shape.begin(), 1);
  if (!model.channels_last || wanted.rank() != 4 || array.shape.size() != 4) return;
  const std::vector<int64_t> shape = array.shape, order = {0, 2, 3, 1};
  bool as_file = true, as_graph = true;
  for (size_t axis = 0; axis < 4; ++axis) {
    const int64_t in_file = wanted[static_cast<int>(order[axis])], in_graph = wanted[static_cast<int>(axis)];
    as_file = as_file && (axis == 0 || in_file == kUnknown || in_file == shape[axis]);
    as_graph = as_graph && (axis == 0 || in_graph == kUnknown || in_graph == shape[axis]);
  }
  if (!as_file || as_graph) return;
  Array turned{{shape[0], shape[3], shape[1], shape[2]}, std::vector<float>(array.values.size())};
  const int64_t channels = shape[3], pixels = shape[1] * shape[2];
  for (int64_t i = 0; i < static_cast<int64_t>(array.values.size()); ++i) {
    const int64_t item = i / (pixels * channels), pixel = i / channels % pixels, channel = i % channels;
    turned.values[static_cast<size_t>((item * channels + channel) * pixels + pixel)] = array.values[static_cast<size_t>(i)];
  }
  array = std::move(turned);
}

void check_wanted(const RunArguments& options, const Model& model) {
  const OutputMeaning meaning = options.top ? model.meaning() : OutputMeaning{};
  if (options.top && (meaning.output.empty() || model.kind == ModelKind::kGenerator))
    throw Error("has no classes to print", "leave --top out").at(model.name);
  if (options.top && !meaning.has_classes())
    throw Error(fmt::format("output {} has no classes to print{}{}", meaning.output, meaning.to_string().empty() ? "" : ": it is ",
                            meaning.to_string()),
                "choose another with --output, or leave --top out")
        .at(model.name);
  if (!options.out.empty()) make_output_folder(options.out);
}

// Runs again for the clock: "forward and backward 12.3 ms, 41.0 MiB".
void time_program(const RunArguments& options, Program& program) {
  const bool backward = !options.seeds.empty();
  const double seconds = race({{"program",
                                [&] {
                                  program.forward();
                                  if (backward) program.backward();
                                }}},
                              options.rounds)[0];
  fmt::print("forward{} {:.3f} ms, {:.1f} MiB\n", backward ? " and backward" : "", 1000 * seconds,
             static_cast<double>(program.bytes()) / (1 << 20));
}

// Compiles for a whole batch, runs it, writes values and gradients.
void run_arrays(const RunArguments& options, const Model& model, std::vector<std::pair<std::string, NamedArray>> inputs,
                const std::vector<std::string>& names) {
  CompileOptions compile{.values = wanted_values(options, model), .precision = parse_precision(options.precision)};
  compile.batch = inputs[0].second.array.shape.empty() ? 1 : inputs[0].second.array.shape[0];
  const GraphInput* first = model.graph.find_input(inputs[0].first);
  if (first && first->type.shape.rank() == 4 && inputs[0].second.array.shape.size() == 4) {
    const auto& shape = inputs[0].second.array.shape;
    compile.size = {first->type.shape[2] == kUnknown ? shape[2] : 0, first->type.shape[3] == kUnknown ? shape[3] : 0};
  }
  const std::vector<std::string> written = compile.values;
  if (options.top) compile.values.push_back(model.logits());
  std::vector<std::pair<std::string, NamedArray>> seeds;
  for (const std::string& text : options.seeds) {
    const auto [name, file] = parse_assignment(text);
    if (name.empty()) throw Error("has no layer", "write --seed NAME=FILE.npy").at(text);
    seeds.push_back({find_layer(model, name), {file, read_npy(file)}});
    compile.seeds.push_back(seeds.back().first);
  }
  if (!seeds.empty())
    for (const GraphInput& input : model.graph.inputs)
      if (input.type.type == DataType::kFloat32) compile.gradients.push_back(input.name);

  const auto program = located(model.name, [&] { return find_engine(options.engine).compile(model.graph, compile); });
  for (const auto& [name, source] : inputs)
    fill(located(model.name, [&, wanted = name] { return program->input(wanted); }), source, "input " + name,
         program->graph().type_of(name).shape);
  program->forward();
  OutputPaths paths(options);
  for (const std::string& value : written)
    if (!options.out.empty()) write_npy(paths.of(value), program->graph().type_of(value).shape.dims(), program->value(value));
  if (!seeds.empty()) {
    for (const auto& [name, source] : seeds) fill(program->seed(name), source, "layer " + name, program->graph().type_of(name).shape);
    program->backward();
    for (const std::string& input : compile.gradients)
      if (!options.out.empty())
        write_npy(paths.of("grad_" + input), program->graph().type_of(input).shape.dims(), program->gradient(input));
  }
  if (options.top) print_top(options, model, *program, names);
  if (options.rounds) time_program(options, *program);
  if (options.profile) print_profile(*program, {});
}

// Rows of a value, gathered batch by batch.
struct Gathered {
  std::string value;
  std::vector<int64_t> shape;  // of a batch
  std::vector<float> rows;
};

std::vector<Gathered> gathered_values(const std::vector<std::string>& values, const Model& model, const Program& program, int64_t batch) {
  std::vector<Gathered> all;
  for (const std::string& value : values) {
    all.push_back({value, program.graph().type_of(value).shape.dims(), {}});
    if (all.back().shape.empty() || all.back().shape[0] != batch)
      throw Error(fmt::format("value {} {} has no row for each picture", value, Shape(all.back().shape)), "give one picture with --image")
          .at(model.name);
  }
  return all;
}

// Many images through one program of a fixed batch.
void run_list(const RunArguments& options, const Model& model) {
  const std::vector<std::string> files = read_list(options.images);
  Preprocess preprocess = sized_preprocess(model, read_image(files[0]));
  const int64_t batch = possible_batch(model.graph, std::min<int64_t>(options.batch, static_cast<int64_t>(files.size())));
  const std::vector<std::string> written = options.out.empty() ? std::vector<std::string>{} : wanted_values(options, model);
  CompileOptions compile{.batch = batch, .values = written, .precision = parse_precision(options.precision)};
  if (options.top) compile.values.push_back(model.logits());
  compile.size = image_size(model, model.input().type.shape);
  if (compile.size.height == 0 && model.input().type.shape[2] == kUnknown) compile.size = {preprocess.height, preprocess.width};
  const auto program = located(model.name, [&] { return find_engine(options.engine).compile(model.graph, compile); });
  const std::span<float> input = program->input(model.input().name);
  const size_t item = input.size() / static_cast<size_t>(batch);
  std::vector<Gathered> gathered = gathered_values(written, model, *program, batch);
  Progress progress("images", static_cast<int64_t>(files.size()));
  for (size_t first = 0; first < files.size(); first += static_cast<size_t>(batch)) {
    const std::span<const std::string> names(files.data() + first, std::min(static_cast<size_t>(batch), files.size() - first));
    parallel_for(static_cast<int64_t>(names.size()), [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
        preprocess.to_values(read_image(names[i], preprocess.channels()), input.subspan(i * item, item));
    });
    program->forward();
    if (options.top) print_top(options, model, *program, names);
    for (Gathered& to : gathered) {
      const std::span<const float> values = program->value(to.value);
      to.rows.insert(to.rows.end(), values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / compile.batch * names.size()));
    }
    progress.update(static_cast<int64_t>(first + names.size()));
  }
  progress.finish();
  OutputPaths paths(options);
  for (Gathered& from : gathered) {
    from.shape[0] = static_cast<int64_t>(files.size());
    write_npy(paths.of(from.value), from.shape, from.rows);
  }
}

void run(const RunArguments& options) {
  if (options.out.empty() && !options.top && !options.rounds && !options.profile)
    throw CLI::ValidationError("--out", "give --out DIR for values, --top K for labels or --time N for the speed");
  const bool measured = options.rounds || options.profile;
  if (options.out.empty() && !measured && (!options.seeds.empty() || !options.values.empty()))
    throw CLI::ValidationError("--out", "give --out DIR");
  if (!options.images.empty() && (!options.seeds.empty() || measured))
    throw CLI::ValidationError("--images", "goes with --value, --out and --top; --image and --input take --seed, --time and --profile");
  set_threads(options.threads);
  const Model model = load_model_with(options.model, options.meaning);
  options.inputs.empty() ? warn_of_assumptions(model) : warn_of_changes(model);
  check_wanted(options, model);
  if (!options.images.empty()) return run_list(options, model);
  std::vector<std::pair<std::string, NamedArray>> inputs;
  std::vector<std::string> names;
  if (!options.image.empty()) {
    const Image image = read_image(options.image, model.preprocess.channels());
    const Preprocess preprocess = sized_preprocess(model, image);
    Array array{{1, preprocess.channels(), preprocess.height, preprocess.width}, {}};
    array.values.resize(static_cast<size_t>(preprocess.channels() * preprocess.height * preprocess.width));
    preprocess.to_values(image, array.values);
    inputs.push_back({model.input().name, {options.image, std::move(array)}});
    names.push_back(options.image);
  }
  for (const std::string& text : options.inputs) {
    auto [name, file] = parse_assignment(text);
    if (name.empty()) name = model.input().name;
    if (!model.graph.find_input(name)) throw Error(fmt::format("no input {}", name), "`phosphene inspect` lists the inputs").at(model.name);
    inputs.push_back({name, {file, read_npy(file)}});
    turn_as_the_file(inputs.back().second.array, model, *model.graph.find_input(name));
    if (inputs.size() == 1 && !inputs[0].second.array.shape.empty())
      for (int64_t i = 0; i < inputs[0].second.array.shape[0]; ++i) names.push_back(fmt::format("{}:{}", file, i));
  }
  run_arrays(options, model, std::move(inputs), names);
}

}  // namespace

void add_run(CLI::App& app) {
  auto options = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Run a model on pictures or arrays; write values and gradients, print labels");
  command->add_option("MODEL", options->model, kModelHelp)->required();
  CLI::Option_group* from = command->add_option_group("input", "what the model sees");
  from->add_option("--image", options->image, "A JPEG, PNG or WebP file");
  from->add_option("--images", options->images,
                   "Many pictures: a folder, or a text file that names one picture per line; values have a row for each, in that order");
  from->add_option("--input", options->inputs, "An array FILE.npy, or NAME=FILE.npy for one of several inputs");
  from->require_option(1);
  command->add_option("--value", options->values, "Layer to write to NAME.npy (default: the outputs)");
  command->add_option("--seed", options->seeds, "NAME=S.npy: write the gradient of sum(S * value NAME) to grad_INPUT.npy");
  command->add_option("-o,--out", options->out, "Folder for the arrays");
  command->add_option("--top", options->top, "Print the K most probable labels, one per line: file, class, label, probability")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--time", options->rounds,
                   "Run N more times and print the median time of the forward pass (with --seed, also of the backward pass)")
      ->check(CLI::PositiveNumber);
  command->add_flag("--profile", options->profile, "Print where the time of the forward and backward pass goes");
  add_meaning_options(*command, options->meaning);
  command->add_option("--engine", options->engine, "Engine: " + engine_choices())->capture_default_str();
  command->add_option("--precision", options->precision, "Precision: f32, bf16, or auto (bf16 if the processor multiplies it)")
      ->capture_default_str();
  command->add_option("--batch", options->batch, "Images per pass, with --images")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--threads", options->threads, "Threads (0: all cores)")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->callback([options] { run(*options); });
}

}  // namespace phosphene
