// ReportDifference: what changed from one report of a run (sim run --json) to another: for all, by
// region, by city, with intervals that say whether chance explains it.
//
// A quantile's interval is in the report, by order statistics; an error share's is Wilson's (1927).
// The interval of a difference of two independent figures follows from both by squaring and adding
// (Newcombe 1998; MOVER, Donner and Zou 2012). All are of 95 %: of a hundred cities without a
// change five seem to have one.
//
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::cli {

// A figure with the bounds between which its true value is.
struct Bounded {
  double value = 0, low = 0, high = 0;  // NaN when there is none
};

struct Change {
  Bounded before, after, difference;  // after - before
  // Zero is outside the difference's interval.
  bool sure() const { return difference.low > 0 || difference.high < 0; }
};

struct DifferenceRow {
  std::string name, country;  // no country: a group
  uint64_t requests_before = 0, requests_after = 0;
  Change p50_ms, p95_ms, error_share;
  std::string pop_before, pop_after;  // who answered most; "" when nobody did
  double moved_share = 0;             // of the answers that come from another PoP than before
  bool moved() const { return pop_before != pop_after; }
};

struct ReportDifference {
  std::string name_before, name_after;
  DifferenceRow total;
  std::vector<DifferenceRow> continents, cities;  // those that both have, in the first's order
  size_t cities_only_before = 0, cities_only_after = 0;
};

// The texts are JSON of `sim run --json`; InvalidArgument names what is missing and where.
absl::StatusOr<ReportDifference> CompareReports(std::string_view before, std::string_view after);

// Bounds of a share of which `hits` of `count` were seen.
Bounded WilsonBounds(uint64_t hits, uint64_t count);
Change ChangeOf(const Bounded& before, const Bounded& after);

}  // namespace terrella::cli
