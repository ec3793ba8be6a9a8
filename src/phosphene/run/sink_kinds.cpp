#include "phosphene/run/sink_kinds.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

PHOSPHENE_TABLE(all_sink_kinds, SinkKind,
                kFolderSink,  // folder.cpp
                kLinesSink)   // sinks/lines.cpp

const SinkKind& sink_kind_of(const std::filesystem::path& out) {
  const Table<SinkKind> kinds = all_sink_kinds();
  const std::string name = out.string();
  const auto found = std::ranges::find_if(kinds, [&](const SinkKind& kind) { return *kind.ending && name.ends_with(kind.ending); });
  return found != kinds.end() ? *found : *std::ranges::find_if(kinds, [](const SinkKind& kind) { return !*kind.ending; });
}

Request continued(Request request, const std::filesystem::path& out) {
  const Json before = sink_kind_of(out).request_in(out);
  if (request.recipe.batch == 0 && before.is_object() && before.contains("recipe"))
    request.recipe.batch = before["recipe"].value("batch", 0);
  return request;
}

void expect_same_request(const Json& before, const Json& now, const std::filesystem::path& out) {
  if (before.is_null()) return;
  if (const std::string other = difference(before, now); !other.empty())
    throw Error(fmt::format("it holds pictures of another request: {}", other), "write to another place, or remove this one")
        .at(out.string());
}

}  // namespace phosphene
