#include "edge_node/runtime/url/host.h"

#include <algorithm>
#include <optional>

#include "base/status.h"
#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/url/idna.h"
#include "edge_node/runtime/url/ip_host.h"
#include "edge_node/runtime/url/percent_encode.h"

namespace terrella::runtime {
namespace {

bool IsForbiddenInHost(char c) {
  constexpr std::string_view kForbidden("\0\t\n\r #/:<>?@[\\]^|", 17);
  return kForbidden.find(c) != std::string_view::npos;
}

absl::StatusOr<std::string> ParseBracketed(std::string_view input) {
  if (!input.ends_with(']')) return InvalidArgument("'[' without ']' in the host");
  const std::string_view text = input.substr(1, input.size() - 2);
  const std::optional<Ipv6Pieces> pieces = ParseIpv6Host(text);
  if (!pieces) return InvalidArgument("invalid IPv6 address '{}'", text);
  return "[" + FormatIpv6Host(*pieces) + "]";
}

absl::StatusOr<std::string> ParseOpaqueHost(std::string_view input) {
  if (std::any_of(input.begin(), input.end(), IsForbiddenInHost)) {
    return InvalidArgument("forbidden character in the host");
  }
  std::string host;
  AppendEncoded(EncodeSet::kC0Control, input, host);
  return host;
}

}  // namespace

bool IsForbiddenInDomain(char c) {
  return IsForbiddenInHost(c) || static_cast<unsigned char>(c) < 0x20 || c == '%' || c == 0x7F;
}

absl::StatusOr<std::string> ParseHost(std::string_view input, bool is_opaque) {
  if (input.starts_with('[')) return ParseBracketed(input);
  if (is_opaque) return ParseOpaqueHost(input);
  std::optional<std::string> domain;
  if (input.find('%') == std::string_view::npos) {
    domain = DomainToAscii(input);
  } else {
    domain = DomainToAscii(ToWellFormedUtf8(PercentDecode(input)));
  }
  if (!domain) return InvalidArgument("invalid international domain name");
  if (domain->empty()) return InvalidArgument("empty host");
  if (std::any_of(domain->begin(), domain->end(), IsForbiddenInDomain)) {
    return InvalidArgument("forbidden character in the domain");
  }
  if (!EndsInNumber(*domain)) return *std::move(domain);
  const std::optional<uint32_t> address = ParseIpv4Host(*domain);
  if (!address) return InvalidArgument("invalid IPv4 address '{}'", *domain);
  return FormatIpv4Host(*address);
}

}  // namespace terrella::runtime
