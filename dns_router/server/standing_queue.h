// StandingQueue: when the queue of a socket is to be short.
//
// A queue that empties now and then does its work: it takes a burst and nobody waits long. One that
// does not empty only makes everybody wait for its whole length, and what does not fit is lost
// either way (the observation of CoDel, RFC 8289). So a socket may hold a burst, and once it has
// not been empty for kStandingUs, it is cut to what this thread answers in kDelayUs, until it has
// been calm for kCalmUs: has not stood that long again. A burst that takes more than one reading
// does not make it stand.
//
// Thread: one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace terrella::dns {

class StandingQueue {
 public:
  static constexpr uint64_t kStandingUs = 20'000, kCalmUs = 100'000, kDelayUs = 4'000;
  static constexpr uint64_t kDatagramsMin = 64;

  // Told of every reading; `emptied` when it left nothing, or when nothing has come since. What the
  // limit of the queue shall be from now on: a number of datagrams, 0 for that of a burst; nothing
  // when it stays as it is. `per_s`: datagrams the thread answers a second; `standing`: queues that
  // are cut, this one or not, for they share the thread.
  std::optional<uint64_t> Read(bool emptied, uint64_t now_us, uint64_t per_s, uint64_t standing) {
    if (emptied) {
      filled_us_ = 0;
      if (!is_cut() || now_us < stood_us_ + kCalmUs) return std::nullopt;
      cut_us_ = 0;
      return 0;
    }
    if (filled_us_ == 0) filled_us_ = now_us;
    if (now_us < filled_us_ + kStandingUs) return std::nullopt;
    stood_us_ = now_us;
    if (is_cut() && now_us < cut_us_ + kCalmUs) return std::nullopt;
    if (!is_cut()) ++standing;
    cut_us_ = now_us;
    return std::max(per_s * kDelayUs / 1'000'000 / standing, kDatagramsMin);
  }
  bool is_cut() const { return cut_us_ != 0; }

 private:
  uint64_t filled_us_ = 0;  // since when it has not been empty; 0: it is
  uint64_t stood_us_ = 0;   // when it was last seen standing
  uint64_t cut_us_ = 0;     // when its limit was last set; 0: it is that of a burst
};

}  // namespace terrella::dns
