// VirtualKv: a node's copies of KV values and its way to where KV is kept, in virtual time.
//
// The copies are the node's own (edge_node/kv: KvCache, KvFlights). They do not hold values but say
// where a value came from: a write of this node's, or a question that was at the place where KV is
// kept at a certain time. When somebody is answered does not depend on values, so what a question
// found is looked up after the run, when all writes of all nodes are known (`KvWrites`).
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.h"
#include "edge_node/kv/kv_cache.h"
#include "edge_node/kv/kv_flights.h"

namespace terrella::sim {

// Where a value came from.
struct KvSource {
  Duration asked{};    // when the question was where KV is kept
  uint64_t wrote = 0;  // not a question: 1 + the number of the request that wrote it
};

class VirtualKv {
 public:
  // `rtt`: to where KV is kept. Times of calls never go back.
  explicit VirtualKv(Duration rtt) : rtt_(rtt) {}

  struct Read {
    Duration answered{};
    KvSource source;
  };
  // Nothing: no copy is young enough, and nobody can be asked.
  std::optional<Read> Get(uint32_t key, Duration cache_ttl, Duration now, bool reachable = true);
  struct Write {
    Duration acknowledged{};  // or refused
    bool fails = false;
  };
  void Put(uint32_t key, uint64_t number, Duration now, const Write& write);

 private:
  // What comes back to the node.
  struct Arrival {
    Duration at{};
    uint64_t order = 0;  // of those at the same time
    std::string key;
    std::optional<edge::KvFlight> flight;  // none: the answer to a write
    std::optional<KvSource> source;        // none: it failed
    bool operator>(const Arrival& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  void AdvanceTo(Duration now);
  void Expect(Arrival arrival);

  const Duration rtt_;
  ManualClock clock_;
  edge::KvCache copies_{clock_};
  edge::KvFlights<char> flights_;  // nobody needs to be told: when it lands is known
  std::map<edge::KvFlight, Read> landings_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;
  uint64_t order_ = 0;
};

// All writes of a run, where KV is kept.
class KvWrites {
 public:
  struct Write {
    uint32_t key = 0;
    Duration at{};
    uint64_t number = 0;  // of the request
  };
  explicit KvWrites(std::vector<Write> writes);

  // 1 + the number of the request that wrote what the source is; 0: there was nothing.
  uint64_t SeenBy(uint32_t key, const KvSource& source) const;
  // The same of all keys in the end.
  std::map<uint32_t, uint64_t> Left() const;

 private:
  std::vector<Write> writes_;  // by key, then by time
};

}  // namespace terrella::sim
