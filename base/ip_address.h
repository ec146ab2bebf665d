// IpAddress and IpPrefix: values for IPv4 and IPv6 addresses and CIDR blocks.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella {

class IpAddress {
 public:
  enum class Family : uint8_t { kV4, kV6 };

  IpAddress() = default;  // 0.0.0.0
  static IpAddress V4(uint32_t host_order);
  static IpAddress V6(const std::array<uint8_t, 16>& network_order);
  // Accepts what inet_pton accepts: "127.0.0.1", "2001:db8::1".
  static absl::StatusOr<IpAddress> Parse(std::string_view text);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::kV4; }
  int bits() const { return is_v4() ? 32 : 128; }
  uint32_t v4() const;  // host order; family must be kV4
  // Network order; the first 4 (v4) or 16 (v6) bytes count, the rest are zero.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  std::string ToString() const;

  // The address with all bits past `prefix_bits` cleared.
  IpAddress Masked(int prefix_bits) const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::kV4;
  std::array<uint8_t, 16> bytes_{};
};

struct IpPrefix {
  IpAddress address;  // host bits are zero
  int length_bits = 0;

  // Accepts "10.0.0.0/8" and a bare address (a host prefix); host bits must be zero.
  static absl::StatusOr<IpPrefix> Parse(std::string_view text);
  bool Contains(const IpAddress& other) const;
  std::string ToString() const;
  auto operator<=>(const IpPrefix&) const = default;
};

}  // namespace terrella
