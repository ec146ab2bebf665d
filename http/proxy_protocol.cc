#include "http/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/status.h"

namespace terrella::http {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kFixedBytes = 16;
constexpr uint8_t kVersion2 = 0x20;
constexpr uint8_t kCommandLocal = 0, kCommandProxy = 1;
constexpr uint8_t kTcp4 = 0x11, kTcp6 = 0x21;
constexpr size_t kTcp4Bytes = 12, kTcp6Bytes = 36;
constexpr uint8_t kTlvCrc32c = 0x03, kTlvNoop = 0x04;

uint8_t ByteAt(std::string_view bytes, size_t i) {
  return static_cast<uint8_t>(bytes[i]);
}
uint16_t U16At(std::string_view bytes, size_t i) {
  return static_cast<uint16_t>(ByteAt(bytes, i) << 8 | ByteAt(bytes, i + 1));
}
void AppendU16(size_t value, std::string* out) {
  out->push_back(static_cast<char>(value >> 8));
  out->push_back(static_cast<char>(value));
}

// CRC-32C (RFC 9260 appendix A), bitwise: headers are short and checksums in them rare.
uint32_t Crc32c(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc;
}

void AppendIp(const IpAddress& ip, std::string* out) {
  out->append(reinterpret_cast<const char*>(ip.bytes().data()), ip.is_v4() ? 4 : 16);
}

IpAddress IpAt(std::string_view bytes, size_t i, bool v4) {
  if (v4) return IpAddress::V4(uint32_t{U16At(bytes, i)} << 16 | U16At(bytes, i + 2));
  std::array<uint8_t, 16> octets;
  std::memcpy(octets.data(), bytes.data() + i, octets.size());
  return IpAddress::V6(octets);
}

// Whether the checksum at `value_at` (4 bytes) matches the whole header with those bytes as zeros.
bool ChecksumMatches(std::string_view header, size_t value_at) {
  std::string copy(header);
  copy.replace(value_at, 4, 4, '\0');
  uint32_t stated = uint32_t{U16At(header, value_at)} << 16 | U16At(header, value_at + 2);
  return Crc32c(copy) == stated;
}

absl::Status ParseTlvs(std::string_view header, size_t at, const ProxyLimits& limits,
                       ProxyInfo* out) {
  for (size_t count = 0; at < header.size(); ++count) {
    if (count >= limits.tlvs_max) {
      return ResourceExhausted("PROXY header has more than {} TLVs", limits.tlvs_max);
    }
    if (header.size() - at < 3)
      return InvalidArgument("PROXY header: TLV cut short at byte {}", at);
    uint8_t type = ByteAt(header, at);
    size_t size = U16At(header, at + 1);
    at += 3;
    if (header.size() - at < size) {
      return InvalidArgument("PROXY header: TLV 0x{:02x} of {} bytes passes the end", type, size);
    }
    if (type == kTlvCrc32c) {
      if (size != 4) return InvalidArgument("PROXY header: checksum of {} bytes; expected 4", size);
      if (!ChecksumMatches(header, at)) return DataLoss("PROXY header: checksum does not match");
    } else if (type != kTlvNoop) {
      out->tlvs.push_back({type, std::string(header.substr(at, size))});
    }
    at += size;
  }
  return absl::OkStatus();
}

absl::Status ParseWhole(std::string_view header, const ProxyLimits& limits, ProxyInfo* out) {
  uint8_t version_command = ByteAt(header, 12), family = ByteAt(header, 13);
  if ((version_command & 0xf0) != kVersion2) {
    return InvalidArgument("PROXY header: version {}; expected 2", version_command >> 4);
  }
  uint8_t command = version_command & 0x0f;
  if (command == kCommandLocal) {
    out->local = true;  // addresses, if any, mean nothing; their extent is not known, so TLVs are
                        // skipped too
    return absl::OkStatus();
  }
  if (command != kCommandProxy) return InvalidArgument("PROXY header: command {}", command);
  if (family != kTcp4 && family != kTcp6) {
    return InvalidArgument("PROXY header: family 0x{:02x}; expected TCP over IPv4 or IPv6", family);
  }
  bool v4 = family == kTcp4;
  size_t addresses = v4 ? kTcp4Bytes : kTcp6Bytes, ip = v4 ? 4 : 16;
  if (header.size() - kFixedBytes < addresses) {
    return InvalidArgument("PROXY header: {} bytes of addresses; expected {}",
                           header.size() - kFixedBytes, addresses);
  }
  out->source = {IpAt(header, kFixedBytes, v4), U16At(header, kFixedBytes + 2 * ip)};
  out->destination = {IpAt(header, kFixedBytes + ip, v4), U16At(header, kFixedBytes + 2 * ip + 2)};
  return ParseTlvs(header, kFixedBytes + addresses, limits, out);
}

}  // namespace

std::optional<std::string_view> ProxyInfo::FindTlv(uint8_t type) const {
  for (const Tlv& tlv : tlvs) {
    if (tlv.type == type) return tlv.value;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> EncodeProxyHeader(const ProxyInfo& info) {
  std::string out(kSignature);
  if (info.local) {
    out.push_back(static_cast<char>(kVersion2 | kCommandLocal));
    out.push_back('\0');
    AppendU16(0, &out);
    return out;
  }
  bool v4 = info.source.ip.is_v4();
  if (v4 != info.destination.ip.is_v4()) {
    return InvalidArgument("PROXY header: {} and {} are of different families",
                           info.source.ip.ToString(), info.destination.ip.ToString());
  }
  out.push_back(static_cast<char>(kVersion2 | kCommandProxy));
  out.push_back(static_cast<char>(v4 ? kTcp4 : kTcp6));
  AppendU16(0, &out);
  AppendIp(info.source.ip, &out);
  AppendIp(info.destination.ip, &out);
  AppendU16(info.source.port, &out);
  AppendU16(info.destination.port, &out);
  for (const ProxyInfo::Tlv& tlv : info.tlvs) {
    if (tlv.type == kTlvCrc32c || tlv.type == kTlvNoop) {
      return InvalidArgument("PROXY header: TLV type 0x{:02x} is not for callers", tlv.type);
    }
    if (tlv.value.size() > 0xffff) {
      return InvalidArgument("PROXY header: TLV of {} bytes; at most 65535", tlv.value.size());
    }
    out.push_back(static_cast<char>(tlv.type));
    AppendU16(tlv.value.size(), &out);
    out.append(tlv.value);
  }
  size_t size = out.size() - kFixedBytes;
  if (size > 0xffff) return InvalidArgument("PROXY header of {} bytes; at most 65535", size);
  out[14] = static_cast<char>(size >> 8);
  out[15] = static_cast<char>(size);
  return out;
}

ProxyParse ParseProxyHeader(std::string_view bytes, const ProxyLimits& limits) {
  ProxyParse out;
  size_t compared = std::min(bytes.size(), kSignature.size());
  if (bytes.substr(0, compared) != kSignature.substr(0, compared)) {
    out.state = ProxyParse::State::kNotProxy;
    return out;
  }
  if (bytes.size() < kFixedBytes) return out;
  size_t size = U16At(bytes, 14);
  if (size > limits.header_bytes_max) {
    out.state = ProxyParse::State::kBad;
    out.error =
        ResourceExhausted("PROXY header of {} bytes; at most {}", size, limits.header_bytes_max);
    return out;
  }
  if (bytes.size() < kFixedBytes + size) return out;
  out.consumed_bytes = kFixedBytes + size;
  out.error = ParseWhole(bytes.substr(0, out.consumed_bytes), limits, &out.info);
  out.state = out.error.ok() ? ProxyParse::State::kDone : ProxyParse::State::kBad;
  return out;
}

}  // namespace terrella::http
