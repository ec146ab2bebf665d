// LatencyModel: the round-trip time between any two points on Earth, and how it wobbles.
//
//   rtt = max(near + 1.05 x fibre(d), a(d) + b d + h(d)) + access(a) + access(b)
//
// a, b are fitted per pair of regions (data/region_fit.csv): a is the price of leaving the
// neighbourhood, detours through exchange points far away. h is the sum of the two ends' heights:
// what a place adds to all its paths, interpolated from the six nearest of 193 fitted ones
// (data/heights.csv). Both fade out as the ends meet, with 1 - exp(-d / fade_km), so two points in
// one city are `near` apart. `access` is the last mile of a client, 0 for a site in a data centre.
// The model is symmetric and static: congestion, loss and routing changes are layers of their own.
// scripts/data/fit_latency.py prints how far it is off: for a city it has not seen, 10 % in the
// median.
//
// Thread: immutable after Load, any.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "sim/net/geo.h"
#include "sim/net/places.h"
#include "sim/net/pops.h"
#include "sim/net/region.h"

namespace terrella::net {

// One end of a path.
struct Endpoint {
  Coordinates at;
  Region region = Region::kEurope;
  double height_ms = 0;      // what the place adds to far paths; may be negative
  double access_rtt_ms = 0;  // what the last mile adds to every path
};

struct LatencyOptions {
  // Median round trip over a wired last mile. An assumption: published per-country figures were not
  // found; cable and fibre are a few ms, DSL 10 to 20, mobile 20 to 50.
  double last_mile_rtt_ms = 4;
  // Round trip between two servers in one city.
  double near_rtt_ms = 1.0;
  // Distance over which the intercept reaches 63 % of itself; fitted (scripts/data/fit_latency.py).
  double fade_km = 500;
  // Real paths are never shorter than this times the straight fibre.
  double fibre_floor = 1.05;
};

class LatencyModel {
 public:
  static absl::StatusOr<std::shared_ptr<const LatencyModel>> Load(
      const std::filesystem::path& data_dir, const LatencyOptions& options = {});
  struct Files {
    std::string_view region_fit_csv, heights_csv;
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
  double JitterMs(CounterRandom& random, const Endpoint& a, const Endpoint& b) const;

  const LatencyOptions& options() const { return options_; }

 private:
  struct Line {
    double intercept_ms = 0;
    double slope_ms_per_km = 0;
  };
  struct Anchor {
    std::array<double, 3> on_sphere;  // unit vector
    double height_ms;
  };
  explicit LatencyModel(const LatencyOptions& options) : options_(options) {}
  absl::Status ReadLines(std::string_view region_fit_csv);
  absl::Status ReadHeights(std::string_view heights_csv);
  double HeightAt(const Coordinates& at) const;

  LatencyOptions options_;
  std::array<std::array<Line, kRegionCount>, kRegionCount> lines_{};  // symmetric
  std::vector<Anchor> anchors_;
};

}  // namespace terrella::net
