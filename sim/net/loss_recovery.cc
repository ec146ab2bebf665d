#include "sim/net/loss_recovery.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace terrella::net {
namespace {

constexpr Duration kTcpRtoMin = std::chrono::seconds(1);           // RFC 6298 (2.4)
constexpr Duration kTcpAckDelay = std::chrono::milliseconds(200);  // RFC 8985 section 7.2
constexpr Duration kQuicAckDelay = std::chrono::milliseconds(25);  // RFC 9000 section 18.2
constexpr size_t kReorderingPackets = 3;
constexpr int kPersistentTimers = 3;  // RFC 9002 section 7.6.1

}  // namespace

Duration LossRecovery::RetransmissionTimeout(Transport transport, Duration rtt) {
  // SRTT + 4 RTTVAR with RTTVAR = RTT / 2.
  if (IsQuic(transport)) return 3 * rtt + kQuicAckDelay;
  return std::clamp(3 * rtt, kTcpRtoMin, kTimeoutMax);
}

Duration LossRecovery::ProbeTimeout(Transport transport, Duration rtt, bool alone) {
  const Duration rto = RetransmissionTimeout(transport, rtt);
  if (IsQuic(transport)) return rto;
  return std::min(2 * rtt + (alone ? kTcpAckDelay : Duration(0)), rto);
}

Duration LossRecovery::RepairTime(size_t delivered_after, bool alone) {
  Duration late = delivered_after >= kReorderingPackets ? rtt_
                  : delivered_after > 0                 ? rtt_ + rtt_ / (IsQuic(transport_) ? 8 : 4)
                                                        : ProbeTimeout(transport_, rtt_, alone);
  const Duration first_timer = RetransmissionTimeout(transport_, rtt_);
  Duration timer = first_timer;
  for (int tries = 0; tries < kTriesMax && random_.Uniform() < rates_.share; ++tries) {
    // `late` is when this repair, which is lost too, was sent.
    timed_out_ |= !IsQuic(transport_) || late >= kPersistentTimers * first_timer;
    late += timer;
    timer = std::min(2 * timer, kTimeoutMax);
  }
  return late;
}

std::optional<LossRecovery::Repair> LossRecovery::DrawFlight(size_t packets) {
  CHECK(packets > 0);
  if (rates_.share <= 0) return std::nullopt;
  packets = std::min(packets, kFlightPacketsMax);
  GilbertChain chain(rates_, random_);
  std::vector<size_t> lost;
  for (size_t i = 0; i < packets; ++i) {
    if (chain.NextLost(random_)) lost.push_back(i);
  }
  if (lost.empty()) return std::nullopt;
  timed_out_ = false;
  Repair repair{.first_lost = lost.front()};
  for (size_t i = 0; i < lost.size(); ++i) {
    const size_t lost_after = lost.size() - i - 1;
    const size_t delivered_after = packets - lost[i] - 1 - lost_after;
    repair.late = std::max(repair.late, RepairTime(delivered_after, packets == 1));
  }
  repair.timeout = timed_out_;
  return repair;
}

Duration LossRecovery::WaitForRoundTrip(Duration timer) {
  Duration late{};
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const bool there = random_.Uniform() >= rates_.share;
    const bool back = random_.Uniform() >= rates_.share;
    if (there && back) break;
    late += timer;
    timer = std::min(2 * timer, kTimeoutMax);
  }
  return late;
}

LossRecovery::Handshake LossRecovery::DrawHandshake(int round_trips) {
  Handshake out;
  if (rates_.share <= 0) return out;
  for (int i = 0; i < round_trips; ++i) {
    const Duration late =
        WaitForRoundTrip(i == 0 ? kFirstTimeout : ProbeTimeout(transport_, rtt_, true));
    if (i == 0) out.first_lost = late > Duration(0);
    out.late += late;
  }
  return out;
}

}  // namespace terrella::net
