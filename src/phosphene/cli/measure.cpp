// A matrix product [m, k] x [k, n] takes 2 m k n floating-point operations.
#include "phosphene/cli/measure.h"

#include <sys/wait.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "phosphene/base/error.h"
#include "phosphene/base/median.h"
#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

constexpr const char* kPython = "/usr/bin/python3";
constexpr int64_t kPeakSide = 2048;

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

std::vector<double> race(const std::vector<Contestant>& contestants, int repeats) {
  for (const Contestant& contestant : contestants) contestant.body();
  std::vector<std::vector<double>> seconds(contestants.size());
  for (int repeat = 0; repeat < repeats; ++repeat)
    for (size_t i = 0; i < contestants.size(); ++i) seconds[i].push_back(seconds_of(contestants[i].body));
  std::vector<double> medians;
  for (std::vector<double>& each : seconds) medians.push_back(median(std::move(each)));
  return medians;
}

Peak make_peak(const Engine& engine, Precision precision) {
  Graph graph;
  graph.name = "peak";
  graph.inputs = {{"a", {DataType::kFloat32, Shape{kUnknown, kPeakSide}}}};
  graph.outputs = {"c"};
  Tensor b = Tensor::zeros(Shape{kPeakSide, kPeakSide});
  Rng(0, "peak").fill_uniform(b.floats(), -1, 1);
  graph.add_weight("b", std::move(b));
  graph.nodes.push_back({"product", "Gemm", {"a", "b"}, {"c"}, {}});
  Peak peak;
  peak.program = engine.compile(graph, {.batch = kPeakSide, .values = {"c"}, .precision = precision});
  Rng(1, "peak").fill_uniform(peak.program->input("a"), -1, 1);
  peak.work = 2.0 * kPeakSide * kPeakSide * kPeakSide;
  return peak;
}

Json run_peer(const std::string& script, const std::string& arguments) {
  const Output output = output_of(fmt::format("{} -B {} {}", kPython, quoted(script), arguments));
  std::string text = output.text;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::string last = text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
  const Json json = Json::parse(last, nullptr, false);
  if (output.status != 0 || !json.is_object())
    throw Error(fmt::format("ended with code {} and no result", output.status), "run it by hand: its message is above").at(script);
  return json;
}

std::string find_peer(const std::string& file_name) {
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
  if (output_of(fmt::format("{} -c 'import torch' 2>&1", kPython)).status != 0)
    throw Error(fmt::format("{} has no PyTorch", kPython), "apt-get install python3-torch libopenblas0-pthread, or leave out --peer");
  return script.string();
}

}  // namespace phosphene
