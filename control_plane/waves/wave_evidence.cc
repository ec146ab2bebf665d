#include "control_plane/waves/wave_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "control_plane/waves/exact_test.h"

namespace terrella::control {
namespace {

constexpr int kBucketsMax = 1920;    // those of all 64-bit values
constexpr double kSlowShare = 0.01;  // the slowest requests that p99 is about

// Values in microseconds with weights.
using Weighted = std::vector<std::pair<double, double>>;

void AddWeighted(const Histogram& histogram, double scale, double weight, Weighted& out) {
  const std::vector<uint64_t>& buckets = histogram.buckets();
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] == 0) continue;
    out.emplace_back(static_cast<double>(Histogram::MiddleOf(i)) * scale,
                     static_cast<double>(buckets[i]) * weight);
  }
}

double P99(Weighted values) {
  std::sort(values.begin(), values.end());
  double all = 0, seen = 0;
  for (const auto& [value, weight] : values) all += weight;
  for (const auto& [value, weight] : values) {
    seen += weight;
    if (seen >= (1 - kSlowShare) * all) return value;
  }
  return 0;
}

// How many of the node's slowest requests each version has, the new one's time divided by `ratio`;
// `as_new`: of as many as the new one has requests.
Stratum Slowest(const Histogram& of_new, const Histogram& of_old, double ratio, bool as_new) {
  std::map<double, std::pair<uint64_t, uint64_t>, std::greater<>> by_time;  // new, old
  auto add = [&](const Histogram& histogram, double scale, bool is_new) {
    const std::vector<uint64_t>& buckets = histogram.buckets();
    for (size_t i = 0; i < buckets.size(); ++i) {
      if (buckets[i] == 0) continue;
      auto& both = by_time[static_cast<double>(Histogram::MiddleOf(i)) * scale];
      (is_new ? both.first : both.second) += buckets[i];
    }
  };
  add(of_new, 1 / ratio, true);
  add(of_old, 1, false);
  Stratum out{.new_total = of_new.count(), .old_total = of_old.count()};
  const auto slow = static_cast<uint64_t>(
      std::ceil(kSlowShare * static_cast<double>(out.new_total + out.old_total)));
  const uint64_t wanted = as_new ? std::max(slow, out.new_total) : slow;
  for (const auto& [time, both] : by_time) {
    if (out.new_events + out.old_events >= wanted) break;
    out.new_events += both.first;
    out.old_events += both.second;
  }
  return out;
}

v1::GateReading Reading(const char* gate, double alpha) {
  v1::GateReading reading;
  reading.set_gate(gate);
  reading.set_alpha(alpha);
  reading.set_p_value(1);
  return reading;
}

// `if_equal`: the chance of such a difference between equal versions.
void Conclude(bool beyond_limit, double if_equal, v1::GateReading& reading) {
  reading.set_verdict(!beyond_limit                         ? v1::GateReading::PASSES
                      : reading.p_value() < reading.alpha() ? v1::GateReading::TRIPPED
                      : if_equal < kDoubt                   ? v1::GateReading::WAITS
                                                            : v1::GateReading::PASSES);
}

}  // namespace

void WaveEvidence::Add(const std::string& node, bool version_is_new, const v1::ScriptStats& stats) {
  Counts& counts = version_is_new ? nodes_[node].of_new : nodes_[node].of_old;
  counts.requests += stats.requests();
  // A node cannot have more bad requests than requests, whatever it says.
  counts.errors += std::min(std::max(stats.responses_5xx(), stats.errors()), stats.requests());
  counts.cpu_kills += std::min(stats.cpu_limit_kills(), stats.requests());
  const auto buckets = std::min(stats.latency_us_buckets_size(), kBucketsMax);
  counts.latency_us.Merge(Histogram::FromBuckets(
      {stats.latency_us_buckets().begin(), stats.latency_us_buckets().begin() + buckets}));
}

uint64_t WaveEvidence::new_requests() const {
  uint64_t sum = 0;
  for (const auto& [id, node] : nodes_) {
    if (node.has_both()) sum += node.of_new.requests;
  }
  return sum;
}

uint64_t WaveEvidence::old_requests() const {
  uint64_t sum = 0;
  for (const auto& [id, node] : nodes_) {
    if (node.has_both()) sum += node.of_old.requests;
  }
  return sum;
}

double WaveEvidence::NewErrorRate() const {
  double errors = 0, requests = 0;
  for (const auto& [id, node] : nodes_) {
    if (!node.has_both()) continue;
    errors += static_cast<double>(node.of_new.errors);
    requests += static_cast<double>(node.of_new.requests);
  }
  return requests > 0 ? errors / requests : 0;
}

// Had its requests come where the new version's came.
double WaveEvidence::OldErrorRate() const {
  double errors = 0, requests = 0;
  for (const auto& [id, node] : nodes_) {
    if (!node.has_both()) continue;
    const auto weight = static_cast<double>(node.of_new.requests);
    errors += weight * static_cast<double>(node.of_old.errors) /
              static_cast<double>(node.of_old.requests);
    requests += weight;
  }
  return requests > 0 ? errors / requests : 0;
}

double WaveEvidence::NewP99Us() const {
  Weighted values;
  for (const auto& [id, node] : nodes_) {
    if (node.has_both()) AddWeighted(node.of_new.latency_us, 1, 1, values);
  }
  return P99(std::move(values));
}

double WaveEvidence::OldP99Us() const {
  Weighted values;
  for (const auto& [id, node] : nodes_) {
    if (!node.has_both()) continue;
    AddWeighted(
        node.of_old.latency_us, 1,
        static_cast<double>(node.of_new.requests) / static_cast<double>(node.of_old.requests),
        values);
  }
  return P99(std::move(values));
}

v1::GateReading WaveEvidence::ReadErrors(const v1::Gates& gates, double alpha) const {
  v1::GateReading reading = Reading(kErrorsGate, alpha);
  std::vector<Stratum> strata, at_limit;
  double tolerated = 0;  // errors, of the old version's requests so far
  for (const auto& [id, node] : nodes_) {
    if (!node.has_both()) continue;
    Stratum& stratum = strata.emplace_back(Stratum{node.of_new.errors, node.of_new.requests,
                                                   node.of_old.errors, node.of_old.requests});
    // Whole ones, node by node, so that their sum is rounded up once.
    const double before = std::ceil(tolerated);
    tolerated += gates.error_rate_excess() * static_cast<double>(stratum.old_total);
    Stratum& limit = at_limit.emplace_back(stratum);
    limit.old_events = std::min(
        limit.old_total, limit.old_events + static_cast<uint64_t>(std::ceil(tolerated) - before));
  }
  reading.set_new_value(NewErrorRate());
  reading.set_old_value(OldErrorRate());
  reading.set_limit(reading.old_value() + gates.error_rate_excess());
  reading.set_p_value(ChanceOfExcess(at_limit));
  Conclude(reading.new_value() > reading.limit(), ChanceOfExcess(strata), reading);
  reading.set_text(fmt::format("{:.2f} % errors beside {:.2f} %, limit {:.2f} %",
                               100 * reading.new_value(), 100 * reading.old_value(),
                               100 * reading.limit()));
  return reading;
}

v1::GateReading WaveEvidence::ReadLatency(const v1::Gates& gates, double alpha) const {
  v1::GateReading reading = Reading(kLatencyGate, alpha);
  std::vector<Stratum> slowest, slower;
  for (const auto& [id, node] : nodes_) {
    if (!node.has_both()) continue;
    const Histogram &a = node.of_new.latency_us, &b = node.of_old.latency_us;
    slowest.push_back(Slowest(a, b, gates.p99_ratio(), false));
    slower.push_back(Slowest(a, b, gates.p99_ratio(), true));
  }
  reading.set_new_value(NewP99Us() / 1000);
  reading.set_old_value(OldP99Us() / 1000);
  reading.set_limit(std::max(gates.p99_ratio() * reading.old_value(), gates.p99_floor_ms()));
  // Two tests, so each has half of the chance to be wrong.
  reading.set_p_value(std::min(1.0, 2 * std::min(ChanceOfExcess(slowest), ChanceOfExcess(slower))));
  // The p99 of fewer requests than that is one request's bad luck, such as a cold start.
  const bool enough = new_requests() >= gates.requests_min();
  Conclude(enough && reading.new_value() > reading.limit(), reading.p_value(), reading);
  reading.set_text(fmt::format("p99 {:.1f} ms beside {:.1f} ms, limit {:.1f} ms",
                               reading.new_value(), reading.old_value(), reading.limit()));
  return reading;
}

v1::GateReading WaveEvidence::ReadCpuKills(double alpha) const {
  v1::GateReading reading = Reading(kCpuGate, alpha);
  std::vector<Stratum> strata;
  uint64_t of_new = 0, of_old = 0;
  for (const auto& [id, node] : nodes_) {
    if (!node.has_both()) continue;
    strata.push_back(
        {node.of_new.cpu_kills, node.of_new.requests, node.of_old.cpu_kills, node.of_old.requests});
    of_new += node.of_new.cpu_kills;
    of_old += node.of_old.cpu_kills;
  }
  reading.set_new_value(static_cast<double>(of_new));
  reading.set_old_value(static_cast<double>(of_old));
  reading.set_p_value(ChanceOfExcess(strata));
  Conclude(reading.p_value() < alpha, 1, reading);
  reading.set_text(fmt::format("{} requests stopped at the CPU limit beside {}", of_new, of_old));
  return reading;
}

v1::WaveFigures WaveEvidence::Read(const v1::Gates& gates, double alpha) const {
  v1::WaveFigures figures;
  v1::VersionFigures& of_new = *figures.mutable_new_version();
  v1::VersionFigures& of_old = *figures.mutable_old_version();
  for (const auto& [id, node] : nodes_) {
    if (!node.has_both()) continue;
    figures.set_nodes(figures.nodes() + 1);
    of_new.set_requests(of_new.requests() + node.of_new.requests);
    of_new.set_errors(of_new.errors() + node.of_new.errors);
    of_new.set_cpu_kills(of_new.cpu_kills() + node.of_new.cpu_kills);
    of_old.set_requests(of_old.requests() + node.of_old.requests);
    of_old.set_errors(of_old.errors() + node.of_old.errors);
    of_old.set_cpu_kills(of_old.cpu_kills() + node.of_old.cpu_kills);
  }
  *figures.add_gates() = ReadErrors(gates, alpha);
  *figures.add_gates() = ReadLatency(gates, alpha);
  *figures.add_gates() = ReadCpuKills(alpha);
  of_new.set_error_rate(figures.gates(0).new_value());
  of_old.set_error_rate(figures.gates(0).old_value());
  of_new.set_p99_ms(figures.gates(1).new_value());
  of_old.set_p99_ms(figures.gates(1).old_value());
  return figures;
}

}  // namespace terrella::control
