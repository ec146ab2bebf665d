// Traffic: what a router is asked and how it answers, as Resolve.GetTraffic tells it.
//
// Thread: any; reads counters of other threads while they run.
#pragma once

#include <cstdint>

#include "dns_router/server/backend.h"
#include "terrella/v1/resolve.pb.h"

namespace terrella::dns {

// `rows_max` of names, networks and cells each; 0: 20.
v1::GetTrafficResponse Traffic(const Backend& backend, uint32_t rows_max);

}  // namespace terrella::dns
