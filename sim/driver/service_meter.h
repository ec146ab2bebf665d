// ServiceMeter: what a node needs for one kind of request, measured on a real one.
//
// First one request alone: the isolate is made. Then some hundred one after another: how long an
// answer takes. Some more with pauses between them, as a node sees them that few people ask. Then
// many at once: how much processor time each costs the node, by the threads'
// clocks in /proc.
//
// Thread: the loop's; Measure runs the loop.
#pragma once

#include <sys/types.h>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/service_profile.h"

namespace terrella::sim {

struct ServiceMeterOptions {
  SocketAddress node;
  pid_t pid = 0;  // of the node; 0: its processor time is not known and taken as the answer's time
  int alone = 300, rested = 60, together = 10'000, at_once = 16;
  Duration pause = std::chrono::milliseconds(20);  // before each of the rested
  Duration deadline = std::chrono::seconds(3);     // of each part; what is done by then counts
};

// Unavailable when the node does not answer, or answers nothing in time.
absl::StatusOr<ServiceProfile> MeasureService(EventLoop& loop, const RequestKind& kind,
                                              const ServiceMeterOptions& options);

}  // namespace terrella::sim
