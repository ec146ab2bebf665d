// ScriptCounters: what one version of one script did on one shard since the last report.
//
// Thread: the shard's until taken; then a value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/histogram.h"
#include "edge_node/runtime/worker_code.h"

namespace terrella::edge {

struct ScriptCounters {
  uint64_t requests = 0;
  uint64_t errors = 0;  // answers the node made for it: exceptions, limits, overload
  Duration cpu{};
  Histogram latency_us;  // from the request's head to the whole answer in the socket

  void Merge(const ScriptCounters& other) {
    requests += other.requests;
    errors += other.errors;
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
  size_t isolates = 0;
  size_t abandoned_isolates = 0;  // of the whole process
  size_t in_flight = 0;
};

}  // namespace terrella::edge
