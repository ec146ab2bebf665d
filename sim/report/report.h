// Report: the figures of one run in the order people read them: assertions, events, regions,
// cities.
//
// The one form that tables and JSON are drawn from, so that they cannot disagree.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// Felt time and errors of one group, in milliseconds; the times are NaN when nothing was answered.
struct GroupRow {
  std::string name;     // "Europe", "Lagos"
  std::string country;  // of a city
  uint64_t requests = 0;
  uint64_t errors = 0;
  double error_share = 0;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
  std::vector<std::pair<std::string, double>> pops;  // share of the answers by PoP, largest first
};

struct AssertionRow {
  std::string text;
  double actual = 0;  // NaN when there is no such value
  bool holds = false;
};

struct Report {
  std::string name;
  uint64_t seed = 0;
  double duration_s = 0;
  GroupRow total;
  std::vector<GroupRow> steering;    // only when both were in use
  std::vector<GroupRow> continents;  // by name
  std::vector<GroupRow> cities;      // by falling number of requests, then by name
  std::vector<std::pair<std::string, uint64_t>> failures;  // by kind, without zeros
  std::vector<EventRecord> events;
  std::vector<Failover> failovers;
  std::vector<AssertionRow> assertions;
  uint64_t mixed_versions = 0;
  std::vector<std::pair<std::string, uint64_t>> versions;  // answers by version id

  // Every assertion holds, every event could be performed.
  bool passed() const;
};

Report MakeReport(const Scenario& scenario, const Results& results);

// One JSON object; its keys are the field names above. NaN becomes null. Ends without a newline.
std::string ReportToJson(const Report& report);

}  // namespace terrella::sim
