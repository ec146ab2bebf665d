// ProcessUsage: what this process takes of the machine, and its metric families, by the names that
// Prometheus' client libraries agree on.
#pragma once

#include <array>
#include <cstdint>

#include "base/exposition.h"

namespace terrella {

struct ProcessUsage {
  double cpu_s = 0;
  uint64_t resident_bytes = 0;
  uint64_t open_fds = 0;
  double started_unix_s = 0;
};
// Of now, out of /proc; zeros for what cannot be read. Thread: any.
ProcessUsage ReadProcessUsage();

namespace process_metric {

inline constexpr MetricFamily kCpu{"process_cpu_seconds_total", MetricFamily::Type::kCounter, "",
                                   "CPU time of the process, its own and the kernel's"};
inline constexpr MetricFamily kResident{"process_resident_memory_bytes", MetricFamily::Type::kGauge,
                                        "", "Memory of the process that is in RAM"};
inline constexpr MetricFamily kFds{"process_open_fds", MetricFamily::Type::kGauge, "",
                                   "Open file descriptors"};
inline constexpr MetricFamily kStarted{"process_start_time_seconds", MetricFamily::Type::kGauge, "",
                                       "When the process started, since the Unix epoch"};

}  // namespace process_metric

// The four families with their samples, in the order above.
void WriteProcessUsage(const ProcessUsage& usage, Exposition& out);

}  // namespace terrella
