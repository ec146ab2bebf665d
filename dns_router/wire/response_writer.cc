#include "dns_router/wire/response_writer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace terrella::dns {

size_t EdnsBytes(const EdnsAnswer& edns) {
  size_t bytes = 11;
  if (edns.nsid_present) bytes += 4 + edns.nsid.size();
  if (edns.subnet != nullptr) bytes += 8 + edns.subnet->address_bytes();
  if (edns.client_cookie != nullptr) bytes += 4 + kClientCookieBytes + kServerCookieBytes;
  if (edns.keepalive_100ms != 0) bytes += 6;
  if (edns.error_present) bytes += 6 + edns.error_text.size();
  return bytes;
}

ResponseWriter::ResponseWriter(std::span<uint8_t> out, size_t size_max)
    : out_(out), limit_(std::min(out.size(), size_max)) {}

void ResponseWriter::Begin(const Query& query, Rcode rcode, bool authoritative) {
  CHECK(limit_ >= kHeaderBytes + query.question.size());
  std::memset(out_.data(), 0, kHeaderBytes);
  out_[0] = static_cast<uint8_t>(query.id >> 8);
  out_[1] = static_cast<uint8_t>(query.id);
  out_[2] = static_cast<uint8_t>(0x80 | query.opcode << 3 | (authoritative ? 0x04 : 0) |
                                 (query.recursion_desired ? 0x01 : 0));
  // CD is copied even by servers that do not validate (RFC 4035 section 3.1.6); RA and AD stay
  // clear.
  out_[3] = static_cast<uint8_t>((query.checking_disabled ? 0x10 : 0) |
                                 (static_cast<uint16_t>(rcode) & 0x0f));
  size_ = kHeaderBytes;
  if (!query.question.empty()) {
    out_[5] = 1;
    PutBytes(query.question);
  }
}

void ResponseWriter::SetRcode(Rcode rcode) {
  out_[3] = static_cast<uint8_t>((out_[3] & 0xf0) | static_cast<uint16_t>(rcode));
}

void ResponseWriter::ClearAuthoritative() {
  out_[2] &= static_cast<uint8_t>(~0x04);
}

bool ResponseWriter::ReserveEdns(const EdnsAnswer& edns) {
  const size_t bytes = EdnsBytes(edns);
  if (limit_ + edns_bytes_ < size_ + bytes) return false;
  limit_ = limit_ + edns_bytes_ - bytes;
  edns_ = &edns;
  edns_bytes_ = bytes;
  return true;
}

void ResponseWriter::Truncate() {
  truncated_ = true;
  out_[2] |= 0x02;
}

void ResponseWriter::BeginSet() {
  set_start_ = size_;
  std::copy(std::begin(counts_), std::end(counts_), std::begin(set_counts_));
}

bool ResponseWriter::EndSet() {
  if (EndOptionalSet()) return true;
  Truncate();
  return false;
}

bool ResponseWriter::EndOptionalSet() {
  if (!overflow_ && !truncated_) return true;
  size_ = set_start_;
  std::copy(std::begin(set_counts_), std::end(set_counts_), std::begin(counts_));
  overflow_ = false;
  return false;
}

void ResponseWriter::Record(const RecordHeader& header, std::string_view rdata) {
  BeginRecord(header);
  PutBytes(rdata);
  EndRecord();
}

void ResponseWriter::BeginRecord(const RecordHeader& header) {
  if (!header.owner_labels.empty()) PutBytes(header.owner_labels);
  constexpr size_t kFixedBytes = 12;  // pointer, type, class, TTL, and the length to come
  if (overflow_ || limit_ - size_ < kFixedBytes) {
    overflow_ = true;
  } else {
    const auto put = [at = out_.data() + size_](size_t i, uint32_t word) {
      at[i] = static_cast<uint8_t>(word >> 8);
      at[i + 1] = static_cast<uint8_t>(word);
    };
    put(0, 0xc000u | header.owner_offset);
    put(2, static_cast<uint16_t>(header.type));
    put(4, static_cast<uint16_t>(header.klass));
    put(6, header.ttl_s >> 16);
    put(8, header.ttl_s);
    size_ += kFixedBytes;
    rdata_length_at_ = size_ - 2;
  }
  ++counts_[static_cast<size_t>(header.section)];
}

void ResponseWriter::PutWord(uint16_t value) {
  const char bytes[] = {static_cast<char>(value >> 8), static_cast<char>(value)};
  PutBytes({bytes, sizeof(bytes)});
}

void ResponseWriter::PutLong(uint32_t value) {
  PutWord(static_cast<uint16_t>(value >> 16));
  PutWord(static_cast<uint16_t>(value));
}

void ResponseWriter::PutBytes(std::string_view bytes) {
  if (overflow_ || limit_ - size_ < bytes.size()) {
    overflow_ = true;
    return;
  }
  if (!bytes.empty()) std::memcpy(out_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void ResponseWriter::PutName(std::string_view labels, uint16_t continued_at) {
  PutBytes(labels);
  PutWord(static_cast<uint16_t>(0xc000 | continued_at));
}

void ResponseWriter::EndRecord() {
  if (overflow_) return;
  const size_t length = size_ - rdata_length_at_ - 2;
  out_[rdata_length_at_] = static_cast<uint8_t>(length >> 8);
  out_[rdata_length_at_ + 1] = static_cast<uint8_t>(length);
}

std::string_view ResponseWriter::LastContent() const {
  if (overflow_) return {};
  const size_t start = rdata_length_at_ + 2;
  return {reinterpret_cast<const char*>(out_.data()) + start, size_ - start};
}

void ResponseWriter::WriteEdns() {
  const EdnsAnswer& edns = *edns_;
  const size_t whole = size_ + edns_bytes_;  // unpadded; an option's head is 4 bytes
  const size_t padding =
      (kPaddingBlockBytes - (whole + 4) % kPaddingBlockBytes) % kPaddingBlockBytes;
  const bool padded = edns.padded && whole + 4 + padding <= limit_;
  PutBytes({"\0", 1});  // the root
  PutWord(static_cast<uint16_t>(Type::kOpt));
  PutWord(kUdpBytesMax);
  PutWord(static_cast<uint16_t>(static_cast<uint16_t>(edns.rcode) >> 4 << 8));  // version 0
  PutWord(edns.dnssec_ok ? 0x8000 : 0);
  PutWord(static_cast<uint16_t>(edns_bytes_ - 11 + (padded ? 4 + padding : 0)));
  if (edns.nsid_present) {
    PutWord(static_cast<uint16_t>(EdnsOption::kNsid));
    PutWord(static_cast<uint16_t>(edns.nsid.size()));
    PutBytes(edns.nsid);
  }
  if (edns.subnet != nullptr) {
    const ClientSubnet& subnet = *edns.subnet;
    PutWord(static_cast<uint16_t>(EdnsOption::kClientSubnet));
    PutWord(static_cast<uint16_t>(4 + subnet.address_bytes()));
    PutWord(subnet.family);
    PutWord(static_cast<uint16_t>(subnet.source_bits << 8 | edns.scope_bits));
    PutBytes({reinterpret_cast<const char*>(subnet.address.data()), subnet.address_bytes()});
  }
  if (edns.client_cookie != nullptr) {
    PutWord(static_cast<uint16_t>(EdnsOption::kCookie));
    PutWord(kClientCookieBytes + kServerCookieBytes);
    PutBytes({edns.client_cookie->data(), kClientCookieBytes});
    PutBytes({edns.server_cookie.data(), kServerCookieBytes});
  }
  if (edns.keepalive_100ms != 0) {
    PutWord(static_cast<uint16_t>(EdnsOption::kTcpKeepalive));
    PutWord(2);
    PutWord(edns.keepalive_100ms);
  }
  if (edns.error_present) {
    PutWord(static_cast<uint16_t>(EdnsOption::kExtendedError));
    PutWord(static_cast<uint16_t>(2 + edns.error_text.size()));
    PutWord(static_cast<uint16_t>(edns.error));
    PutBytes(edns.error_text);
  }
  if (padded) {
    static constexpr char kZeros[kPaddingBlockBytes] = {};
    PutWord(static_cast<uint16_t>(EdnsOption::kPadding));
    PutWord(static_cast<uint16_t>(padding));
    PutBytes({kZeros, padding});
  }
  ++counts_[static_cast<size_t>(Section::kAdditional)];
}

size_t ResponseWriter::Finish() {
  if (edns_ != nullptr) {
    limit_ += edns_bytes_;
    WriteEdns();
  }
  CHECK(!overflow_);
  for (size_t i = 0; i < 3; ++i) {
    out_[6 + 2 * i] = static_cast<uint8_t>(counts_[i] >> 8);
    out_[7 + 2 * i] = static_cast<uint8_t>(counts_[i]);
  }
  return size_;
}

}  // namespace terrella::dns
