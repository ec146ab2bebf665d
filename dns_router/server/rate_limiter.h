// RateLimiter: how many answers of one kind the clients behind one prefix get a second over UDP.
//
// A UDP source address is a claim. Whoever sends queries in a victim's name has this server send
// the answers there, so a prefix gets only so many of the same; the victim itself, were it to ask,
// gets through by TCP or by a cookie (RFC 7873), which a limited answer invites it to: every
// `slip`th is cut to a header that says so and the others are not sent.
//
// The same kind is: the same name with data; all names of wildcards; all that do not exist; all
// without such data; all errors. So an attacker gains nothing by varying names that do not exist,
// and a busy resolver that asks for many names is not taken for one.
//
// Each bucket is one word: a tag, and the time at which the next answer would be due were they
// evenly spaced (the virtual scheduling of ATM's GCRA, ITU-T I.371). Its time past is room; a time
// more than a second ahead is over the limit. A set of buckets is a cache line, and the one that
// was due first gives way, so the table never grows and an answer costs at most one miss.
//
// Thread: any. Threads that meet in a bucket may lose an answer's count, never more. Owns: the
// table.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/ip_address.h"
#include "dns_router/server/statistics.h"

namespace terrella::dns {

enum class AnswerKind : uint8_t { kPositive, kWildcard, kNoData, kNxDomain, kReferral, kError };

struct RateLimits {
  uint32_t answers_per_s = 0;  // 1 to 1,000,000
  uint32_t slip = 2;           // every how many-th limited answer is a short one; 0: none
  int v4_bits = 24;
  int v6_bits = 56;
  size_t buckets = 1 << 16;  // a power of two, 8 bytes each
};

class RateLimiter {
 public:
  enum class Verdict : uint8_t { kSend, kDrop, kSlip };

  // `statistics` outlives the limiter.
  RateLimiter(const RateLimits& limits, Statistics& statistics);
  // Where answers of a kind to a client are counted.
  class Place {
    friend RateLimiter;
    uint64_t hash_;
  };
  // Brings it near, since it seldom is: what the answer takes to make is then not lost in waiting.
  // `name`: what tells answers of the kind apart, in lower case; empty when nothing does.
  Place Find(const IpAddress& client, AnswerKind kind, std::string_view name) const;
  // `now_us`: of a clock that never goes back.
  Verdict Take(Place place, uint64_t now_us);
  Verdict Take(const IpAddress& client, AnswerKind kind, std::string_view name, uint64_t now_us) {
    return Take(Find(client, kind, name), now_us);
  }

 private:
  static constexpr size_t kWays = 8;
  static constexpr int kTimeBits = 40;  // 12 days of microseconds
  struct alignas(64) Set {
    std::array<std::atomic<uint64_t>, kWays> buckets{};
  };

  uint64_t Hash(const IpAddress& client, AnswerKind kind, std::string_view name) const;
  Verdict Over();

  const RateLimits limits_;
  Statistics& statistics_;
  const uint64_t spacing_us_;
  const uint64_t seed_;  // so that nobody can aim at a bucket
  const size_t set_mask_;
  const std::unique_ptr<Set[]> sets_;
  std::atomic<uint32_t> over_{0};
};

}  // namespace terrella::dns
