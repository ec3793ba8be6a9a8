// A matrix product [m, k] x [k, n] takes 2 m k n floating-point operations; a convolution that many with m = images x pixels,
// k = input channels x kernel, n = output channels.
#include "phosphene/cli/measure.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "phosphene/base/error.h"
#include "phosphene/base/median.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

// The system's, whose PyTorch is Debian's, unless the environment names another.
std::string python() {
  const char* named = std::getenv("PYTHON");
  return named && *named ? named : "/usr/bin/python3";
}

// 'it'\''s' for the shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

struct Output {
  std::string text;
  int status = 0;
};

Output output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw Error(fmt::format("cannot start a shell for {}", command));
  Output output;
  char piece[4096];
  while (size_t size = fread(piece, 1, sizeof piece, pipe)) output.text.append(piece, size);
  const int status = pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return output;
}

}  // namespace

double seconds_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int64_t resident_bytes_of(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw Error("cannot start another process");
  if (child == 0) {
    int code = 1;
    try {
      body();
      code = 0;
    } catch (const std::exception&) {  // whoever does the same in this process will tell
    }
    _exit(code);
  }
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  return usage.ru_maxrss << 10;
}

std::vector<double> race(const std::vector<Contestant>& contestants, int repeats) {
  for (const Contestant& contestant : contestants) contestant.body();
  std::vector<std::vector<double>> seconds(contestants.size());
  for (int repeat = 0; repeat < repeats; ++repeat)
    for (size_t i = 0; i < contestants.size(); ++i) seconds[i].push_back(seconds_of(contestants[i].body));
  std::vector<double> medians;
  for (std::vector<double>& each : seconds) medians.push_back(median(std::move(each)));
  return medians;
}

namespace {

Peak make_peak(const Engine& engine, Precision precision, const Node& node, const Shape& input, const Shape& weight, double work) {
  Graph graph;
  graph.name = "peak";
  graph.inputs = {{"x", {DataType::kFloat32, input}}};
  graph.outputs = {"y"};
  Tensor w = Tensor::zeros(weight);
  Rng(0, "peak").fill_uniform(w.floats(), -1, 1);
  graph.add_weight("w", std::move(w));
  graph.nodes.push_back(node);
  // Weights that may change are multiplied directly: the peak is the processor's, not Winograd's.
  const CompileOptions options{.batch = 0, .values = {"y"}, .mutable_weights = true, .precision = precision};
  Peak peak{node.name, engine.compile(graph, options), work};
  Rng(1, "peak").fill_uniform(peak.program->input("x"), -1, 1);
  return peak;
}

}  // namespace

std::vector<Peak> make_peaks(const Engine& engine, Precision precision) {
  constexpr int64_t kSide = 2048, kImages = 16, kChannels = 256, kPixels = 28, kKernel = 3;
  const Node product{"product", "Gemm", {"x", "w"}, {"y"}, {}};
  const Node convolution{"convolution", "Conv", {"x", "w"}, {"y"}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}}};
  std::vector<Peak> peaks;
  peaks.push_back(make_peak(engine, precision, product, {kSide, kSide}, {kSide, kSide}, 2.0 * kSide * kSide * kSide));
  peaks.push_back(make_peak(engine, precision, convolution, {kImages, kChannels, kPixels, kPixels},
                            {kChannels, kChannels, kKernel, kKernel},
                            2.0 * kImages * kChannels * kPixels * kPixels * kChannels * kKernel * kKernel));
  return peaks;
}

MemoryCopy::MemoryCopy() : from(size_t{256} << 20, 1), to(from.size()), bytes(static_cast<int64_t>(2 * from.size())) {}

void MemoryCopy::run() {
  parallel_for(
      static_cast<int64_t>(from.size() >> 16),
      [&](int64_t first, int64_t last) {
        std::memcpy(to.data() + (first << 16), from.data() + (first << 16), static_cast<size_t>(last - first) << 16);
      },
      threads());
}

Json run_peer(const std::string& script, const std::vector<std::string>& arguments) {
  std::string command = fmt::format("{} -B {}", quoted(python()), quoted(script));
  for (const std::string& argument : arguments) command += " " + quoted(argument);
  const Output output = output_of(command);
  std::string text = output.text;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::string last = text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
  const Json json = Json::parse(last, nullptr, false);
  if (output.status != 0 || !json.is_object())
    throw Error(fmt::format("ended with code {} and no result", output.status), "run it by hand: its message is above").at(script);
  return json;
}

std::string find_peer(const std::string& file_name, bool cuda) {
  std::error_code ignored;
  std::filesystem::path script;
  for (auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    if (std::filesystem::exists(folder / "bench" / "peers" / file_name, ignored)) {
      script = folder / "bench" / "peers" / file_name;
      break;
    }
  if (script.empty())
    throw Error(fmt::format("no bench/peers/{} above the program", file_name), "run the program of a source tree, or leave out --peer");
  const char* needed = cuda ? "import torch; torch.compile; assert torch.cuda.is_available()" : "import torch";
  if (output_of(fmt::format("{} -c {} 2>&1", quoted(python()), quoted(needed))).status != 0)
    throw Error(fmt::format("{} has no PyTorch{}", python(), cuda ? " 2 that sees a GPU" : ""),
                cuda ? "name a python that has it in PYTHON, or leave out --peer"
                     : "apt-get install python3-torch libopenblas0-pthread, name another python in PYTHON, or leave out --peer");
  return script.string();
}

}  // namespace phosphene
