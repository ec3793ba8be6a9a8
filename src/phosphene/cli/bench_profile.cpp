// A step belongs to the node whose name its label begins with; its floating-point operations are 2 * the node's multiply-adds, where its
// implementation is one that multiplies (not a reorder or an activation beside it).
#include "phosphene/cli/bench_profile.h"

#include <algorithm>
#include <map>

#include "phosphene/base/median.h"
#include "phosphene/model/describe.h"

namespace phosphene {
namespace {

struct ProfileRow {
  StepTime step;
  std::string kind;  // the operator, or "layout" and the like
  double work = 0;   // floating-point operations
};

bool multiplies(const std::string& label, const std::string& node) {
  std::string_view rest = std::string_view(label).substr(node.size());
  for (const std::string_view word : {" gradient", " + sum", " + activation", " in blocks"})  // in this order, each or not
    if (rest.starts_with(word)) rest.remove_prefix(word.size());
  return rest.empty();
}

std::vector<ProfileRow> rows_of(Program& program, int repeats) {
  std::vector<ProfileRow> rows;
  std::vector<std::vector<double>> seconds;
  for (int round = 0; round <= repeats; ++round) {
    const auto times = program.profile();
    seconds.resize(times.size());
    for (size_t i = 0; i < times.size(); ++i) {
      if (round == 0) rows.push_back({times[i], "layout"});
      if (round > 0) seconds[i].push_back(times[i].seconds);
    }
  }
  std::map<std::string, int64_t> work;
  for (const LayerRow& row : describe(program.graph()).layers) work[row.name] = row.multiply_adds;
  const double batch = program.graph().inputs.empty() ? 1 : static_cast<double>(program.graph().inputs[0].type.shape[0]);
  for (size_t i = 0; i < rows.size(); ++i) {
    ProfileRow& row = rows[i];
    row.step.seconds = median(seconds[i]);
    const Node* best = nullptr;
    for (const Node& node : program.graph().nodes)
      if (row.step.label.starts_with(node.name) && (!best || node.name.size() > best->name.size())) best = &node;
    if (!best) continue;
    const bool counts = multiplies(row.step.label, best->name);
    row.kind = counts ? best->op : best->op + ", beside";
    if (counts && work.contains(best->outputs[0])) row.work = 2.0 * batch * static_cast<double>(work[best->outputs[0]]);
  }
  return rows;
}

void print_row(const std::string& name, const std::string& implementation, double seconds, double work, double total, double peak) {
  fmt::print("{:>9.3f} {:>6.1f}%", 1000 * seconds, 100 * seconds / total);
  const bool counts = work > 0 && seconds > 0;
  fmt::print(" {:>8} {:>7}", counts ? fmt::format("{:.0f}", work / seconds / 1e9) : "",
             counts && peak > 0 ? fmt::format("{:.0f}%", 100 * work / seconds / 1e9 / peak) : "");
  fmt::print("  {:<44} {}\n", name, implementation);
}

}  // namespace

void print_profile(Program& program, const ProfileOptions& options) {
  std::vector<ProfileRow> rows = rows_of(program, options.repeats);
  double total = 0;
  std::map<std::string, std::pair<double, double>> kinds;  // seconds, work
  for (const ProfileRow& row : rows) {
    total += row.step.seconds;
    auto& [seconds, work] = kinds[row.step.phase + " " + row.kind];
    seconds += row.step.seconds;
    work += row.work;
  }
  fmt::print("\n{:>9} {:>7} {:>8} {:>7}  {}\n", "ms", "share", "GFLOP/s", "of peak", "steps by kind");
  std::vector<std::pair<std::string, std::pair<double, double>>> order(kinds.begin(), kinds.end());
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second.first > b.second.first; });
  for (const auto& [kind, sums] : order) print_row(kind, "", sums.first, sums.second, total, options.peak);
  fmt::print("\n{:>9} {:>7} {:>8} {:>7}  {:<44} {}\n", "ms", "share", "GFLOP/s", "of peak", "step", "implementation");
  std::stable_sort(rows.begin(), rows.end(), [](const ProfileRow& a, const ProfileRow& b) { return a.step.seconds > b.step.seconds; });
  for (size_t i = 0; i < std::min(options.rows, rows.size()); ++i)
    print_row(rows[i].step.phase + " " + rows[i].step.label, rows[i].step.implementation, rows[i].step.seconds, rows[i].work, total,
              options.peak);
}

}  // namespace phosphene
