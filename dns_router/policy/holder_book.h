// HolderBook: how many caches may still send clients to a node because of an answer that has not
// run out.
//
// Nobody tells a server what is cached. But a cache asks again when the TTL of what it holds has
// passed, and not before, so the answers given within their TTL count the caches that hold one,
// each once. Each thread that answers notes for every node and second how many answers run out
// then; the sum over what is still to come is the number of holders, and its shape says when half
// of them and when nearly all will be gone. That is the half-life of a drain, measured.
//
// To the second up to 64 s, to 64 s beyond; a TTL over 68 minutes counts as that.
//
// Thread: HolderCounts one writer, any reader; HolderBook any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace terrella::dns {

// A place in the book, kept as long as the process lives.
using HolderSlot = uint16_t;
constexpr HolderSlot kNoHolderSlot = UINT16_MAX;  // not counted

class HolderCounts {
 public:
  static constexpr size_t kSlotsMax = 4096;

  ~HolderCounts();
  // An answer that names the slot's node runs out in `ttl_s`.
  void Count(HolderSlot slot, uint32_t ttl_s, uint32_t now_s);
  // Adds to `by_second`: answers that run out by that many seconds from now.
  void AddTo(HolderSlot slot, uint32_t now_s, std::map<uint32_t, uint64_t>& by_second) const;

 private:
  static constexpr uint32_t kFine = 64, kCoarse = 64;  // buckets; a coarse one is kFine seconds
  static constexpr size_t kSlotsABlock = 64;
  // When (in seconds, or in kFine seconds) in the upper half, how many in the lower: one word, so
  // that a reader sees both or neither.
  using Bucket = std::atomic<uint64_t>;
  struct Slot {
    std::array<Bucket, kFine> fine{};
    std::array<Bucket, kCoarse> coarse{};
  };
  using Block = std::array<Slot, kSlotsABlock>;
  static void Add(Bucket& bucket, uint32_t when);

  std::array<std::atomic<Block*>, kSlotsMax / kSlotsABlock> blocks_{};  // made when first needed
};

struct Holders {
  uint64_t count = 0;
  double gone_50_s = 0, gone_99_s = 0, gone_all_s = 0;  // from now
};

class HolderBook {
 public:
  // For one more thread that answers; valid as long as the book.
  HolderCounts& AddThread();
  Holders Of(HolderSlot slot, uint32_t now_s) const;
  // The node takes no new clients from now on, or does again.
  void Leave(HolderSlot slot, uint32_t now_s);
  void Return(HolderSlot slot);
  // The holders when it left; 0 when it has not.
  uint64_t AtLeave(HolderSlot slot) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<HolderCounts>> threads_;  // guarded by mutex_
  std::map<HolderSlot, uint64_t> left_;                 // likewise
};

}  // namespace terrella::dns
