// WriteMetrics: everything a router counts, as the text of /metrics.
//
// Thread: any; reads counters of other threads while they run.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/exposition.h"
#include "dns_router/server/backend.h"

namespace terrella::dns {

// What is known of where views come from.
struct ViewStatus {
  uint64_t views = 0;             // taken into use
  WallTime since{};               // when the last one was
  std::optional<bool> connected;  // to the control plane; nothing: nobody is followed
};

// Series: at most nodes * 6 and 250 more.
void WriteMetrics(const Backend& backend, const ViewStatus& view, Exposition& out);

}  // namespace terrella::dns
