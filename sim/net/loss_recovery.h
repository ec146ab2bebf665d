// LossRecovery: how much later lost packets arrive, by the timers that senders keep.
//
// TCP and QUIC repair what is lost, so an application sees bytes late, never missing. How late is
// decided by what follows the lost packet in its flight:
//
//   three or more delivered    1 RTT          RFC 5681 section 3.2, RFC 9002 section 6.1.1
//   one or two                 5/4, 9/8 RTT   RFC 8985 section 6.2, RFC 9002 section 6.1.2
//   none: a probe              2 RTT, + 200 ms when it was alone; 3 RTT + 25 ms over QUIC
//                                             RFC 8985 section 7.2, RFC 9002 section 6.2.1
//   the repair is lost too     RTO >= 1 s, doubling to 60 s; over QUIC the probe's time, doubling
//                                             RFC 6298 sections 2 and 5, RFC 9002 section 6.2.1
//   first packet of all        1 s, doubling  RFC 6298 section 2.1, RFC 9002 section 6.2.2
//
// The variance of round trips is taken as after the first measurement: half the round trip (RFC
// 6298 section 2.2). A flight whose losses differ waits for the latest of them, in order.
//
// Thread: one. Invariant: the same transport, rates and stream of numbers give the same losses.
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "sim/net/gilbert.h"
#include "sim/net/handshake.h"

namespace terrella::net {

class LossRecovery {
 public:
  LossRecovery(Transport transport, Duration rtt, const LossRates& rates, CounterRandom random)
      : transport_(transport), rtt_(rtt), rates_(rates), random_(random) {}

  struct Repair {
    size_t first_lost = 0;  // of the flight's packets; those before it arrive in time
    Duration late{};        // how much later it and all after it arrive
    // The retransmission timer ran out, not only a probe; over QUIC, where each probe may be lost
    // without harm, losses lay three timers apart: persistent congestion (RFC 9002 section 7.6.1).
    bool timeout = false;
  };
  // A flight of `packets` (>= 1; more than kFlightPacketsMax are as that many) that leave together.
  std::optional<Repair> DrawFlight(size_t packets);

  struct Handshake {
    Duration late{};
    // The first packet was lost. Over TCP the window then begins with one segment (RFC 5681 section
    // 3.1).
    bool first_lost = false;
  };
  // Round trips of one packet each way, on a connection about which nothing is known yet.
  Handshake DrawHandshake(int round_trips);

  // The timers, for tests and tables.
  static Duration ProbeTimeout(Transport transport, Duration rtt, bool alone);
  static Duration RetransmissionTimeout(Transport transport, Duration rtt);

 private:
  Duration RepairTime(size_t delivered_after, bool alone);
  // Until one of two packets that may both be lost gets through: 0 when neither is.
  Duration WaitForRoundTrip(Duration timer);

  const Transport transport_;
  const Duration rtt_;
  const LossRates rates_;
  CounterRandom random_;
  bool timed_out_ = false;  // by the repair under way
};

constexpr size_t kFlightPacketsMax = 4'096;
constexpr Duration kFirstTimeout = std::chrono::seconds(1);
constexpr Duration kTimeoutMax = std::chrono::seconds(60);
// Repairs that are lost too, at most in a row.
constexpr int kTriesMax = 8;

}  // namespace terrella::net
