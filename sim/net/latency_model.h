// LatencyModel: the round-trip time between any two points on Earth, and how it wobbles.
//
//   rtt = max(near + 1.05 x fibre(d), (line(d) + c) x exp(fade(d) x (h + k (f + share(d) g))) - c)
//         + access(a) + access(b)
//
// line(d) is what distance alone makes of a path, one line for the whole world. f and g are what is
// particular to the two neighbourhoods: how well each is connected, and how roundabout the way is
// between them. Both are products of a few factors a place (place_factors.h), fitted to measured
// times by scripts/data/fit_latency.py. Within one country h is what such a path saves and k how
// much it shares of the country's ways abroad; across borders h is 0 and k 1. f and g fade out as
// the ends meet, so two points in one city are `near` apart. `access` is the last mile of a client,
// 0 for a site in a data centre.
// The model is symmetric and static: congestion, loss and routing changes are layers of their own.
// docs/validation.md says how far it is off: for a city it has not seen, 7 % in the median.
//
// Thread: immutable after Load, any.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "sim/net/geo.h"
#include "sim/net/place_factors.h"
#include "sim/net/places.h"
#include "sim/net/pops.h"

namespace terrella::net {

// One end of a path: made once by the model (a microsecond or two), then used for many lookups.
struct Endpoint {
  Coordinates at;
  std::array<double, 3> on_sphere{1, 0, 0};  // `at` as a unit vector
  Factors factors;
  uint32_t country = 0;      // CountryCode
  double access_rtt_ms = 0;  // what the last mile adds to every path
};

struct LatencyOptions {
  // Median round trip over a wired last mile. An assumption: published per-country figures were not
  // found; cable and fibre are a few ms, DSL 10 to 20, mobile 20 to 50.
  double last_mile_rtt_ms = 4;
  // Round trip between two servers in one city.
  double near_rtt_ms = 1.0;
  // Real paths are never shorter than this times the straight fibre.
  double fibre_floor = 1.05;
  // Whether paths known to have changed since the measurements are changed (data/
  // latency_corrections.csv).
  bool corrections = true;
};

class LatencyModel {
 public:
  static absl::StatusOr<std::shared_ptr<const LatencyModel>> Load(
      const std::filesystem::path& data_dir, const LatencyOptions& options = {});
  struct Files {
    std::string_view fit_csv, places_csv, corrections_csv;
  };
  static absl::StatusOr<std::shared_ptr<const LatencyModel>> Parse(
      const Files& files, const LatencyOptions& options = {});

  // A person: with a last mile.
  Endpoint ClientAt(const Place& place) const;
  Endpoint ClientAt(std::string_view country, const Coordinates& at) const;
  // A server in a data centre.
  Endpoint SiteAt(const PopSite& site) const;
  Endpoint SiteAt(std::string_view country, const Coordinates& at) const;

  // Base round-trip time: what the fastest of many pings shows. Finite and > 0 for all coordinates.
  double RttMs(const Endpoint& a, const Endpoint& b) const;

  // What one round trip takes on top of the base: a lognormal body whose scale belongs to the two
  // endpoints (61 % of the variance of measured path jitter is explained by them), and in one of a
  // hundred a Pareto spike. >= 0, at most 2000. Draws from `random`; the endpoints' scale does not.
  double JitterMs(CounterRandom& random, const Endpoint& a, const Endpoint& b) const {
    return JitterMs(random, DeviationMs(a, b));
  }
  // The endpoints' part of it, for those who draw often: the scale, and a draw of that scale.
  static double DeviationMs(const Endpoint& a, const Endpoint& b);
  static double JitterMs(CounterRandom& random, double deviation_ms);

  const LatencyOptions& options() const { return options_; }

 private:
  explicit LatencyModel(const LatencyOptions& options) : options_(options) {}

  LatencyOptions options_;
  LatencyFit fit_;
  PlaceFactors factors_;
};

}  // namespace terrella::net
