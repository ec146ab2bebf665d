// LossyTransfer: a Transfer (transfer_model.h) on a path that loses packets, drawn once.
//
// Handshake, request and answers go through the same windows and timers as the live ingress uses.
// Without loss it gives what MakeWaterfall gives.
//
// Pure: the outcome is fixed by (seed, client, request).
#pragma once

#include <cstdint>

#include "sim/net/gilbert.h"
#include "sim/net/transfer_model.h"

namespace terrella::net {

// Whose fetch it is: names the random numbers.
struct DrawKey {
  uint64_t seed = 1, client = 0, request = 0;
};

struct LossyArrival {
  double first_byte_ms = 0;  // from deciding to ask
  double last_byte_ms = 0;
  uint64_t repairs = 0;  // times a loss was felt
};
LossyArrival DrawTransfer(const Transfer& transfer, const LossRates& rates, const DrawKey& key);

// A stub resolver asks again after this long (RFC 1035 section 4.2.1 wants 2 to 5 s).
constexpr double kDnsRetryMs = 2'000;

}  // namespace terrella::net
