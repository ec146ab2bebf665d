#include "sim/resolver/dns_message.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/status.h"
#include "dns_router/wire/name.h"
#include "dns_router/wire/protocol.h"
#include "dns_router/wire/query.h"

namespace terrella::sim {
namespace {

using dns::Class;
using dns::EdnsOption;
using dns::Type;

constexpr uint16_t kRecursionDesired = 0x0100;
constexpr uint16_t kIsResponse = 0x8000;
constexpr uint16_t kTruncated = 0x0200;

void Put16(std::string& out, uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

// A cursor over a message that remembers running past the end.
class Cursor {
 public:
  explicit Cursor(std::string_view message) : message_(message) {}
  uint16_t U16() {
    if (offset_ + 2 > message_.size()) {
      ok_ = false;
      return 0;
    }
    auto byte = [&](size_t i) {
      return static_cast<uint16_t>(static_cast<unsigned char>(message_[i]));
    };
    uint16_t value = static_cast<uint16_t>(byte(offset_) << 8 | byte(offset_ + 1));
    offset_ += 2;
    return value;
  }
  uint32_t U32() {
    uint32_t high = U16();
    return high << 16 | U16();
  }
  std::string_view Bytes(size_t count) {
    if (offset_ + count > message_.size()) {
      ok_ = false;
      return {};
    }
    std::string_view out = message_.substr(offset_, count);
    offset_ += count;
    return out;
  }
  std::string Name() {
    std::array<char, dns::kNameBytesMax> name;
    std::optional<size_t> size = dns::ReadName(message_, offset_, true, name);
    if (!size) {
      ok_ = false;
      return {};
    }
    return std::string(name.data(), *size);
  }
  bool ok() const { return ok_; }

 private:
  std::string_view message_;
  size_t offset_ = 0;
  bool ok_ = true;
};

uint8_t ScopeOf(std::string_view options) {
  Cursor cursor(options);
  while (cursor.ok()) {
    uint16_t code = cursor.U16();
    std::string_view value = cursor.Bytes(cursor.U16());
    if (!cursor.ok()) break;
    if (code == static_cast<uint16_t>(EdnsOption::kClientSubnet) && value.size() >= 4) {
      return static_cast<uint8_t>(value[3]);
    }
  }
  return 0;
}

// The character strings of a TXT record as one (RFC 1035 section 3.3.14); what is cut is left out.
std::string TextOf(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const size_t size = std::min<size_t>(static_cast<unsigned char>(data[0]), data.size() - 1);
    text += data.substr(1, size);
    data.remove_prefix(1 + size);
  }
  return text;
}

void ReadRecord(Cursor& cursor, DnsAnswer& out, std::optional<uint32_t>& ttl_s) {
  cursor.Name();
  uint16_t type = cursor.U16();
  cursor.U16();
  uint32_t ttl = cursor.U32();
  std::string_view data = cursor.Bytes(cursor.U16());
  if (!cursor.ok()) return;
  if (type == static_cast<uint16_t>(Type::kOpt)) {
    out.scope_bits = ScopeOf(data);
    return;
  }
  if (type == static_cast<uint16_t>(Type::kA) && data.size() == 4) {
    uint32_t address = 0;
    for (unsigned char byte : data) address = address << 8 | byte;
    out.addresses.push_back(IpAddress::V4(address));
    ttl_s = std::min(ttl, ttl_s.value_or(ttl));
  } else if (type == static_cast<uint16_t>(Type::kTxt)) {
    out.texts.push_back(TextOf(data));
  } else if (type == static_cast<uint16_t>(Type::kSoa)) {
    ttl_s = std::min(ttl, ttl_s.value_or(ttl));
  }
}

}  // namespace

absl::StatusOr<std::string> EncodeDnsQuestion(const DnsQuestion& question) {
  ASSIGN_OR_RETURN(dns::Name name, dns::Name::Parse(question.name));
  std::string out;
  Put16(out, question.id);
  Put16(out, kRecursionDesired);
  for (uint16_t count : {1, 0, 0, 1}) Put16(out, count);
  out += name.wire();
  Put16(out, static_cast<uint16_t>(question.texts ? Type::kTxt : Type::kA));
  Put16(out, static_cast<uint16_t>(Class::kIn));
  // OPT at the root with our payload size and the client's subnet (RFC 6891, RFC 7871 section 6).
  size_t address_bytes = static_cast<size_t>(question.subnet.length_bits + 7) / 8;
  out += '\0';
  Put16(out, static_cast<uint16_t>(Type::kOpt));
  Put16(out, dns::kUdpBytesMax);
  out.append(4, '\0');
  Put16(out, static_cast<uint16_t>(8 + address_bytes));
  Put16(out, static_cast<uint16_t>(EdnsOption::kClientSubnet));
  Put16(out, static_cast<uint16_t>(4 + address_bytes));
  Put16(out, question.subnet.address.is_v4() ? 1 : 2);
  out += static_cast<char>(question.subnet.length_bits);
  out += '\0';
  out.append(reinterpret_cast<const char*>(question.subnet.address.bytes().data()), address_bytes);
  return out;
}

absl::StatusOr<DnsAnswer> ParseDnsAnswer(std::string_view message, const DnsQuestion& question) {
  Cursor cursor(message);
  uint16_t id = cursor.U16(), flags = cursor.U16();
  uint16_t questions = cursor.U16();
  size_t records = cursor.U16();
  records += cursor.U16();
  records += cursor.U16();
  ASSIGN_OR_RETURN(dns::Name asked, dns::Name::Parse(question.name));
  if (!cursor.ok() || id != question.id || (flags & kIsResponse) == 0 || questions != 1 ||
      cursor.Name() != asked.wire()) {
    return InvalidArgument("not an answer to the question for {}", question.name);
  }
  cursor.U32();  // type and class
  DnsAnswer out{.rcode = flags & 15, .truncated = (flags & kTruncated) != 0};
  std::optional<uint32_t> ttl_s;
  for (size_t i = 0; i < records && cursor.ok(); ++i) ReadRecord(cursor, out, ttl_s);
  if (!cursor.ok()) return InvalidArgument("the answer for {} is malformed", question.name);
  out.ttl_s = ttl_s.value_or(0);
  return out;
}

}  // namespace terrella::sim
