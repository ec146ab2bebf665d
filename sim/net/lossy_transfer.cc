#include "sim/net/lossy_transfer.h"

#include <algorithm>

#include "base/random.h"
#include "sim/net/lossy_window.h"

namespace terrella::net {
namespace {

constexpr MonotonicTime kStart{};
constexpr uint64_t kWindowBytesMax = 1 << 30;

// The random streams of one fetch.
CounterRandom StreamOf(const DrawKey& key, uint64_t number) {
  return CounterRandom(key.seed, key.client, Mix64(key.request) ^ number);
}

SendWindowOptions WindowOf(const Transfer& transfer, bool first_lost) {
  const size_t segment = SegmentBytes(transfer.transport);
  const size_t most = std::clamp<uint64_t>(transfer.window_bytes_max, segment, kWindowBytesMax);
  uint64_t initial = transfer.warm ? most : InitialWindowBytes(transfer.transport);
  if (first_lost && !IsQuic(transfer.transport)) initial = segment;
  return {.initial_bytes = std::min<uint64_t>(initial, most),
          .bytes_max = most,
          .segment_bytes = segment,
          .loss_window_segments = LossWindowSegments(transfer.transport)};
}

// One connection and the answers that come over it.
class Connection {
 public:
  Connection(const Transfer& transfer, const LossRates& rates, const DrawKey& key, uint64_t number)
      : transfer_(transfer),
        rtt_(FromMs(transfer.rtt_ms)),
        up_(transfer.transport, rtt_, rates, StreamOf(key, 3 * number + 1)),
        down_(transfer.transport, rtt_, rates, StreamOf(key, 3 * number + 2)) {}

  // `turns` answers of `bytes` one after another; `at` is when the connection is dialled.
  LossyArrival Fetch(Duration at, int turns, uint64_t bytes) {
    LossRecovery::Handshake handshake;
    if (!transfer_.warm) {
      int round_trips = 0;
      for (const HandshakeStep& step : HandshakeOf(transfer_.transport, transfer_.handshake)) {
        round_trips += step.round_trips;
      }
      handshake = up_.DrawHandshake(round_trips);
      if (handshake.late > Duration(0)) ++out_.repairs;
      at += round_trips * rtt_ + handshake.late;
    }
    LossyWindow window(rtt_, WindowOf(transfer_, handshake.first_lost), down_);
    for (int turn = 0; turn < turns; ++turn) at = Ask(window, at, bytes, turn == 0);
    out_.last_byte_ms = ToMs(at);
    out_.repairs += window.repairs();
    return out_;
  }

 private:
  // Asks at `at`; returns when the last byte is there.
  Duration Ask(LossyWindow& window, Duration at, uint64_t bytes, bool first) {
    if (const auto repair = up_.DrawFlight(1)) {
      at += repair->late;
      ++out_.repairs;
    }
    const MonotonicTime ready = kStart + at + rtt_ / 2 + FromMs(transfer_.service_ms);
    Duration arrived{};
    uint64_t left = std::max<uint64_t>(bytes, 1);
    bool first_piece = true;
    while (left > 0) {
      const LossyWindow::Departure out = window.Take(ready, left);
      arrived = std::max(arrived, out.at + out.late + rtt_ / 2 - kStart);
      left -= out.bytes;
      if (first_piece && first) out_.first_byte_ms = ToMs(arrived);
      first_piece = false;
    }
    return arrived;
  }

  const Transfer& transfer_;
  const Duration rtt_;
  LossRecovery up_, down_;
  LossyArrival out_;
};

}  // namespace

LossyArrival DrawTransfer(const Transfer& transfer, const LossRates& rates, const DrawKey& key) {
  CHECK(transfer.answers >= 1 && transfer.answers <= kAnswersMax);
  double dns_ms = DnsLookupMs(transfer.dns);
  uint64_t dns_repairs = 0;
  if (transfer.dns.asked) {
    CounterRandom random = StreamOf(key, 0);
    const double lost = 1 - (1 - rates.share) * (1 - rates.share);
    for (int tries = 0; tries < kTriesMax && random.Uniform() < lost; ++tries) {
      dns_ms += kDnsRetryMs;
      ++dns_repairs;
    }
  }
  const Duration at = FromMs(dns_ms);
  LossyArrival out;
  if (transfer.http != HttpVersion::kHttp1) {
    const auto count = static_cast<uint64_t>(transfer.answers);
    out = Connection(transfer, rates, key, 0).Fetch(at, 1, transfer.response_bytes * count);
  } else {
    for (int i = 0; i < std::min(transfer.answers, kHttp1Connections); ++i) {
      const int turns = (transfer.answers - i + kHttp1Connections - 1) / kHttp1Connections;
      const LossyArrival one = Connection(transfer, rates, key, static_cast<uint64_t>(i))
                                   .Fetch(at, turns, transfer.response_bytes);
      if (i == 0) out.first_byte_ms = one.first_byte_ms;
      out.last_byte_ms = std::max(out.last_byte_ms, one.last_byte_ms);
      out.repairs += one.repairs;
    }
  }
  out.repairs += dns_repairs;
  return out;
}

}  // namespace terrella::net
