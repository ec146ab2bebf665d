#include "dns_router/wire/response_writer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace terrella::dns {

size_t EdnsBytes(const EdnsAnswer& edns) {
  size_t bytes = 11;
  if (edns.nsid_present) bytes += 4 + edns.nsid.size();
  if (edns.subnet != nullptr) bytes += 8 + edns.subnet->address_bytes();
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

void ResponseWriter::ReserveEdns(const EdnsAnswer& edns) {
  edns_ = &edns;
  edns_bytes_ = EdnsBytes(edns);
  CHECK(limit_ >= size_ + edns_bytes_);
  limit_ -= edns_bytes_;
}

void ResponseWriter::BeginSet() {
  set_start_ = size_;
  std::copy(std::begin(counts_), std::end(counts_), std::begin(set_counts_));
}

bool ResponseWriter::EndSet() {
  if (!overflow_ && !truncated_) return true;
  size_ = set_start_;
  std::copy(std::begin(set_counts_), std::end(set_counts_), std::begin(counts_));
  overflow_ = false;
  truncated_ = true;
  out_[2] |= 0x02;
  return false;
}

void ResponseWriter::Record(const RecordHeader& header, std::string_view rdata) {
  BeginRecord(header);
  PutBytes(rdata);
  EndRecord();
}

void ResponseWriter::BeginRecord(const RecordHeader& header) {
  PutName({}, header.owner_offset);
  PutWord(static_cast<uint16_t>(header.type));
  PutWord(static_cast<uint16_t>(header.klass));
  PutLong(header.ttl_s);
  rdata_length_at_ = size_;
  PutWord(0);
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

void ResponseWriter::WriteEdns() {
  const EdnsAnswer& edns = *edns_;
  PutBytes({"\0", 1});  // the root
  PutWord(static_cast<uint16_t>(Type::kOpt));
  PutWord(kUdpBytesMax);
  PutWord(static_cast<uint16_t>(static_cast<uint16_t>(edns.rcode) >> 4 << 8));  // version 0
  PutWord(edns.dnssec_ok ? 0x8000 : 0);
  PutWord(static_cast<uint16_t>(edns_bytes_ - 11));
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
