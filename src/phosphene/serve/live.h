// Live: draws units of the served networks on demand, one after the other, while browsers watch.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phosphene {

class Live {
 public:
  virtual ~Live() = default;

  // Takes a wish as the unit's page sends it, {"network": hash, "layer": NAME, "unit": N, "seed": S, "steps": N, "objective": NAME}, and
  // returns the drawing's number. Error for a wish that cannot be drawn, or when too many wait already.
  virtual uint64_t draw(std::string_view json) = 0;
  // Asks a drawing to end. False: there is none of that number.
  virtual bool stop(uint64_t drawing) = 0;

  struct Event {
    std::string json;   // one line
    bool last = false;  // nothing follows
  };
  // Event number `number` of a drawing, from 0; waits for it at most `patience`. Nothing: it has not happened yet.
  virtual std::optional<Event> event(uint64_t drawing, size_t number, std::chrono::milliseconds patience) = 0;

  // What a picture (bytes of a JPEG, PNG or WebP) excites in the network of that hash: JSON. Error for bytes that are no picture.
  virtual std::string likeness(std::string_view network, std::string_view picture) = 0;
};

}  // namespace phosphene
