// Prior: draws pictures from codes: a generator, or one of the priors without a generator (pixel, fourier, maco).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <phosphene/export.h>
#include <phosphene/picture.h>
#include <phosphene/request.h>
#include <phosphene/session.h>

namespace phosphene::api {

class PHOSPHENE_EXPORT Prior {
 public:
  // The prior that the request's field "prior" names, for the network of its field "model". phosphene::Error if there is no such prior, or
  // it does not fit the network.
  Prior(Session& session, const Request& request);

  std::string name() const;
  int64_t code_size() const;                // values of a code
  std::vector<int64_t> code_shape() const;  // [size], or [c, h, w]
  // Bounds, one per value of a code; empty: unbounded.
  std::vector<float> lower() const;
  std::vector<float> upper() const;
  // The pictures of codes [n, code_size]. phosphene::Error if the size is not a multiple of code_size().
  std::vector<Picture> draw(Session& session, std::span<const float> codes) const;

  struct Body;  // the library's own

 private:
  std::shared_ptr<const Body> body_;
};

}  // namespace phosphene::api
