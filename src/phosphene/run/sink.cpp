#include "phosphene/run/sink.h"

#include <algorithm>

namespace phosphene {

void MemorySink::add(Outcome&& outcome) {
  if (auto* picture = std::get_if<PictureRecord>(&outcome))
    pictures_.push_back(std::move(*picture));
  else
    failures_.push_back(std::get<JobFailure>(std::move(outcome)));
}

std::vector<PictureRecord> MemorySink::take_pictures() {
  std::ranges::sort(pictures_, {}, &PictureRecord::job);
  return std::move(pictures_);
}

}  // namespace phosphene
