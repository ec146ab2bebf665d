#include "base/ip_address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/status.h"

namespace terrella {

IpAddress IpAddress::V4(uint32_t host_order) {
  IpAddress out;
  for (int i = 0; i < 4; ++i) out.bytes_[i] = static_cast<uint8_t>(host_order >> (24 - 8 * i));
  return out;
}

IpAddress IpAddress::V6(const std::array<uint8_t, 16>& network_order) {
  IpAddress out;
  out.family_ = Family::kV6;
  out.bytes_ = network_order;
  return out;
}

absl::StatusOr<IpAddress> IpAddress::Parse(std::string_view text) {
  std::string copy(text);
  IpAddress out;
  if (inet_pton(AF_INET, copy.c_str(), out.bytes_.data()) == 1) return out;
  if (inet_pton(AF_INET6, copy.c_str(), out.bytes_.data()) == 1) {
    out.family_ = Family::kV6;
    return out;
  }
  return InvalidArgument("'{}' is not an IP address; expected e.g. 127.0.0.1 or 2001:db8::1", text);
}

uint32_t IpAddress::v4() const {
  DCHECK(is_v4());
  return uint32_t{bytes_[0]} << 24 | uint32_t{bytes_[1]} << 16 | uint32_t{bytes_[2]} << 8 |
         bytes_[3];
}

std::string IpAddress::ToString() const {
  char buffer[INET6_ADDRSTRLEN];
  CHECK(inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer) != nullptr);
  return buffer;
}

IpAddress IpAddress::Masked(int prefix_bits) const {
  CHECK(prefix_bits >= 0 && prefix_bits <= bits());
  IpAddress out = *this;
  for (int i = 0; i < bits() / 8; ++i) {
    int keep = prefix_bits - 8 * i;
    if (keep >= 8) continue;
    out.bytes_[i] = keep <= 0 ? 0 : static_cast<uint8_t>(bytes_[i] & (0xff00 >> keep));
  }
  return out;
}

absl::StatusOr<IpPrefix> IpPrefix::Parse(std::string_view text) {
  size_t slash = text.find('/');
  ASSIGN_OR_RETURN(IpAddress address, IpAddress::Parse(text.substr(0, slash)));
  int length = address.bits();
  if (slash != std::string_view::npos) {
    std::string_view digits = text.substr(slash + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc() || end != digits.data() + digits.size() || length < 0 ||
        length > address.bits()) {
      return InvalidArgument("'{}' has a bad prefix length; expected 0 to {}", text,
                             address.bits());
    }
  }
  if (address.Masked(length) != address) {
    return InvalidArgument("'{}' has bits set past its length of {}", text, length);
  }
  return IpPrefix{address, length};
}

bool IpPrefix::Contains(const IpAddress& other) const {
  return other.family() == address.family() && other.Masked(length_bits) == address;
}

std::string IpPrefix::ToString() const {
  return fmt::format("{}/{}", address.ToString(), length_bits);
}

}  // namespace terrella
