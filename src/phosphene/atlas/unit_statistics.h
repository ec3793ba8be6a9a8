// Unit statistics: what one pass over real pictures keeps of a layer's units, in memory that does not grow with the number of pictures.
//
// The result depends on the set of pictures alone: their order, and how they are shared among parts, change no bit. So every sum is one of
// integers, and every choice has a rule.
//
//     top         the 9 highest activations (of equals the lower photo)
//     buckets     activations counted by value: an octave [2^e, 2^(e+1)) of either sign has 64 buckets of equal width, so a value is
//                 known to 0.8 % of itself; below 2^-16 everything is one bucket (as HdrHistogram does)
//     candidates  one photo for each quarter of 16 such buckets of an octave, chosen by a hash of its number: examples of every range
//     classes     sum of the activations a class, in multiples of 2^-20
//     responses   activation on each photo of the sample, float16
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phosphene {

// A unit's activation on a photo, highest over the positions of the layer; `position` is y * width + x there, or the number of a token.
struct Sighting {
  float activation = 0;
  uint32_t photo = 0, position = 0;
};

class UnitStatistics {
 public:
  static constexpr size_t kTop = 9;

  void add(const Sighting& sighting);
  void merge(const UnitStatistics& other);

  uint64_t count() const { return count_; }
  float lowest() const { return lowest_; }
  const std::vector<Sighting>& top() const { return top_; }  // highest first
  double share_above_zero() const;
  double deviation(double mean) const;  // to the width of a bucket
  // Number of pictures below a value; inside a bucket they count as spread evenly.
  double below(double value) const;
  // The values below which `count` of the pictures lie, for each of the ascending counts.
  std::vector<float> quantiles(std::span<const double> counts) const;
  // Of the candidates and top pictures from `from` to `to`, the one nearest to the middle; null where there is none.
  const Sighting* nearest(double from, double to) const;

  void write(std::string& out) const;
  static UnitStatistics read(std::string_view& in);  // takes what it reads from the front; Error when it ends too early

 private:
  static constexpr int kBuckets = 64, kCandidates = 16, kLowestOctave = -16;
  struct Candidate {
    Sighting sighting;
    bool there = false;
  };
  struct Octave {
    std::array<uint32_t, kBuckets> counts{};
    std::array<Candidate, kCandidates> candidates{};
  };
  struct Side {     // of one sign
    int first = 0;  // exponent of octaves[0]
    std::vector<Octave> octaves;
    Octave& of(int exponent);
  };
  struct Bucket {
    double from, to;
    uint32_t count;
  };
  std::vector<Bucket> buckets() const;  // those with pictures, ascending

  void offer(Candidate& candidate, const Sighting& sighting);

  uint64_t count_ = 0, near_zero_ = 0;
  float lowest_ = 0;
  std::vector<Sighting> top_;
  Side below_, above_;  // negative and positive values
  Candidate zero_;
};

// All units of a layer.
class LayerStatistics {
 public:
  LayerStatistics(int64_t units, int64_t classes, int64_t sample);

  // `class_of`: of the photo, -1: none. `place`: in the sample, -1: it is not there. One thread a unit.
  struct Photo {
    uint32_t number = 0;
    int64_t class_of = -1, place = -1;
  };
  void add(int64_t unit, const Photo& photo, float activation, uint32_t position);
  // Of other photos, with the same sizes.
  void merge(const LayerStatistics& other);

  int64_t units() const { return static_cast<int64_t>(units_.size()); }
  const UnitStatistics& unit(int64_t unit) const { return units_[static_cast<size_t>(unit)]; }
  double sum(int64_t unit) const;                     // over all photos
  double class_sum(int64_t unit, int64_t cls) const;  // over a class's
  // float16 bits [sample]; kMissing for photos that could not be read.
  std::span<const uint16_t> responses(int64_t unit) const;
  static constexpr uint16_t kMissing = 0x7e00;

  std::string write() const;
  static LayerStatistics read(std::string_view bytes);

 private:
  int64_t classes_, sample_;
  std::vector<UnitStatistics> units_;
  std::vector<int64_t> sums_;        // [units, classes + 1]: of each class, then of all
  std::vector<uint16_t> responses_;  // [units, sample]
};

}  // namespace phosphene
