// A float's bits name its bucket: the exponent is its octave, the first 6 bits of the fraction are its bucket, the first 4 its candidate.
#include "phosphene/atlas/unit_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "phosphene/atlas/blobs.h"
#include "phosphene/base/error.h"
#include "phosphene/formats/half.h"

namespace phosphene {

namespace {

constexpr double kFixedPoint = 1 << 20;
constexpr double kLargestSummed = 1e9;  // beyond it a sum of 2^13 pictures could overflow

uint32_t mixed(uint32_t x) {  // a bijection of photo numbers ("lowbias32", Wellons)
  x ^= x >> 16, x *= 0x7feb352du;
  x ^= x >> 15, x *= 0x846ca68bu;
  return x ^ x >> 16;
}

bool before(const Sighting& a, const Sighting& b) {
  return a.activation > b.activation || (a.activation == b.activation && a.photo < b.photo);
}

template <typename T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T take(std::string_view& in) {
  if (in.size() < sizeof(T)) throw Error("the state of a pass over pictures ends too early", "build the atlas again");
  T value;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

void put_sighting(std::string& out, const Sighting& sighting) {
  put(out, sighting.activation), put(out, sighting.photo), put(out, sighting.position);
}

Sighting take_sighting(std::string_view& in) {
  Sighting sighting;
  sighting.activation = take<float>(in), sighting.photo = take<uint32_t>(in), sighting.position = take<uint32_t>(in);
  return sighting;
}

}  // namespace

UnitStatistics::Octave& UnitStatistics::Side::of(int exponent) {
  if (octaves.empty()) first = exponent;
  while (exponent < first) octaves.insert(octaves.begin(), Octave{}), --first;
  while (exponent >= first + static_cast<int>(octaves.size())) octaves.emplace_back();
  return octaves[static_cast<size_t>(exponent - first)];
}

void UnitStatistics::offer(Candidate& candidate, const Sighting& sighting) {
  if (candidate.there && mixed(candidate.sighting.photo) <= mixed(sighting.photo)) return;
  candidate = {sighting, true};
}

void UnitStatistics::add(const Sighting& sighting) {
  if (top_.size() < kTop || before(sighting, top_.back())) {
    if (top_.size() == kTop) top_.pop_back();
    top_.insert(std::ranges::upper_bound(top_, sighting, before), sighting);
  }
  lowest_ = count_ == 0 ? sighting.activation : std::min(lowest_, sighting.activation);
  ++count_;
  const auto bits = std::bit_cast<uint32_t>(sighting.activation);
  const int exponent = static_cast<int>(bits >> 23 & 0xff) - 127;
  if (exponent < kLowestOctave) {
    ++near_zero_;
    offer(zero_, sighting);
    return;
  }
  Octave& octave = (bits >> 31 ? below_ : above_).of(exponent);
  ++octave.counts[bits >> 17 & 0x3f];
  offer(octave.candidates[bits >> 19 & 0xf], sighting);
}

void UnitStatistics::merge(const UnitStatistics& other) {
  if (other.count_ == 0) return;
  lowest_ = count_ == 0 ? other.lowest_ : std::min(lowest_, other.lowest_);
  count_ += other.count_;
  near_zero_ += other.near_zero_;
  if (other.zero_.there) offer(zero_, other.zero_.sighting);
  top_.insert(top_.end(), other.top_.begin(), other.top_.end());
  std::ranges::sort(top_, before);
  if (top_.size() > kTop) top_.resize(kTop);
  const auto merge_side = [&](Side& to, const Side& from) {
    for (size_t i = 0; i < from.octaves.size(); ++i) {
      const Octave& octave = from.octaves[i];
      const bool used = std::ranges::any_of(octave.counts, [](uint32_t count) { return count > 0; });
      if (!used) continue;
      Octave& into = to.of(from.first + static_cast<int>(i));
      for (int k = 0; k < kBuckets; ++k) into.counts[static_cast<size_t>(k)] += octave.counts[static_cast<size_t>(k)];
      for (int k = 0; k < kCandidates; ++k)
        if (const Candidate& candidate = octave.candidates[static_cast<size_t>(k)]; candidate.there)
          offer(into.candidates[static_cast<size_t>(k)], candidate.sighting);
    }
  };
  merge_side(below_, other.below_);
  merge_side(above_, other.above_);
}

std::vector<UnitStatistics::Bucket> UnitStatistics::buckets() const {
  std::vector<Bucket> buckets;
  const auto edge = [](int exponent, int k) { return std::ldexp(1.0 + static_cast<double>(k) / kBuckets, exponent); };
  for (size_t i = below_.octaves.size(); i-- > 0;)
    for (int k = kBuckets; k-- > 0;)
      if (const uint32_t count = below_.octaves[i].counts[static_cast<size_t>(k)])
        buckets.push_back({-edge(below_.first + static_cast<int>(i), k + 1), -edge(below_.first + static_cast<int>(i), k), count});
  const double small = std::ldexp(1.0, kLowestOctave);
  if (near_zero_) buckets.push_back({-small, small, static_cast<uint32_t>(near_zero_)});
  for (size_t i = 0; i < above_.octaves.size(); ++i)
    for (int k = 0; k < kBuckets; ++k)
      if (const uint32_t count = above_.octaves[i].counts[static_cast<size_t>(k)])
        buckets.push_back({edge(above_.first + static_cast<int>(i), k), edge(above_.first + static_cast<int>(i), k + 1), count});
  if (!buckets.empty()) {  // the ends are known exactly
    buckets.front().from = std::max(buckets.front().from, static_cast<double>(lowest_));
    buckets.back().to = std::min(buckets.back().to, static_cast<double>(top_.front().activation));
  }
  return buckets;
}

double UnitStatistics::share_above_zero() const {
  uint64_t above = 0;
  for (const Octave& octave : above_.octaves)
    for (const uint32_t count : octave.counts) above += count;
  return count_ ? static_cast<double>(above) / static_cast<double>(count_) : 0;
}

double UnitStatistics::deviation(double mean) const {
  double sum = 0;
  for (const Bucket& bucket : buckets()) {
    const double middle = (bucket.from + bucket.to) / 2;
    sum += bucket.count * (middle - mean) * (middle - mean);
  }
  return count_ ? std::sqrt(sum / static_cast<double>(count_)) : 0;
}

double UnitStatistics::below(double value) const {
  if (count_ == 0 || value <= lowest_) return 0;
  // Among the highest, exactly.
  if (value > top_.back().activation)
    return static_cast<double>(count_) -
           static_cast<double>(std::ranges::count_if(top_, [&](const Sighting& s) { return s.activation >= value; }));
  double below = 0;
  for (const Bucket& bucket : buckets()) {
    if (value >= bucket.to)
      below += bucket.count;
    else if (value > bucket.from)
      below += bucket.count * (value - bucket.from) / (bucket.to - bucket.from);
  }
  return std::min(below, static_cast<double>(count_ - top_.size()));
}

std::vector<float> UnitStatistics::quantiles(std::span<const double> counts) const {
  std::vector<float> values;
  const std::vector<Bucket> all = buckets();
  double before_bucket = 0;
  size_t i = 0;
  for (const double count : counts) {
    while (i < all.size() && before_bucket + all[i].count < count) before_bucket += all[i++].count;
    if (i == all.size()) {
      values.push_back(top_.empty() ? 0.0f : top_.front().activation);
      continue;
    }
    const double share = std::clamp((count - before_bucket) / all[i].count, 0.0, 1.0);
    values.push_back(static_cast<float>(all[i].from + share * (all[i].to - all[i].from)));
  }
  return values;
}

const Sighting* UnitStatistics::nearest(double from, double to) const {
  const Sighting* best = nullptr;
  const double middle = (from + to) / 2;
  const auto look = [&](const Sighting& sighting) {
    const double value = sighting.activation;
    if (value < from || value > to) return;
    const double distance = std::fabs(value - middle);
    const double best_distance = best ? std::fabs(best->activation - middle) : 0;
    if (!best || distance < best_distance || (distance == best_distance && sighting.photo < best->photo)) best = &sighting;
  };
  for (const Sighting& sighting : top_) look(sighting);
  if (zero_.there) look(zero_.sighting);
  for (const Side* side : {&below_, &above_})
    for (const Octave& octave : side->octaves)
      for (const Candidate& candidate : octave.candidates)
        if (candidate.there) look(candidate.sighting);
  return best;
}

void UnitStatistics::write(std::string& out) const {
  put(out, count_), put(out, near_zero_), put(out, lowest_);
  put(out, static_cast<uint32_t>(top_.size()));
  for (const Sighting& sighting : top_) put_sighting(out, sighting);
  const auto put_candidate = [&](const Candidate& candidate) {
    put(out, static_cast<uint8_t>(candidate.there));
    if (candidate.there) put_sighting(out, candidate.sighting);
  };
  put_candidate(zero_);
  for (const Side* side : {&below_, &above_}) {
    put(out, static_cast<int32_t>(side->first)), put(out, static_cast<uint32_t>(side->octaves.size()));
    for (const Octave& octave : side->octaves) {
      for (const uint32_t count : octave.counts) put(out, count);
      for (const Candidate& candidate : octave.candidates) put_candidate(candidate);
    }
  }
}

UnitStatistics UnitStatistics::read(std::string_view& in) {
  UnitStatistics unit;
  unit.count_ = take<uint64_t>(in), unit.near_zero_ = take<uint64_t>(in), unit.lowest_ = take<float>(in);
  const auto top = take<uint32_t>(in);
  if (top > kTop) throw Error("the state of a pass over pictures is damaged", "build the atlas again");
  for (uint32_t i = 0; i < top; ++i) unit.top_.push_back(take_sighting(in));
  const auto take_candidate = [&] {
    Candidate candidate;
    candidate.there = take<uint8_t>(in) != 0;
    if (candidate.there) candidate.sighting = take_sighting(in);
    return candidate;
  };
  unit.zero_ = take_candidate();
  for (Side* side : {&unit.below_, &unit.above_}) {
    side->first = take<int32_t>(in);
    const auto octaves = take<uint32_t>(in);
    if (octaves > 256) throw Error("the state of a pass over pictures is damaged", "build the atlas again");
    for (uint32_t i = 0; i < octaves; ++i) {
      Octave& octave = side->octaves.emplace_back();
      for (uint32_t& count : octave.counts) count = take<uint32_t>(in);
      for (Candidate& candidate : octave.candidates) candidate = take_candidate();
    }
  }
  return unit;
}

LayerStatistics::LayerStatistics(int64_t units, int64_t classes, int64_t sample)
    : classes_(classes),
      sample_(sample),
      units_(static_cast<size_t>(units)),
      sums_(static_cast<size_t>(units * (classes + 1))),
      responses_(static_cast<size_t>(units * sample), kMissing) {}

void LayerStatistics::add(int64_t unit, const Photo& photo, float activation, uint32_t position) {
  if (!std::isfinite(activation)) activation = 0;
  units_[static_cast<size_t>(unit)].add({activation, photo.number, position});
  const auto fixed =
      static_cast<int64_t>(std::llround(std::clamp(static_cast<double>(activation), -kLargestSummed, kLargestSummed) * kFixedPoint));
  int64_t* sums = &sums_[static_cast<size_t>(unit * (classes_ + 1))];
  sums[classes_] += fixed;
  if (photo.class_of >= 0) sums[photo.class_of] += fixed;
  if (photo.place >= 0) responses_[static_cast<size_t>(unit * sample_ + photo.place)] = float_to_half(activation);
}

void LayerStatistics::merge(const LayerStatistics& other) {
  PHOSPHENE_CHECK(units_.size() == other.units_.size() && classes_ == other.classes_ && sample_ == other.sample_);
  for (size_t i = 0; i < units_.size(); ++i) units_[i].merge(other.units_[i]);
  for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
  for (size_t i = 0; i < responses_.size(); ++i)
    if (other.responses_[i] != kMissing) responses_[i] = other.responses_[i];
}

double LayerStatistics::sum(int64_t unit) const { return class_sum(unit, classes_); }

double LayerStatistics::class_sum(int64_t unit, int64_t cls) const {
  return static_cast<double>(sums_[static_cast<size_t>(unit * (classes_ + 1) + cls)]) / kFixedPoint;
}

std::span<const uint16_t> LayerStatistics::responses(int64_t unit) const {
  return std::span(responses_).subspan(static_cast<size_t>(unit * sample_), static_cast<size_t>(sample_));
}

std::string LayerStatistics::write() const {
  std::string out;
  put(out, units()), put(out, classes_), put(out, sample_);
  for (const UnitStatistics& unit : units_) unit.write(out);
  out.append(reinterpret_cast<const char*>(sums_.data()), sums_.size() * sizeof sums_[0]);
  out.append(reinterpret_cast<const char*>(responses_.data()), responses_.size() * sizeof responses_[0]);
  return out;
}

LayerStatistics LayerStatistics::read(std::string_view bytes) {
  const auto units = take<int64_t>(bytes), classes = take<int64_t>(bytes), sample = take<int64_t>(bytes);
  const auto sane = [](int64_t value) { return value >= 0 && value < (int64_t{1} << 24); };
  const auto damaged = [] { return Error("the state of a pass over pictures is damaged", "build the atlas again"); };
  if (!sane(units) || !sane(classes) || !sane(sample) || bytes.size() < static_cast<size_t>(units * (classes + 1) * 8 + units * sample * 2))
    throw damaged();
  LayerStatistics layer(units, classes, sample);
  for (UnitStatistics& unit : layer.units_) unit = UnitStatistics::read(bytes);
  const size_t sums = layer.sums_.size() * sizeof layer.sums_[0], responses = layer.responses_.size() * sizeof layer.responses_[0];
  if (bytes.size() != sums + responses) throw damaged();
  std::memcpy(layer.sums_.data(), bytes.data(), sums);
  std::memcpy(layer.responses_.data(), bytes.data() + sums, responses);
  return layer;
}

}  // namespace phosphene
