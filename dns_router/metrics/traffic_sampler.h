// TrafficSampler: what names are asked for, from where, and for which cells, of late: the part of
// `terrella dns top` that cannot be counted with a number each.
//
// A thread looks closely at one in so many of its queries, drawn at random, and each stands for as
// many. While there are few it looks at all; past kLooksPerSMax in a second the share is halved,
// and halved again, so a second costs a thread at most some ten times kLooksPerSMax looks however
// suddenly a flood begins, and kLooksPerSMax in the long run. What is seen goes into sketches of
// fixed size (heavy_hitters.h), anew every kWindowUs; the last whole window and the one begun are
// read together.
//
// Thread: one, but for Read: any. Owns: the sketches, made with the first look.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/random.h"
#include "dns_router/metrics/heavy_hitters.h"
#include "dns_router/server/answer_facts.h"

namespace terrella::dns {

// What several samplers saw, added up.
struct SampledTraffic {
  struct Weight {
    double per_s = 0;        // of queries, at most
    double per_s_error = 0;  // how much less it may be
  };
  double queries_per_s = 0;             // all of them
  double in_cells_per_s = 0;            // those whose answers were for a cell
  std::map<std::string, Weight> names;  // presentation form
  std::map<IpPrefix, Weight> networks;  // of those who ask: a /24, or an IPv6 /48
  std::map<IpPrefix, Weight> cells;     // blocks answers were for (ECS scopes)
};

class TrafficSampler {
 public:
  static constexpr uint32_t kLooksPerSMax = 250;
  static constexpr uint64_t kSecondUs = 1'000'000, kWindowUs = 10 * kSecondUs;

  TrafficSampler();
  ~TrafficSampler();

  // Whether to look at this query: asked once for every one.
  bool Draw() { return --until_next_ == 0; }
  // `facts`: of its answer.
  void Look(std::string_view message, const IpAddress& client, const AnswerFacts& facts);
  // Once a batch. `now_us`: of a clock that never goes back; `queries`: of this thread, so far.
  void Tick(uint64_t now_us, uint64_t queries) {
    now_us_ = now_us;
    if (now_us - second_us_ >= kSecondUs) BeginSecond(queries);
  }
  // Adds what was seen in the last window and since. `now_us`: of the same clock.
  void Read(uint64_t now_us, SampledTraffic& into) const;

 private:
  struct Window;
  void BeginSecond(uint64_t queries);
  void Rewind() {
    weight_ = every_;
    until_next_ = 1 + random_.Below(2 * every_ - 1);
  }

  CounterRandom random_;
  uint64_t until_next_ = 1;
  uint64_t every_ = 1;
  uint64_t weight_ = 1;  // queries the next look stands for
  uint32_t looks_ = 0;   // since the share was last halved, or in this second
  uint64_t now_us_ = 0;
  uint64_t second_us_ = 0;  // when the second began
  uint64_t queries_ = 0;    // likewise

  mutable std::mutex mutex_;                // who reads, and the writer at each look
  std::unique_ptr<Window> current_, last_;  // guarded by mutex_
};

}  // namespace terrella::dns
