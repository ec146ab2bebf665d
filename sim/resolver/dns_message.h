// DNS as a client speaks it: a question with EDNS Client Subnet out, addresses with their TTL back.
//
// The twin of dns_router/wire's parser and writer, for simulated people's resolvers. Questions for
// A, or for the TXT records by which the router explains itself; answers are read as strictly as a
// resolver must.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ip_address.h"

namespace terrella::sim {

struct DnsQuestion {
  uint16_t id = 0;
  std::string name;    // "hello.edge.test"
  IpPrefix subnet;     // of the client (RFC 7871)
  bool texts = false;  // TXT and not A
};

struct DnsAnswer {
  int rcode = 0;
  std::vector<IpAddress> addresses;
  std::vector<std::string> texts;  // of TXT records, in the answer's order
  uint32_t ttl_s = 0;      // the least of the addresses', or of the SOA's for a negative answer
  uint8_t scope_bits = 0;  // for how much of the subnet it holds
  bool truncated = false;
};

// InvalidArgument when the name is not one.
absl::StatusOr<std::string> EncodeDnsQuestion(const DnsQuestion& question);
// InvalidArgument when the bytes are no answer to this question (the id and the question must
// match).
absl::StatusOr<DnsAnswer> ParseDnsAnswer(std::string_view message, const DnsQuestion& question);

}  // namespace terrella::sim
