// KvWorkload: what the requests of a kind do with keys of Workers KV: each reads one key or writes
// it.
//
//   [[request]]
//   host = "ledger"
//   kv = { keys = 200, zipf = 1, write_share = 0.02, cache_ttl = "30s" }
//
// The worker is asked for "/kN", by PUT with `x-kv-write`, which it is to store as the value, or by
// GET, whose answer names what it read in the same field, or leaves the field out when there was
// nothing; `x-kv-cache-ttl` says how many seconds old a copy may be. scenarios/workers/ledger is
// such a worker.
//
// Plain data.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace terrella::sim {

// The PoP beside which a network keeps KV, where it has that one; else its first.
inline constexpr std::string_view kKvHome = "IAD";
inline constexpr uint32_t kKvKeysMax = 100'000;
inline constexpr std::string_view kKvWriteField = "x-kv-write";
inline constexpr std::string_view kKvCacheTtlField = "x-kv-cache-ttl";
inline constexpr char kKvMeasuredPath[] = "/k0";  // what a worker is measured with

struct KvWorkload {
  uint32_t keys = 100;
  double zipf = 1;  // key n is asked for n^-zipf times as often as the first
  double write_share = 0.05;
  Duration cache_ttl = std::chrono::seconds(60);  // of reads
};

}  // namespace terrella::sim
