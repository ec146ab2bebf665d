// PlaceFactors: where a place lies in the fitted world of paths, as a few numbers.
//
// The logarithm of a path's time over what distance alone would make it is, in the fit, a sum of
// products of the two ends' factors (scripts/data/rtt_process.py says why). A place's factors are
// a weighted sum over the fitted anchors, weighted by how alike the place and the anchor are:
//
//   F_r(x) = sum over a of (flat + K(x, a)) weight_r(a)
//   K(x, a) = 1 / (1 + km / wide) + near / (1 + km / near_km) + country / (1 + km / country_km)
//
// with km the chord and the last part only within one country. All is continuous on the sphere, and
// far from every anchor it tends to what the world's anchors have in common. Corrections are pairs
// of areas whose paths have changed since the measurements: each is two factors more.
//
// Thread: immutable after Parse, any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sim/net/geo.h"

namespace terrella::net {

// Four at a time, which every machine we build for has in one register.
using Float4 __attribute__((vector_size(16))) = float;

// The factors of f come first (a factor of the whole path's time), padded to kWholeFactors, then
// those of g (what the ends add).
constexpr size_t kWholeFactors = 24, kEndsFactors = 32;
constexpr size_t kFactors = kWholeFactors + kEndsFactors;
struct Factors {
  std::array<Float4, kFactors / 4> of{};
};

// What latency_fit.csv holds: the settings of rtt_process.py by the same names.
struct LatencyFit {
  double intercept_ms = 0, slope_ms_per_km = 0, line_fade_km = 0;
  double offset_ms = 0, fade_km = 0, share_ms = 0;
  double wide_km = 0, near_km = 0, near = 0, country_km = 0, country = 0;
  double domestic = 0;       // of the logarithm, within one country
  double domestic_kept = 1;  // of f and g there
  double whole_flat = 0, ends_flat = 0;
  size_t whole_positive = 0, whole_negative = 0, ends_positive = 0, ends_negative = 0;

  // InvalidArgument with file:line for an unknown, doubled, missing or impossible value.
  static absl::Status Parse(std::string_view latency_fit_csv, LatencyFit* out);
};

class PlaceFactors {
 public:
  absl::Status Parse(const LatencyFit& fit, std::string_view latency_places_csv,
                     std::string_view latency_corrections_csv, bool apply_corrections);
  Factors At(std::string_view country_iso2, const Coordinates& at) const;

  // f and g of a pair: equal bits for (a, b) and (b, a).
  struct Logarithms {
    float whole = 0, ends = 0;
  };
  Logarithms Of(const Factors& a, const Factors& b) const;

 private:
  struct Correction {
    std::array<float, 3> a, b;  // unit vectors
    float reach_a_km = 0, reach_b_km = 0;
    float scale = 0;  // sqrt(|ln factor| / 2)
  };
  absl::Status ReadPlaces(std::string_view csv);
  absl::Status ReadCorrections(std::string_view csv, bool apply);
  void AddAnchor(const Coordinates& at, std::string_view country,
                 const std::array<float, kFactors>& weights);

  LatencyFit fit_;
  // The anchors, column by column and padded to four with anchors that weigh nothing.
  std::array<std::vector<float>, 3> on_sphere_;
  std::vector<uint32_t> country_;
  std::vector<Factors> weight_;
  Factors sign_;  // 1, -1, or 0 where there is no factor
  Factors flat_;  // the sum over anchors of flat x weight
  std::vector<Correction> corrections_;
  size_t first_correction_ = 0;  // factor
};

// Two capitals as a number; 0 for anything else, which is like no country.
uint32_t CountryCode(std::string_view iso2);

}  // namespace terrella::net
