#include "dns_router/dnssec/signer.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/random.h"

namespace terrella::dns {
namespace {

void PutWord(std::string& out, uint32_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}
void PutLong(std::string& out, uint32_t value) {
  PutWord(out, value >> 16);
  PutWord(out, value);
}

// Labels without the root and a leading asterisk (RFC 4034 section 3.1.3).
uint8_t LabelsOf(std::string_view name) {
  uint8_t labels = 0;
  if (name.size() > 2 && name[0] == 1 && name[1] == '*') name.remove_prefix(2);
  for (; name[0] != 0; name.remove_prefix(1 + static_cast<uint8_t>(name[0]))) ++labels;
  return labels;
}

SipKey RandomKey() {
  SipKey key;
  FillRandom(key.data(), key.size());
  return key;
}

}  // namespace

Signer::Signer(const Options& options)
    : options_(options),
      secret_(RandomKey()),
      lasting_slots_(options.lasting_slots_min),
      lasting_budget_{options.lasting_per_s_max},
      passing_budget_{options.passing_per_s_max} {
  for (const size_t slots :
       {options.lasting_slots_min, options.lasting_slots_max, options.passing_slots}) {
    CHECK(std::has_single_bit(slots) && slots >= 2 * kRowSlots);
  }
}

void Signer::BeginBatch(const SigningKeys* keys, std::string_view apex, uint32_t now_s,
                        size_t lasting_sets) {
  keys_ = keys;
  apex_ = apex;
  now_s_ = now_s;
  // Two thirds full, hardly a signature finds its eight places taken.
  const size_t wanted = std::min(lasting_sets, options_.lasting_slots_max) * 3 / 2;
  lasting_slots_ =
      std::max(lasting_slots_, std::min(std::bit_ceil(wanted), options_.lasting_slots_max));
}

void Signer::Begin(std::string_view owner, Type type, uint32_t ttl_s) {
  owner_ = owner;
  type_ = type;
  ttl_s_ = ttl_s;
  rdata_.clear();
  records_.clear();
  rrsig_count_ = 0;
}

void Signer::Add(std::string_view rdata) {
  records_.emplace_back(rdata_.size(), rdata.size());
  rdata_ += rdata;
}

bool Signer::Finish(bool lasting) {
  const auto content = [this](const std::pair<size_t, size_t>& record) {
    return std::string_view(rdata_).substr(record.first, record.second);
  };
  if (records_.size() > 1) {
    std::sort(records_.begin(), records_.end(),
              [&](const auto& a, const auto& b) { return content(a) < content(b); });
  }
  canonical_.clear();
  for (const auto& record : records_) {
    canonical_ += owner_;
    PutWord(canonical_, static_cast<uint16_t>(type_));
    PutWord(canonical_, static_cast<uint16_t>(Class::kIn));
    PutLong(canonical_, ttl_s_);
    PutWord(canonical_, static_cast<uint32_t>(record.second));
    canonical_ += content(record);
  }
  const size_t keys = type_ == Type::kDnskey ? keys_->keys.size() : 1;
  for (size_t i = 0; i < keys; ++i) {
    if (!SignBy(keys_->keys[i], lasting)) return false;
  }
  return true;
}

bool Signer::Budget::Take(uint32_t now_s) {
  if (per_s_max == 0) return true;
  if (second != now_s) {
    second = now_s;
    used = 0;
  }
  return used < per_s_max && ++used > 0;
}

// The slot that has the hash, or else the one to give to it: that of the oldest day.
Signer::Slot& Signer::SlotOf(std::vector<Slot>& slots, const uint64_t (&hash)[2]) {
  const size_t last = slots.size() / kRowSlots - 1;  // row, and a mask
  Slot* const row[] = {&slots[(hash[0] & last) * kRowSlots],
                       &slots[(hash[0] >> 32 & last) * kRowSlots]};
  for (Slot* const begin : row) {
    for (size_t i = 0; i < kRowSlots; ++i) {
      if (begin[i].hash[0] == hash[0] && begin[i].hash[1] == hash[1]) return begin[i];
    }
  }
  // In turns, so that the emptier row is filled; of equals in full rows chance decides.
  Slot* oldest = row[0];
  for (size_t i = 0; i < kRowSlots; ++i) {
    for (Slot* const begin : row) {
      Slot& slot = begin[i];
      const bool also = slot.day == oldest->day && slot.day != 0 && (hash[1] >> i & 1) != 0;
      if (slot.day < oldest->day || also) oldest = &slot;
    }
  }
  return *oldest;
}

std::vector<Signer::Slot>& Signer::Table(bool lasting) {
  if (!lasting) {
    if (passing_.empty()) passing_.resize(options_.passing_slots);
    return passing_;
  }
  if (lasting_.size() < lasting_slots_) {
    std::vector<Slot> larger(lasting_slots_);
    for (const Slot& slot : lasting_) {
      if (slot.day != 0) SlotOf(larger, slot.hash) = slot;
    }
    lasting_ = std::move(larger);
  }
  return lasting_;
}

bool Signer::SignBy(const SigningKey& key, bool lasting) {
  // 128 bits under a secret: another set with the same ones is not found by chance nor by work.
  SipKey half = secret_;
  for (size_t i = 0; i < half.size(); ++i) half[i] ^= key.fingerprint()[i];
  uint64_t hash[2];
  hash[0] = SipHash24(half, canonical_);
  half[15] ^= 0xff;
  hash[1] = SipHash24(half, canonical_);

  // The same for every process, unlike the hash.
  uint32_t shift_s = 0;
  for (const char c : owner_) shift_s = shift_s * 31 + static_cast<uint8_t>(c);
  shift_s = (shift_s + static_cast<uint32_t>(type_) * 7919) % kDayS;
  const uint32_t day = (now_s_ + shift_s) / kDayS;
  const uint32_t start_s = day * kDayS - shift_s;

  if (rrsigs_.size() == rrsig_count_) rrsigs_.emplace_back();
  std::string& rrsig = rrsigs_[rrsig_count_];
  rrsig.clear();
  PutWord(rrsig, static_cast<uint16_t>(type_));
  rrsig.push_back(kEcdsaP256Sha256);
  rrsig.push_back(static_cast<char>(LabelsOf(owner_)));
  PutLong(rrsig, ttl_s_);
  PutLong(rrsig, start_s + kValidS);
  PutLong(rrsig, start_s - kBeforeS);
  PutWord(rrsig, key.tag());
  rrsig += apex_;

  Slot& slot = SlotOf(Table(lasting), hash);
  if (slot.hash[0] != hash[0] || slot.hash[1] != hash[1] || slot.day != day) {
    if (!(lasting ? lasting_budget_ : passing_budget_).Take(now_s_)) {
      ++done_.refused;
      return false;
    }
    ++done_.made;
    signed_.assign(rrsig);
    signed_ += canonical_;
    slot.signature = key.Sign(signed_);
    slot.hash[0] = hash[0];
    slot.hash[1] = hash[1];
    slot.day = day;
  } else {
    ++done_.found;
  }
  rrsig.append(slot.signature.data(), slot.signature.size());
  ++rrsig_count_;
  return true;
}

}  // namespace terrella::dns
