#include "sim/net/handshake.h"

#include <array>
#include <utility>

#include "sim/net/transfer_model.h"

namespace terrella::net {
namespace {

constexpr size_t kTransports = static_cast<size_t>(Transport::kQuicEarly) + 1;

constexpr std::array<std::pair<Transport, std::string_view>, 7> kNames = {
    {{Transport::kTcp, "tcp"},
     {Transport::kTls12, "tls12"},
     {Transport::kTls12Resumed, "tls12-resumed"},
     {Transport::kTls13, "tls13"},
     {Transport::kTls13Early, "tls13-early"},
     {Transport::kQuic, "quic"},
     {Transport::kQuicEarly, "quic-early"}}};

// Until a QUIC client has shown that it is where it says, a server may send three times what it
// received: a padded first datagram (RFC 9000 sections 8.1 and 14.1).
constexpr uint64_t kQuicUnprovenBytes = 3 * 1'200;

int CertificateRoundTrips(Transport transport, const HandshakeOptions& options) {
  const uint64_t bytes = options.certificate_bytes;
  if (!IsQuic(transport)) return SlowStartRoundTrips(bytes);
  // A token from a Retry packet is the proof (RFC 9000 section 8.1.2).
  if (options.address_validation) return SlowStartRoundTrips(bytes, kQuicInitialWindowBytes);
  if (bytes <= kQuicUnprovenBytes) return 0;
  return 1 + SlowStartRoundTrips(bytes - kQuicUnprovenBytes, kQuicInitialWindowBytes);
}

}  // namespace

std::optional<Transport> FindTransport(std::string_view name) {
  for (const auto& [transport, known] : kNames) {
    if (known == name) return transport;
  }
  return std::nullopt;
}

std::string_view TransportName(Transport transport) {
  return kNames[static_cast<size_t>(transport)].second;
}

std::vector<HandshakeStep> HandshakeOf(Transport transport, const HandshakeOptions& options) {
  std::vector<HandshakeStep> out;
  if (!IsQuic(transport)) out.push_back({"TCP handshake", 1, "RFC 9293 section 3.5"});
  switch (transport) {
    case Transport::kTcp:
      return out;
    case Transport::kTls12:
      out.push_back({"TLS 1.2 handshake", 2, "RFC 5246 section 7.3"});
      break;
    case Transport::kTls12Resumed:
      out.push_back({"TLS 1.2 resumption", 1, "RFC 5246 section 7.3"});
      return out;
    case Transport::kTls13:
      out.push_back({"TLS 1.3 handshake", 1, "RFC 8446 section 2"});
      break;
    case Transport::kTls13Early:
      out.push_back({"TLS 1.3 early data", 0, "RFC 8446 section 2.3"});
      return out;
    case Transport::kQuic:
      if (options.address_validation) {
        out.push_back({"QUIC Retry", 1, "RFC 9000 section 8.1.2"});
      }
      out.push_back({"QUIC handshake", 1, "RFC 9001 section 4"});
      break;
    case Transport::kQuicEarly:
      return out;
  }
  if (options.hello_retry && transport != Transport::kTls12) {
    out.push_back({"HelloRetryRequest", 1, "RFC 8446 section 2.1"});
  }
  if (int more = CertificateRoundTrips(transport, options); more > 0) {
    out.push_back({"rest of the certificate", more,
                   !IsQuic(transport)           ? "RFC 6928 section 2"
                   : options.address_validation ? "RFC 9002 section 7.2"
                                                : "RFC 9000 section 8.1"});
  }
  return out;
}

int HandshakeRoundTrips(Transport transport) {
  // Asked for every connection, so added up once.
  static const std::array<int, kTransports> kSums = [] {
    std::array<int, kTransports> sums{};
    for (size_t i = 0; i < kTransports; ++i) {
      for (const HandshakeStep& step : HandshakeOf(static_cast<Transport>(i))) {
        sums[i] += step.round_trips;
      }
    }
    return sums;
  }();
  return kSums[static_cast<size_t>(transport)];
}

}  // namespace terrella::net
