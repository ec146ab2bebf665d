#include "sim/net/latency_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "sim/net/lognormal_table.h"

namespace terrella::net {
namespace {

constexpr size_t kDataFileBytesMax = 1 << 20;
// Of the logarithm of a path's time over the line's: beyond any measured pair, and keeps exp finite
// whatever the files hold.
constexpr double kLogMax = 3;

// Chosen so that the deviation of 30 pings, over paths, has the quantiles measured between hosting
// servers (p50 0.66, p90 8.7, p95 20, p99 103 ms): a lognormal scale, of whose variance the two
// ends explain 61 %.
constexpr double kDeviationMsMin = 0.15;    // clocks and queues of the hosts themselves
constexpr double kLogDeviationMean = -0.6;  // ln ms
constexpr double kLogDeviationSigma = 1.95;
constexpr double kEndpointShare = 0.61;
constexpr double kDeviationMsMax = 100;
// Mean excess over the base is 0.58 of the deviation: a lognormal with sigma 1.17 has that ratio.
constexpr double kMeanPerDeviation = 0.58;
constexpr double kBodySigma = 1.17;
constexpr double kSpikeProbability = 0.01;
constexpr double kSpikeShape = 1.5;
constexpr double kJitterMsMax = 2000;

// As GreatCircleKm, from unit vectors: exact near 0, and equal bits for (a, b) and (b, a).
double ArcKm(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  double chord = std::sqrt(x * x + y * y + z * z);
  return 2 * kEarthRadiusKm * std::asin(std::min(chord / 2, 1.0));
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

}  // namespace

absl::StatusOr<std::shared_ptr<const LatencyModel>> LatencyModel::Load(
    const std::filesystem::path& data_dir, const LatencyOptions& options) {
  ASSIGN_OR_RETURN(std::string fit, ReadFile(data_dir / "latency_fit.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string places,
                   ReadFile(data_dir / "latency_places.csv", kDataFileBytesMax));
  ASSIGN_OR_RETURN(std::string corrections,
                   ReadFile(data_dir / "latency_corrections.csv", kDataFileBytesMax));
  return Parse({.fit_csv = fit, .places_csv = places, .corrections_csv = corrections}, options);
}

absl::StatusOr<std::shared_ptr<const LatencyModel>> LatencyModel::Parse(
    const Files& files, const LatencyOptions& options) {
  CHECK(options.last_mile_rtt_ms >= 0 && options.near_rtt_ms > 0 && options.fibre_floor >= 1);
  std::shared_ptr<LatencyModel> model(new LatencyModel(options));
  RETURN_IF_ERROR(LatencyFit::Parse(files.fit_csv, &model->fit_));
  RETURN_IF_ERROR(model->factors_.Parse(model->fit_, files.places_csv, files.corrections_csv,
                                        options.corrections));
  return model;
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
  return {.at = at,
          .on_sphere = UnitVector(at),
          .factors = factors_.At(country, at),
          .country = CountryCode(country)};
}

double LatencyModel::RttMs(const Endpoint& a, const Endpoint& b) const {
  double km = ArcKm(a.on_sphere, b.on_sphere);
  double floor_ms = options_.near_rtt_ms + options_.fibre_floor * FibreRttMs(km);
  double faded = km / (km + fit_.line_fade_km);
  double line_ms = options_.near_rtt_ms + (fit_.intercept_ms - options_.near_rtt_ms) * faded;
  line_ms = std::max(floor_ms, line_ms + fit_.slope_ms_per_km * km);
  double share = 2 * fit_.share_ms / (line_ms + fit_.share_ms);
  PlaceFactors::Logarithms logs = factors_.Of(a.factors, b.factors);
  double log = logs.whole + share * logs.ends;
  if (a.country == b.country && a.country != 0) log = fit_.domestic + fit_.domestic_kept * log;
  log *= km / (km + fit_.fade_km);
  double factor = std::exp(std::clamp(log, -kLogMax, kLogMax));
  double path_ms = std::max(floor_ms, (line_ms + fit_.offset_ms) * factor - fit_.offset_ms);
  return path_ms + (a.access_rtt_ms + b.access_rtt_ms);
}

// The path's mean deviation in ms: fixed for a pair of places.
double LatencyModel::DeviationMs(const Endpoint& a, const Endpoint& b) {
  uint64_t ka = PlaceKey(a.at), kb = PlaceKey(b.at);
  double ends = (NormalOf(ka) + NormalOf(kb)) * std::sqrt(kEndpointShare / 2);
  double pair = NormalOf(Mix64(ka) ^ Mix64(kb)) * std::sqrt(1 - kEndpointShare);
  double log_ms = kLogDeviationMean + kLogDeviationSigma * (ends + pair);
  return std::min(kDeviationMsMin + std::exp(log_ms), kDeviationMsMax);
}

double LatencyModel::JitterMs(CounterRandom& random, double deviation_ms) {
  double mean_ms = kMeanPerDeviation * deviation_ms;
  static const LognormalTable body(kBodySigma);
  // Two draws always, so that the stream stays in step whatever the outcome.
  double jitter_ms = mean_ms * body.At(random.Uniform());
  double spike_draw = random.Uniform();
  if (spike_draw < kSpikeProbability) {
    double tail = 1 - spike_draw / kSpikeProbability;  // (0, 1]
    jitter_ms += 5 * deviation_ms * std::pow(tail, -1 / kSpikeShape);
  }
  return std::min(jitter_ms, kJitterMsMax);
}

}  // namespace terrella::net
