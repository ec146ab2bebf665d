// ScriptCounters: what one version of one script did on one shard since the last report.
//
// Thread: the shard's until taken; then a value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "edge_node/runtime/worker.h"
#include "edge_node/runtime/worker_code.h"

namespace terrella::edge {

// Requests from one country, named by its two letters.
struct CountryCounter {
  std::array<char, 2> country{};
  uint64_t requests = 0;
  uint64_t errors = 0;
};

struct ScriptCounters {
  static constexpr size_t kCountriesMax = 64;
  static constexpr size_t kFailureKinds = static_cast<size_t>(runtime::FailureKind::kShutdown) + 1;

  uint64_t requests = 0;
  uint64_t errors = 0;           // answers the node made for it: exceptions, limits, overload
  uint64_t responses_5xx = 0;    // the worker's own answers with such a status, and errors
  uint64_t cpu_limit_kills = 0;  // of errors, and refusals of a script that rests
  uint64_t scheduled_runs = 0;   // no part of the above
  uint64_t scheduled_failures = 0;
  uint64_t body_bytes = 0;  // of answers
  uint64_t cold_starts = 0;
  uint64_t subrequests = 0;
  // Of errors, by FailureKind; the last place has those without: it did not run.
  std::array<uint64_t, kFailureKinds + 1> failures{};
  std::vector<CountryCounter> countries;
  Histogram cpu_us;  // of requests
  Duration cpu{};
  Histogram latency_us;  // from the request's head to the whole answer in the socket

  // The counter of a country; null when there are too many, or it is none.
  CountryCounter* OfCountry(std::string_view country) {
    if (country.size() != 2) return nullptr;
    const std::array<char, 2> wanted = {country[0], country[1]};
    // The same country again and again, mostly.
    for (size_t i = 0; i < countries.size(); ++i) {
      if (countries[i].country != wanted) continue;
      if (i > 0) std::swap(countries[i], countries[i - 1]);
      return &countries[i > 0 ? i - 1 : 0];
    }
    if (countries.size() >= kCountriesMax) return nullptr;
    return &countries.emplace_back(CountryCounter{wanted, 0, 0});
  }

  void Merge(const ScriptCounters& other) {
    requests += other.requests;
    errors += other.errors;
    responses_5xx += other.responses_5xx;
    cpu_limit_kills += other.cpu_limit_kills;
    scheduled_runs += other.scheduled_runs;
    scheduled_failures += other.scheduled_failures;
    body_bytes += other.body_bytes;
    cold_starts += other.cold_starts;
    subrequests += other.subrequests;
    for (size_t i = 0; i < failures.size(); ++i) failures[i] += other.failures[i];
    for (const CountryCounter& from : other.countries) {
      if (CountryCounter* to = OfCountry({from.country.data(), 2}); to != nullptr) {
        to->requests += from.requests;
        to->errors += from.errors;
      }
    }
    cpu_us.Merge(other.cpu_us);
    cpu += other.cpu;
    latency_us.Merge(other.latency_us);
  }
};

using CountersByVersion =
    std::map<std::pair<std::string, std::string>, ScriptCounters>;  // (script, version id)

// The same while it is counted: a version's code is one object.
using CountersByCode =
    std::unordered_map<std::shared_ptr<const runtime::WorkerCode>, ScriptCounters>;

// What a shard reports to the control side.
struct ShardReport {
  CountersByVersion scripts;
  CountersByVersion chosen;  // not in `scripts`: of requests that named their version
  // What the places of ScriptCounters::failures are called.
  std::array<std::string_view, ScriptCounters::kFailureKinds + 1> failure_names{};
  size_t isolates = 0;
  size_t abandoned_isolates = 0;  // of the whole process
  size_t in_flight = 0;
  double load = 0;  // of the busiest shard's thread (load_meter.h)

  // Adds what another shard reported for the same time.
  void Merge(const ShardReport& other) {
    for (const auto& [key, counters] : other.scripts) scripts[key].Merge(counters);
    for (const auto& [key, counters] : other.chosen) chosen[key].Merge(counters);
    if (!other.failure_names.back().empty()) failure_names = other.failure_names;
    isolates += other.isolates;
    abandoned_isolates = std::max(abandoned_isolates, other.abandoned_isolates);
    in_flight += other.in_flight;
    load = std::max(load, other.load);
  }
};

}  // namespace terrella::edge
