#include "dns_router/policy/holder_book.h"

#include <algorithm>

namespace terrella::dns {

HolderCounts::~HolderCounts() {
  for (auto& block : blocks_) delete block.load();
}

// The only writer, so what was read is still there.
void HolderCounts::Add(Bucket& bucket, uint32_t when) {
  const uint64_t held = bucket.load(std::memory_order_relaxed);
  const uint64_t before = static_cast<uint32_t>(held >> 32) == when ? held & UINT32_MAX : 0;
  const uint64_t count = std::min<uint64_t>(before + 1, UINT32_MAX);
  bucket.store(uint64_t{when} << 32 | count, std::memory_order_relaxed);
}

void HolderCounts::Count(HolderSlot slot, uint32_t ttl_s, uint32_t now_s) {
  if (slot >= kSlotsMax || ttl_s == 0) return;
  std::atomic<Block*>& place = blocks_[slot / kSlotsABlock];
  Block* block = place.load(std::memory_order_relaxed);
  if (block == nullptr) {
    block = new Block();
    place.store(block, std::memory_order_release);
  }
  Slot& counts = (*block)[slot % kSlotsABlock];
  if (ttl_s < kFine) {
    const uint32_t when = now_s + ttl_s;
    Add(counts.fine[when % kFine], when);
  } else {
    const uint32_t when = std::min(now_s + ttl_s, now_s + (kCoarse - 1) * kFine) / kFine;
    Add(counts.coarse[when % kCoarse], when);
  }
}

void HolderCounts::AddTo(HolderSlot slot, uint32_t now_s,
                         std::map<uint32_t, uint64_t>& by_second) const {
  if (slot >= kSlotsMax) return;
  const Block* block = blocks_[slot / kSlotsABlock].load(std::memory_order_acquire);
  if (block == nullptr) return;
  const Slot& counts = (*block)[slot % kSlotsABlock];
  const auto take = [&](const Bucket& bucket, uint32_t seconds) {
    const uint64_t held = bucket.load(std::memory_order_relaxed);
    const auto count = held & UINT32_MAX;
    const uint64_t end_s = (held >> 32) * seconds + (seconds - 1);  // of the bucket: the latest
    if (count > 0 && end_s > now_s) by_second[static_cast<uint32_t>(end_s - now_s)] += count;
  };
  for (const Bucket& bucket : counts.fine) take(bucket, 1);
  for (const Bucket& bucket : counts.coarse) take(bucket, kFine);
}

HolderCounts& HolderBook::AddThread() {
  const std::lock_guard lock(mutex_);
  threads_.push_back(std::make_unique<HolderCounts>());
  return *threads_.back();
}

Holders HolderBook::Of(HolderSlot slot, uint32_t now_s) const {
  std::map<uint32_t, uint64_t> by_second;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& thread : threads_) thread->AddTo(slot, now_s, by_second);
  }
  Holders holders;
  for (const auto& [seconds, count] : by_second) holders.count += count;
  uint64_t gone = 0;
  for (const auto& [seconds, count] : by_second) {
    const uint64_t before = gone;
    gone += count;
    const auto passes = [&](uint64_t percent) {
      return before * 100 < holders.count * percent && gone * 100 >= holders.count * percent;
    };
    if (passes(50)) holders.gone_50_s = seconds;
    if (passes(99)) holders.gone_99_s = seconds;
    holders.gone_all_s = seconds;
  }
  return holders;
}

void HolderBook::Leave(HolderSlot slot, uint32_t now_s) {
  const uint64_t count = Of(slot, now_s).count;
  const std::lock_guard lock(mutex_);
  left_.emplace(slot, count);
}

void HolderBook::Return(HolderSlot slot) {
  const std::lock_guard lock(mutex_);
  left_.erase(slot);
}

uint64_t HolderBook::AtLeave(HolderSlot slot) const {
  const std::lock_guard lock(mutex_);
  const auto found = left_.find(slot);
  return found == left_.end() ? 0 : found->second;
}

}  // namespace terrella::dns
