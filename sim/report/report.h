// Report: the figures of one run in the order people read them: assertions, events, regions,
// cities.
//
// The one form that tables and JSON are drawn from, so that they cannot disagree.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/report/baseline.h"
#include "sim/report/caches.h"
#include "sim/report/shift.h"
#include "sim/report/typical.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// Felt time and errors of one group, in milliseconds; the times are NaN when nothing was answered.
struct GroupRow {
  std::string name;      // "Europe", "Lagos"
  std::string country;   // of a city
  net::CityId city = 0;  // of a city
  uint64_t requests = 0;
  uint64_t errors = 0;
  double error_share = 0;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
  // Between which the true quantile is, with 95 %; see QuantileBoundsMs.
  double p50_low_ms = 0, p50_high_ms = 0, p95_low_ms = 0, p95_high_ms = 0;
  std::vector<std::pair<std::string, double>> pops;  // share of the answers by PoP, largest first
};
// "FRA 41 %, CDG 24 %": the first `most` of row.pops, each with `percent` behind its number.
std::string PopShares(const GroupRow& row, size_t most, std::string_view percent);

// A part of the run, by when requests were due.
struct TimeSlice {
  double begin_s = 0;
  uint64_t requests = 0;
  uint64_t errors = 0;
  double p50_ms = 0, p95_ms = 0;  // NaN when nothing was answered
};

// Felt time of one group: the quantiles 0, 1/100, ... 1; empty when nothing was answered.
struct Curve {
  std::string name;
  std::vector<double> ms;
};

// What requests to KV saw.
struct KvRow {
  std::string name;  // "all", "Europe"
  uint64_t reads = 0, writes = 0, stale_reads = 0;
  double stale_share = 0;   // of the reads; NaN without any
  double stale_max_ms = 0;  // for how long what the worst read saw had been out of date
};

struct AssertionRow {
  std::string text;
  double actual = 0;  // NaN when there is no such value
  bool holds = false;
  std::string subject = {};             // as Assertion::Subject()
  std::optional<double> baseline = {};  // what it was compared with
  bool skipped = false;                 // there was nothing to compare with
};

// How the run is had again: byte for byte in virtual time, with other luck live.
struct Replay {
  std::string command;          // "terrella sim run --virtual scenarios/x.toml --pops 12"
  std::string scenario_sha256;  // of the file, in hexadecimal
};

constexpr size_t kSlicesMax = 120;

struct Report {
  std::string name;
  uint64_t seed = 0;
  double duration_s = 0;
  GroupRow total;
  std::optional<GroupRow> pages;         // with their parts; none: the scenario has none
  std::vector<GroupRow> page_protocols;  // the same by what people speak, when that differs
  std::vector<KvRow> kv;                 // all, then continents by name; of a scenario with KV
  std::vector<GroupRow> steering;        // only when both were in use
  std::vector<GroupRow> continents;      // by name
  std::vector<GroupRow> countries;       // named by code, by falling number of requests
  std::vector<GroupRow> cities;          // by falling number of requests, then by name
  std::vector<std::pair<std::string, uint64_t>> failures;  // by kind, without zeros
  double slice_s = 0;                                      // length of a slice
  std::vector<TimeSlice> slices;                           // by time, at most kSlicesMax
  std::vector<Curve> curves;  // of all, and by steering when both were in use
  std::vector<EventRecord> events;
  std::vector<Failover> failovers;
  CacheFigures caches;  // nothing was asked of them: the scenario has none
  std::vector<Typical> typical;
  std::vector<Shift> shifts;
  std::vector<AssertionRow> assertions;
  Replay replay;  // empty: whoever ran it does not say
  uint64_t mixed_versions = 0;
  std::vector<std::pair<std::string, uint64_t>> versions;  // answers by version id

  // Every assertion that could be judged holds, every event could be performed.
  bool passed() const;
};

// `baseline` as below.
AssertionRow JudgeAssertion(const Assertion& assertion, const Scenario& scenario,
                            const Results& results, const Baseline* baseline);

// `baseline`: an earlier run's figures; null: assertions that compare with them are skipped.
Report MakeReport(const Scenario& scenario, const Results& results,
                  const Baseline* baseline = nullptr);

// One JSON object; its keys are the field names above. NaN becomes null. Ends without a newline.
std::string ReportToJson(const Report& report);

}  // namespace terrella::sim
