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
  const Body& body() const { return *body_; }

 private:
  std::shared_ptr<const Body> body_;
};

// A prior compiled for a number of codes: pictures as numbers, and gradients back to the codes, for an optimisation of the caller's.
// One thread uses it at a time.
//
//     p = pictures(y),   0 is pixel 0 and 1 is pixel 255, not clipped        gradient(y, dL/dp) = dL/dy
class PHOSPHENE_EXPORT PriorProgram {
 public:
  // phosphene::Error if `codes` is below 1.
  PriorProgram(Session& session, const Prior& prior, int64_t codes);
  ~PriorProgram();
  PriorProgram(PriorProgram&&) noexcept;
  PriorProgram& operator=(PriorProgram&&) noexcept;

  std::vector<int64_t> shape() const;  // of the pictures: [codes, channels, height, width]; channels: red, green, blue, or one of grey
  // Of codes [codes, code_size]. phosphene::Error for another size.
  std::vector<float> pictures(Session& session, std::span<const float> codes);
  // dL/d(codes) [codes, code_size] of dL/d(pictures). phosphene::Error for other sizes.
  std::vector<float> gradient(Session& session, std::span<const float> codes, std::span<const float> pictures_gradient);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace phosphene::api
