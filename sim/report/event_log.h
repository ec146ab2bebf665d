// EventLog: every request and event of a run as lines of CSV, in the order of their beginning.
//
//   at_ns,what,city,steering,pop,version,status,outcome,felt_ns,cache
//   10233,request,Lagos NG,dns,LOS,as deployed first,200,answered,31402210,hit
//   6000000000,kill FRA,,,FRA,,,done,20000000,
//
// `outcome` of a request is "answered" or why it failed ("dns", "connect", "timeout", ...); of an
// event "done" or why not. `cache` is what the node's cache made of it (cache_use.h), empty where
// none was asked or the request failed. Two runs that did the same have the same bytes.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

// Errors are the file's.
absl::Status WriteEventLog(const Results& results, const std::filesystem::path& file);

}  // namespace terrella::sim
