#include "sim/net/transfer_model.h"

#include <algorithm>
#include <climits>

#include "base/check.h"

namespace terrella::net {
namespace {

// One connection's window over several bursts: what SendWindow (send_window.h) does in time, in
// whole rounds. A round that was filled doubles the window for the next.
class Rounds {
 public:
  Rounds(uint64_t window_bytes, uint64_t window_bytes_max)
      : window_bytes_(std::min(window_bytes, window_bytes_max)),
        window_bytes_max_(window_bytes_max) {}

  // Round trips from the burst's first byte to its last.
  int Send(uint64_t bytes) {
    int rounds = 0;
    while (bytes > window_bytes_) {
      bytes -= window_bytes_;
      ++rounds;
      // At its maximum the window grows no more, and what is left is a division.
      if (window_bytes_ == window_bytes_max_) {
        return static_cast<int>(std::min<uint64_t>(
            static_cast<uint64_t>(rounds) + (bytes - 1) / window_bytes_, INT_MAX / 2));
      }
      Grow();
    }
    if (bytes == window_bytes_) Grow();  // the next burst finds it so
    return rounds;
  }

 private:
  void Grow() {
    window_bytes_ = window_bytes_ > window_bytes_max_ / 2 ? window_bytes_max_ : 2 * window_bytes_;
  }
  uint64_t window_bytes_;
  const uint64_t window_bytes_max_;
};

// After the first byte of the first answer: round trips, and waits for the server.
struct Rest {
  int round_trips = 0;
  int services = 0;
};

Rest RestOf(const Transfer& transfer) {
  const uint64_t window =
      transfer.warm ? transfer.window_bytes_max : InitialWindowBytes(transfer.transport);
  Rounds rounds(window, transfer.window_bytes_max);
  if (transfer.http != HttpVersion::kHttp1) {
    const uint64_t each = transfer.response_bytes;
    const auto count = static_cast<uint64_t>(transfer.answers);
    return {.round_trips = rounds.Send(each > UINT64_MAX / count ? UINT64_MAX : each * count)};
  }
  // The connection with most answers is the last to end.
  const int turns = (transfer.answers + kHttp1Connections - 1) / kHttp1Connections;
  Rest rest{.round_trips = turns - 1, .services = turns - 1};
  for (int i = 0; i < turns; ++i) rest.round_trips += rounds.Send(transfer.response_bytes);
  return rest;
}

class Builder {
 public:
  explicit Builder(double rtt_ms) : rtt_ms_(rtt_ms) {}
  void Add(std::string name, std::string_view clause, int round_trips, double more_ms = 0) {
    const double ms = round_trips * rtt_ms_ + more_ms;
    out_.steps.push_back({std::move(name), clause, round_trips, at_ms_, ms});
    at_ms_ += ms;
  }
  double at_ms() const { return at_ms_; }
  Waterfall out_;

 private:
  const double rtt_ms_;
  double at_ms_ = 0;
};

std::string_view BodyName(const Transfer& transfer) {
  if (transfer.http == HttpVersion::kHttp1 && transfer.answers > 1) return "answers in turn";
  return "slow start";
}

}  // namespace

int SlowStartRoundTrips(uint64_t bytes, uint64_t window_bytes) {
  CHECK(window_bytes > 0);
  return Rounds(window_bytes, UINT64_MAX).Send(bytes);
}

double OneWayMs(double rtt_ms) {
  return rtt_ms / 2;
}

Waterfall MakeWaterfall(const Transfer& transfer) {
  CHECK(transfer.answers >= 1 && transfer.answers <= kAnswersMax);
  CHECK(transfer.window_bytes_max > 0 && transfer.rtt_ms >= 0 && transfer.service_ms >= 0);
  Builder builder(transfer.rtt_ms);
  if (transfer.dns.asked) {
    builder.Add(transfer.dns.cached ? "DNS, cached by the resolver" : "DNS",
                transfer.dns.cached ? "RFC 1035 section 7.4" : "RFC 1034 section 5.3.3", 0,
                DnsLookupMs(transfer.dns));
  }
  if (!transfer.warm) {
    for (const HandshakeStep& step : HandshakeOf(transfer.transport, transfer.handshake)) {
      builder.Add(std::string(step.name), step.clause, step.round_trips);
    }
  }
  builder.Add("request and first byte", "RFC 9110 section 3.4", 1, transfer.service_ms);
  builder.out_.first_byte_ms = builder.at_ms();
  const Rest rest = RestOf(transfer);
  if (rest.round_trips > 0 || rest.services > 0) {
    builder.Add(std::string(BodyName(transfer)),
                IsQuic(transfer.transport) ? "RFC 9002 section 7" : "RFC 5681 section 3.1",
                rest.round_trips, rest.services * transfer.service_ms);
  }
  builder.out_.last_byte_ms = builder.at_ms();
  return std::move(builder.out_);
}

double FirstByteMs(const Transfer& transfer) {
  return MakeWaterfall(transfer).first_byte_ms;
}

double LastByteMs(const Transfer& transfer) {
  return MakeWaterfall(transfer).last_byte_ms;
}

}  // namespace terrella::net
