// Sink kind: what a run may write, as the name of its output says. One file a kind under sinks/; the table is in sink_kinds.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "phosphene/base/table.h"
#include "phosphene/run/plan.h"
#include "phosphene/run/sink.h"

namespace phosphene {

// A picture that a sink has kept, without its pixels and codes: as soon as it is kept, or for all, in the order of jobs, when the sink is
// finished. May be empty.
using OnPicture = std::function<void(const PictureRecord&)>;

struct SinkKind {
  const char* name;
  const char* ending = "";   // of the outputs that are of this kind; empty: all of which no other kind has the ending
  const char* about;         // one line for --help
  const char* look_at = "";  // what of the output a user opens first: a file in it; empty: the output
  // Makes the output, or continues the one that is there. The plan outlives the sink. Error, before anything is computed, if it cannot be
  // written, or holds pictures of another request.
  std::unique_ptr<Sink> (*open)(const std::filesystem::path& out, const Plan& plan, OnPicture on_picture);
  // The request whose pictures an output holds, finished or not, as Request::to_json() wrote it; null if there is none.
  Json (*request_in)(const std::filesystem::path& out);
};

Table<SinkKind> all_sink_kinds();
// By the ending of the output.
const SinkKind& sink_kind_of(const std::filesystem::path& out);

// The request; if its batch is open, with the batch that the output was begun with, since measuring again may choose another batch.
Request continued(Request request, const std::filesystem::path& out);
// Error that names the first field that differs, unless `before`, the request in an output, is null or agrees.
void expect_same_request(const Json& before, const Json& now, const std::filesystem::path& out);

}  // namespace phosphene
