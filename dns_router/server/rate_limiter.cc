#include "dns_router/server/rate_limiter.h"

#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/random.h"

namespace terrella::dns {
namespace {

constexpr uint64_t kSecondUs = 1'000'000;

// Both halves of a product carry every bit of its factors into the result.
uint64_t Fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// The first eight bytes of the address less what is past the prefix: a customer of an IPv6 provider
// has at least a /64.
uint64_t PrefixOf(const IpAddress& client, int v4_bits, int v6_bits) {
  uint64_t first;
  std::memcpy(&first, client.bytes().data(), sizeof(first));
  first = __builtin_bswap64(first);
  return first & ~uint64_t{0} << (64 - (client.is_v4() ? v4_bits : v6_bits));
}

}  // namespace

RateLimiter::RateLimiter(const RateLimits& limits, Statistics& statistics)
    : limits_(limits),
      statistics_(statistics),
      spacing_us_(limits.answers_per_s == 0 ? 0 : kSecondUs / limits.answers_per_s),
      seed_(RandomU64()),
      set_mask_(limits.buckets / kWays - 1),
      sets_(std::make_unique<Set[]>(limits.buckets / kWays)) {
  CHECK(limits.answers_per_s >= 1 && limits.answers_per_s <= kSecondUs);
  CHECK(std::has_single_bit(limits.buckets) && limits.buckets >= kWays);
  CHECK(limits.v4_bits >= 1 && limits.v4_bits <= 32 && limits.v6_bits >= 1 && limits.v6_bits <= 64);
}

uint64_t RateLimiter::Hash(const IpAddress& client, AnswerKind kind, std::string_view name) const {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15u;
  uint64_t hash = Fold(seed_ ^ PrefixOf(client, limits_.v4_bits, limits_.v6_bits), kOdd);
  hash ^= static_cast<uint64_t>(kind) << 1 | (client.is_v4() ? 1 : 0);
  for (; name.size() >= 8; name.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, name.data(), 8);
    hash = Fold(hash ^ word, kOdd);
  }
  uint64_t last = 0;
  if (!name.empty()) std::memcpy(&last, name.data(), name.size());
  return Fold(hash ^ last, seed_ | 1);
}

RateLimiter::Verdict RateLimiter::Over() {
  const uint32_t number = over_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (limits_.slip == 0 || number % limits_.slip != 0) {
    Statistics::Add(statistics_.rate_dropped);
    return Verdict::kDrop;
  }
  Statistics::Add(statistics_.rate_slipped);
  return Verdict::kSlip;
}

RateLimiter::Place RateLimiter::Find(const IpAddress& client, AnswerKind kind,
                                     std::string_view name) const {
  Place place;
  place.hash_ = Hash(client, kind, name);
  __builtin_prefetch(&sets_[place.hash_ & set_mask_], /*write=*/1);
  return place;
}

RateLimiter::Verdict RateLimiter::Take(Place found, uint64_t now_us) {
  constexpr uint64_t kTimeMask = (uint64_t{1} << kTimeBits) - 1;
  const uint64_t hash = found.hash_;
  const uint64_t tag = hash & ~kTimeMask;
  Set& set = sets_[hash & set_mask_];
  // Times are kept modulo 2^40 us. What is further ahead than any bucket can be is long past.
  const uint64_t ahead_max_us = kSecondUs + spacing_us_;
  std::atomic<uint64_t>* place = nullptr;
  uint64_t place_ahead_us = ~uint64_t{0};
  for (std::atomic<uint64_t>& bucket : set.buckets) {
    const uint64_t word = bucket.load(std::memory_order_relaxed);
    uint64_t ahead_us = (word - now_us) & kTimeMask;
    if (ahead_us > ahead_max_us) ahead_us = 0;
    const bool found = (word & ~kTimeMask) == tag;
    if (found || ahead_us < place_ahead_us) {
      place = &bucket;
      place_ahead_us = ahead_us;
    }
    if (found) break;
  }
  // Somebody else's bucket starts afresh.
  const bool own = (place->load(std::memory_order_relaxed) & ~kTimeMask) == tag;
  const uint64_t ahead_us = own ? place_ahead_us : 0;
  if (ahead_us + spacing_us_ > kSecondUs) return Over();
  place->store(tag | ((now_us + ahead_us + spacing_us_) & kTimeMask), std::memory_order_relaxed);
  return Verdict::kSend;
}

}  // namespace terrella::dns
