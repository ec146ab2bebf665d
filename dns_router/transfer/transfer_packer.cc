#include "dns_router/transfer/transfer_packer.h"

#include "base/status.h"
#include "dns_router/wire/name.h"

namespace terrella::dns {
namespace {

constexpr size_t kAnswerCountAt = 6, kAdditionalCountAt = 10;
constexpr size_t kPointerMax = 0x3fff;

size_t OwnerBytes(std::string_view record) {
  size_t at = 0;
  while (record[at] != 0) at += 1 + static_cast<uint8_t>(record[at]);
  return at + 1;
}

}  // namespace

void TransferPacker::Begin(const Head& head) {
  message_.clear();
  offsets_.clear();
  records_ = 0;
  has_edns_ = head.has_edns;
  dnssec_ok_ = head.dnssec_ok;
  PutWord(head.id);
  PutWord((head.authoritative ? 0x8400u : 0x8000u) | (head.recursion_desired ? 0x0100u : 0u) |
          static_cast<uint32_t>(head.rcode));
  PutWord(head.question.empty() ? 0 : 1);
  message_.append(6, '\0');
  message_ += head.question;
}

void TransferPacker::PutName(std::string_view name) {
  while (name.size() > 1) {
    const auto [known, is_new] =
        offsets_.try_emplace(ToAbsl(name), static_cast<uint16_t>(message_.size()));
    if (!is_new) {
      PutWord(0xc000u | known->second);
      return;
    }
    if (message_.size() > kPointerMax) offsets_.erase(known);
    const size_t label = 1 + static_cast<uint8_t>(name[0]);
    message_ += name.substr(0, label);
    name.remove_prefix(label);
  }
  message_.push_back('\0');
}

bool TransferPacker::Add(std::string_view record) {
  // As if nothing could be compressed, which wastes a little of each message.
  if (records_ == UINT16_MAX || (records_ > 0 && message_.size() + record.size() > bytes_max_)) {
    return false;
  }
  const size_t owner = OwnerBytes(record);
  PutName(record.substr(0, owner));
  message_ += record.substr(owner);
  ++records_;
  return true;
}

std::string& TransferPacker::Finish() {
  if (has_edns_) {
    message_.push_back('\0');  // the root
    PutWord(static_cast<uint16_t>(Type::kOpt));
    PutWord(kUdpBytesMax);
    PutWord(0);
    PutWord(dnssec_ok_ ? 0x8000 : 0);
    PutWord(0);
    message_[kAdditionalCountAt + 1] = 1;
  }
  message_[kAnswerCountAt] = static_cast<char>(records_ >> 8);
  message_[kAnswerCountAt + 1] = static_cast<char>(records_);
  return message_;
}

}  // namespace terrella::dns
