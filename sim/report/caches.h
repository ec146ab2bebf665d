// CacheFigures: what the caches of a run's nodes did, in all, by continent of those who asked, and
// by PoP.
//
// Plain data.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/results.h"

namespace terrella::sim {

struct CacheRow {
  std::string name;  // "Europe", "FRA"
  CacheCounts counts;
};

struct CacheFigures {
  CacheCounts all;
  // Without those where no cache was asked.
  std::vector<CacheRow> continents;  // by name
  std::vector<CacheRow> pops;        // by falling number of requests, then by code
};

CacheFigures CacheFiguresOf(const Results& results);

}  // namespace terrella::sim
