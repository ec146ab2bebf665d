// ServiceProfile: what a node needs for one kind of request, as measured on a real worker.
//
// Plain data.
#pragma once

#include <cstdint>
#include <vector>

namespace terrella::sim {

struct ServiceProfile {
  std::vector<float> service_ms;  // from the request's last byte to the answer's; at least one
  float cpu_ms = 0;               // for so long the node's shard can do nothing else
  float cold_ms = 0;              // the first request of a new isolate takes so much longer
  uint32_t response_bytes = 0;    // head and body
  uint16_t status = 200;
};

}  // namespace terrella::sim
