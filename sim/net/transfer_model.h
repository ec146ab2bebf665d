// TransferModel: when the first and the last byte of an answer arrive, as a waterfall of steps.
//
// A Transfer says what is fetched and over what; MakeWaterfall adds up DNS, handshakes, the request
// and the rounds of slow start (RFC 5681, RFC 6928, RFC 9002), each step with the clause it is
// counted from. Several answers asked for at once share one window over HTTP/2 and HTTP/3; over
// HTTP/1.1 they are dealt to six connections, each with its own window and one answer at a time.
// Loss is another layer (loss_recovery.h): here nothing gets lost.
//
// It leaves out bandwidth and the sizes of requests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/net/dns_lookup.h"
#include "sim/net/handshake.h"

namespace terrella::net {

// Round trips the last byte of `bytes` comes after the first, when the window starts at
// `window_bytes`
// (> 0) and doubles: ceil(log2(bytes / window + 1)) - 1, at least 0.
int SlowStartRoundTrips(uint64_t bytes, uint64_t window_bytes = kInitialWindowBytes);

enum class HttpVersion : uint8_t { kHttp1, kHttp2, kHttp3 };
// Connections to one host that browsers open for HTTP/1.1. (RFC 9112 section 9.4 asks for few and
// names no number; six is what they do.)
constexpr int kHttp1Connections = 6;
constexpr int kAnswersMax = 10'000;

struct Transfer {
  Transport transport = Transport::kTcp;
  HttpVersion http = HttpVersion::kHttp1;
  HandshakeOptions handshake;
  bool warm = false;  // the connection exists and its window is open
  double rtt_ms = 0;
  double service_ms = 0;  // from the request's arrival to the first byte of the answer
  uint64_t response_bytes = 0;
  int answers = 1;  // of that size each, asked for at once; <= kAnswersMax
  // What the receiver lets be under way; the window grows no further.
  uint64_t window_bytes_max = UINT64_MAX;
  DnsLookup dns;
};

struct WaterfallStep {
  std::string name;
  std::string_view clause;  // "" where no standard says
  int round_trips = 0;      // of Transfer::rtt_ms
  double begin_ms = 0;
  double ms = 0;
};
struct Waterfall {
  std::vector<WaterfallStep> steps;
  double first_byte_ms = 0;  // from deciding to ask
  double last_byte_ms = 0;
};
Waterfall MakeWaterfall(const Transfer& transfer);

double OneWayMs(double rtt_ms);
// From deciding to ask to the first byte of the answer: DNS, handshakes, one round trip, the
// service.
double FirstByteMs(const Transfer& transfer);
// To the last byte.
double LastByteMs(const Transfer& transfer);

}  // namespace terrella::net
