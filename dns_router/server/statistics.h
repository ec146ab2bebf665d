// Statistics: what the server has done since it started. Thread: any (relaxed counters).
#pragma once

#include <atomic>
#include <cstdint>

namespace terrella::dns {

struct Statistics {
  std::atomic<uint64_t> udp_answers{0};
  std::atomic<uint64_t> udp_dropped{0};   // unanswerable, or the kernel took no more
  std::atomic<uint64_t> rate_dropped{0};  // over the rate limit
  std::atomic<uint64_t> rate_slipped{0};  // the same, told to ask by TCP or with a cookie
  std::atomic<uint64_t> tcp_answers{0};
  std::atomic<uint64_t> tcp_refused_connections{0};  // over a limit
  std::atomic<uint64_t> tcp_closed_by_deadline{0};

  static void Add(std::atomic<uint64_t>& counter, uint64_t by = 1) {
    counter.fetch_add(by, std::memory_order_relaxed);
  }
};

}  // namespace terrella::dns
