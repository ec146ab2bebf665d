// ServiceProfile: what a node needs for one kind of request, as measured on a real worker.
//
// Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace terrella::sim {

constexpr double kRestMs = 5;

// What a worker answers when an origin it asks fails.
struct FailedService {
  float ms = 0;  // beside what it waited for origins
  uint32_t response_bytes = 0;
  uint16_t status = 500;
};

struct ServiceProfile {
  std::vector<float> service_ms;  // from the request's last byte to the answer's, without what it
                                  // waits for origins; at least one
  // The same of a node that did nothing for kRestMs: what it needs has left the processor's caches.
  // Empty: as service_ms.
  std::vector<float> rested_ms;
  float cpu_ms = 0;             // for so long the node's shard can do nothing else
  float cold_ms = 0;            // the first request of a new isolate takes so much longer
  uint32_t response_bytes = 0;  // head and body
  uint16_t status = 200;
  // Of requests that ask origins: when one answers with an error, and when it refuses connections.
  std::optional<FailedService> on_error, on_refusal;
  float error_share = 0;  // of the answers have status 500 instead

  const std::vector<float>& TimesMs(bool rested) const {
    return rested && !rested_ms.empty() ? rested_ms : service_ms;
  }
};

}  // namespace terrella::sim
