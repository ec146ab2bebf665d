// VirtualVisit: one request on its way, between the phases of a virtual run.
//
// Thread: a value.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "sim/net/gilbert.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

struct VirtualVisit {
  uint64_t number = 0;  // of the arrival
  Duration due{};
  Duration arrives{};  // at the node, with the request's last byte
  double rtt_ms = 0, deviation_ms = 0;
  float dns_ms = 0, connect_ms = 0;
  net::LossRates loss;
  uint64_t flow = 0;  // names the connection
  net::CityId city = 0;
  uint32_t client = 0;  // which of the city's people
  uint16_t pop = 0;
  uint16_t kind = 0;  // index into Scenario::requests
  Steering steering = Steering::kDns;
  bool first_lost = false;  // as Path
  bool kept = false;        // its connection goes on being used
  Protocol protocol = Protocol::kHttp1;
};

}  // namespace terrella::sim
