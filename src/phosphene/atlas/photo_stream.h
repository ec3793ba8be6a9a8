// Photo stream: a list of photos in batches; the next batch is decoded beside the caller's work.
#pragma once

#include <future>
#include <vector>

#include "phosphene/atlas/photos.h"

namespace phosphene {

class PhotoStream {
 public:
  struct Batch {
    int64_t taken = 0;            // photos of the list; 0: there are no more
    std::vector<int64_t> photos;  // of those, what could be decoded, in the order of the list
    std::vector<Image> pictures;  // of each
  };

  // Borrows the photos. What cannot be decoded is left out with a warning.
  PhotoStream(const Photos& photos, std::vector<int64_t> list, int64_t batch);
  Batch next();

 private:
  void begin();  // the next batch
  Batch decode(int64_t first, int threads) const;

  const Photos& photos_;
  std::vector<int64_t> list_;
  int64_t batch_, begun_ = 0;
  std::future<Batch> next_;  // last: it uses all of the above
};

}  // namespace phosphene
