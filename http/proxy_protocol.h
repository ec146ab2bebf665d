// PROXY protocol, version 2: the header a forwarder puts before the first byte of a connection, so
// that the server behind it knows who the client is.
//
// The binary form only (haproxy's specification, section 2.2): a 12-byte signature no other
// protocol can begin with, version and command, address family, a 16-bit length, the addresses,
// then type-length-value fields (TLVs). UNIX addresses, datagrams and the text form (version 1) are
// refused.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tcp.h"

namespace terrella::http {

struct ProxyInfo {
  struct Tlv {
    uint8_t type = 0;
    std::string value;
    bool operator==(const Tlv&) const = default;
  };

  // True for the forwarder's own connections (health checks): then there are no addresses.
  bool local = false;
  SocketAddress source;       // the client
  SocketAddress destination;  // the address the client connected to
  std::vector<Tlv> tlvs;      // in their order, without NOOPs and the checksum

  // The value of the first TLV of that type.
  std::optional<std::string_view> FindTlv(uint8_t type) const;
  bool operator==(const ProxyInfo&) const = default;
};

struct ProxyLimits {
  size_t header_bytes_max = 4096;  // after the fixed 16 bytes
  size_t tlvs_max = 64;
};

// InvalidArgument when the families differ or the whole does not fit a 16-bit length.
absl::StatusOr<std::string> EncodeProxyHeader(const ProxyInfo& info);

struct ProxyParse {
  enum class State {
    kNeedMore,  // a true prefix of a header: come back with more bytes
    kNotProxy,  // the bytes do not begin with the signature
    kDone,      // `info` is complete and took `consumed_bytes`
    kBad,       // it claims to be a header and is none, or is beyond the limits: see `error`
  };
  State state = State::kNeedMore;
  size_t consumed_bytes = 0;
  ProxyInfo info;
  absl::Status error;
};

// Looks at the bytes from the start of a connection. A CRC-32C TLV (type 0x03), when present, must
// match.
ProxyParse ParseProxyHeader(std::string_view bytes, const ProxyLimits& limits = {});

}  // namespace terrella::http
