#include "sim/net/latency_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "sim/net/csv.h"

namespace terrella::net {
namespace {

constexpr size_t kDataFileBytesMax = 1 << 20;
constexpr size_t kAnchorsUsed = 6;
constexpr double kAnchorSoftKm = 50;
constexpr double kAnchorPullKm = 1500;

// Chosen so that the deviation of 30 pings, over paths, has the quantiles measured between hosting
// servers (p50 0.66, p90 8.7, p95 20, p99 103 ms): a lognormal scale, of whose variance the two
// ends explain 61 %.
constexpr double kLogDeviationMean = -0.3;  // ln ms
constexpr double kLogDeviationSigma = 1.75;
constexpr double kEndpointShare = 0.61;
constexpr double kDeviationMsMax = 100;
// Mean excess over the base is 0.58 of the deviation: a lognormal with sigma 1.17 has that ratio.
constexpr double kMeanPerDeviation = 0.58;
constexpr double kBodySigma = 1.17;
constexpr double kSpikeProbability = 0.01;
constexpr double kSpikeShape = 1.5;
constexpr double kJitterMsMax = 2000;

std::array<double, 3> OnUnitSphere(const Coordinates& at) {
  double lat = at.latitude_deg * (std::numbers::pi / 180);
  double lon = at.longitude_deg * (std::numbers::pi / 180);
  return {std::cos(lat) * std::cos(lon), std::cos(lat) * std::sin(lon), std::sin(lat)};
}

// Names an endpoint by its place to 0.01 degree, so that its jitter is a property of the place.
uint64_t PlaceKey(const Coordinates& at) {
  auto lat = static_cast<uint64_t>(std::llround((at.latitude_deg + 90) * 100));
  auto lon = static_cast<uint64_t>(std::llround((at.longitude_deg + 180) * 100));
  return lat << 32 | lon;
}

double NormalOf(uint64_t key) {
  return CounterRandom(0x6a697474, key).Normal();
}

// The path's mean deviation in ms: fixed for a pair of places.
double DeviationMs(const Coordinates& a, const Coordinates& b) {
  uint64_t ka = PlaceKey(a), kb = PlaceKey(b);
  double ends = (NormalOf(ka) + NormalOf(kb)) * std::sqrt(kEndpointShare / 2);
  double pair = NormalOf(Mix64(ka) ^ Mix64(kb)) * std::sqrt(1 - kEndpointShare);
  double log_ms = kLogDeviationMean + kLogDeviationSigma * (ends + pair);
  return std::min(std::exp(log_ms), kDeviationMsMax);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LatencyModel>> LatencyModel::Load(
    const std::filesystem::path& data_dir, const LatencyOptions& options) {
  ASSIGN_OR_RETURN(std::string lines, ReadFile(data_dir / "region_fit.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string heights, ReadFile(data_dir / "heights.csv", kDataFileBytesMax));
  return Parse({.region_fit_csv = lines, .heights_csv = heights}, options);
}

absl::StatusOr<std::shared_ptr<const LatencyModel>> LatencyModel::Parse(
    const Files& files, const LatencyOptions& options) {
  CHECK(options.last_mile_rtt_ms >= 0 && options.near_rtt_ms > 0 && options.fade_km > 0 &&
        options.fibre_floor >= 1);
  std::shared_ptr<LatencyModel> model(new LatencyModel(options));
  RETURN_IF_ERROR(model->ReadLines(files.region_fit_csv));
  RETURN_IF_ERROR(model->ReadHeights(files.heights_csv));
  return model;
}

absl::Status LatencyModel::ReadLines(std::string_view region_fit_csv) {
  ASSIGN_OR_RETURN(CsvReader reader,
                   CsvReader::Open(region_fit_csv, "region_fit.csv",
                                   "region_a,region_b,pairs,intercept_ms,slope_ms_per_1000km"));
  std::array<std::array<bool, kRegionCount>, kRegionCount> seen{};
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) break;
    std::optional<Region> a = ParseRegion(reader.Text(0)), b = ParseRegion(reader.Text(1));
    if (!a || !b) return reader.Error("expected two region codes such as EU");
    auto i = static_cast<size_t>(*a), j = static_cast<size_t>(*b);
    if (seen[i][j]) return reader.Error("expected each pair of regions once");
    seen[i][j] = seen[j][i] = true;
    Line line;
    ASSIGN_OR_RETURN(line.intercept_ms, reader.Number(3, -1000, 1000));
    // A negative slope would make far sites near.
    ASSIGN_OR_RETURN(double slope, reader.Number(4, 0, 1000));
    line.slope_ms_per_km = slope / 1000;
    lines_[i][j] = lines_[j][i] = line;
  }
  for (size_t i = 0; i < kRegionCount; ++i) {
    for (size_t j = i; j < kRegionCount; ++j) {
      if (seen[i][j]) continue;
      return InvalidArgument("region_fit.csv: expected a line for {} and {}",
                             RegionCode(static_cast<Region>(i)),
                             RegionCode(static_cast<Region>(j)));
    }
  }
  return absl::OkStatus();
}

absl::Status LatencyModel::ReadHeights(std::string_view heights_csv) {
  ASSIGN_OR_RETURN(CsvReader reader,
                   CsvReader::Open(heights_csv, "heights.csv", "latitude,longitude,height_ms"));
  while (true) {
    ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return absl::OkStatus();
    Coordinates at;
    ASSIGN_OR_RETURN(at.latitude_deg, reader.Number(0, -90, 90));
    ASSIGN_OR_RETURN(at.longitude_deg, reader.Number(1, -180, 180));
    ASSIGN_OR_RETURN(double height_ms, reader.Number(2, -500, 500));
    anchors_.push_back({.on_sphere = OnUnitSphere(at), .height_ms = height_ms});
  }
}

// Weighted mean of the nearest anchors, with a pull towards 0 far from all of them.
double LatencyModel::HeightAt(const Coordinates& at) const {
  struct Near {
    double cosine = -2;
    double height_ms = 0;
  };
  std::array<Near, kAnchorsUsed> nearest;  // nearest first
  std::array<double, 3> point = OnUnitSphere(at);
  for (const Anchor& anchor : anchors_) {
    const auto& p = anchor.on_sphere;
    Near here{.cosine = p[0] * point[0] + p[1] * point[1] + p[2] * point[2],
              .height_ms = anchor.height_ms};
    if (here.cosine <= nearest.back().cosine) continue;
    for (Near& slot : nearest) {
      if (here.cosine > slot.cosine) std::swap(here, slot);
    }
  }
  double sum = 0, weights = 1 / kAnchorPullKm;
  for (const Near& near : nearest) {
    if (near.cosine < -1.5) break;  // fewer anchors than slots
    double km = kEarthRadiusKm * std::acos(std::clamp(near.cosine, -1.0, 1.0));
    sum += near.height_ms / (km + kAnchorSoftKm);
    weights += 1 / (km + kAnchorSoftKm);
  }
  return sum / weights;
}

Endpoint LatencyModel::ClientAt(const Place& place) const {
  return ClientAt(place.country, place.at);
}

Endpoint LatencyModel::ClientAt(std::string_view country, const Coordinates& at) const {
  Endpoint endpoint = SiteAt(country, at);
  endpoint.access_rtt_ms = options_.last_mile_rtt_ms;
  return endpoint;
}

Endpoint LatencyModel::SiteAt(const PopSite& site) const {
  return SiteAt(site.country, site.at);
}

Endpoint LatencyModel::SiteAt(std::string_view country, const Coordinates& at) const {
  return {.at = at, .region = RegionOf(country, at), .height_ms = HeightAt(at), .access_rtt_ms = 0};
}

double LatencyModel::RttMs(const Endpoint& a, const Endpoint& b) const {
  const Line& line = lines_[static_cast<size_t>(a.region)][static_cast<size_t>(b.region)];
  double km = GreatCircleKm(a.at, b.at);
  double floor_ms = options_.near_rtt_ms + options_.fibre_floor * FibreRttMs(km);
  double faded = 1 - std::exp(-km / options_.fade_km);
  double intercept_ms = line.intercept_ms;
  if (intercept_ms > options_.near_rtt_ms) {
    intercept_ms = options_.near_rtt_ms + (intercept_ms - options_.near_rtt_ms) * faded;
  }
  double heights_ms = (a.height_ms + b.height_ms) * faded;
  double path_ms = std::max(floor_ms, intercept_ms + line.slope_ms_per_km * km + heights_ms);
  return path_ms + (a.access_rtt_ms + b.access_rtt_ms);
}

double LatencyModel::JitterMs(CounterRandom& random, const Endpoint& a, const Endpoint& b) const {
  double deviation_ms = DeviationMs(a.at, b.at);
  double mean_ms = kMeanPerDeviation * deviation_ms;
  // Three draws always, so that the stream stays in step whatever the outcome.
  double body = std::exp(kBodySigma * random.Normal() - kBodySigma * kBodySigma / 2);
  double spike_draw = random.Uniform();
  double tail = 1 - random.Uniform();  // (0, 1]
  double jitter_ms = mean_ms * body;
  if (spike_draw < kSpikeProbability) {
    jitter_ms += 5 * deviation_ms * std::pow(tail, -1 / kSpikeShape);
  }
  return std::min(jitter_ms, kJitterMsMax);
}

}  // namespace terrella::net
