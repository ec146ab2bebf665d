// Counter: a number that one thread adds to and any thread reads.
//
// An atomic addition would lock the cache line for a writer that has no rival; a relaxed load and a
// relaxed store are two plain instructions.
#pragma once

#include <atomic>
#include <cstdint>

namespace terrella::dns {

class Counter {
 public:
  void Add(uint64_t by = 1) { Set(value() + by); }  // Thread: one.
  void Set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }  // Thread: any.

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace terrella::dns
