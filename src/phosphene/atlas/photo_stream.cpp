#include "phosphene/atlas/photo_stream.h"

#include <algorithm>

#include "phosphene/base/context.h"
#include "phosphene/base/error.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/progress.h"
#include "phosphene/engine/program.h"

namespace phosphene {

PhotoStream::PhotoStream(const Photos& photos, std::vector<int64_t> list, int64_t batch)
    : photos_(photos), list_(std::move(list)), batch_(batch) {
  begin();
}

void PhotoStream::begin() {
  next_ = std::async(std::launch::async, [this, first = begun_, threads = threads(), &lent = context()] {
    const ContextScope scope(lent);
    return decode(first, threads);
  });
  begun_ = std::min(begun_ + batch_, static_cast<int64_t>(list_.size()));
}

PhotoStream::Batch PhotoStream::next() {
  Batch batch = next_.get();
  begin();
  return batch;
}

PhotoStream::Batch PhotoStream::decode(int64_t first, int threads) const {
  const int64_t here = std::min(batch_, static_cast<int64_t>(list_.size()) - first);
  std::vector<Image> decoded(static_cast<size_t>(here));
  std::vector<std::string> broken(static_cast<size_t>(here));
  const auto read = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) try {
        decoded[static_cast<size_t>(i)] = photos_.read(list_[static_cast<size_t>(first + i)]);
      } catch (const Error& error) {
        broken[static_cast<size_t>(i)] = error.what();
      }
  };
  parallel_for(here, read, threads);
  Batch batch{.taken = here, .photos = {}, .pictures = {}};
  for (size_t i = 0; i < decoded.size(); ++i) {
    if (!broken[i].empty()) {
      log_warning("left out: " + broken[i]);
      continue;
    }
    batch.photos.push_back(list_[static_cast<size_t>(first) + i]);
    batch.pictures.push_back(std::move(decoded[i]));
  }
  return batch;
}

}  // namespace phosphene
