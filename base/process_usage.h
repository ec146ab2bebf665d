// ProcessUsage: what this process takes of the machine.
#pragma once

#include <cstdint>

namespace terrella {

struct ProcessUsage {
  double cpu_s = 0;
  uint64_t resident_bytes = 0;
  uint64_t open_fds = 0;
  double started_unix_s = 0;
};
// Of now, out of /proc; zeros for what cannot be read. Thread: any.
ProcessUsage ReadProcessUsage();

}  // namespace terrella
