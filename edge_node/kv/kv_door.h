// KvDoor: how the workers of one shard reach KV: through the node's copies when those are young
// enough, else over the modelled distance to where KV is kept.
//
//   get --young copy--> answer
//    '--else--> half an rtt --> backend --> half an rtt --> copy kept --> answer
//   put, delete --> half an rtt --> backend --> half an rtt --> copy kept --> answer
//
// Gets of a key that is being fetched may wait for that fetch (kv_flights.h). Without a control
// plane what is not copied cannot be read, and nothing can be written: the worker gets the error.
//
// Thread: the shard's loop. Borrows: loop, cache, backend (all outlive it).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "edge_node/kv/kv_backend.h"
#include "edge_node/kv/kv_cache.h"
#include "edge_node/kv/kv_flights.h"
#include "edge_node/runtime/host.h"

namespace terrella::edge {

class KvDoor {
 public:
  // `backend` may be null: a node without a control plane. `rtt`: to where KV is kept.
  KvDoor(EventLoop& loop, KvCache& cache, KvBackend* backend, Duration rtt)
      : loop_(loop), cache_(cache), backend_(backend), rtt_(rtt) {}
  ~KvDoor();
  KvDoor(const KvDoor&) = delete;
  KvDoor& operator=(const KvDoor&) = delete;

  // Destroying what it returns cancels the answer (a write goes through all the same).
  std::unique_ptr<runtime::Subrequest> Start(runtime::KvRequest request,
                                             runtime::KvObserver& observer);
  // Nothing is on its way. Of a door that is destroyed before, the writes have no end for the
  // cache, which keeps no copy of those keys any more.
  bool idle() const { return under_way_ == 0; }

 private:
  class Call;
  class Trip;
  using Answer = std::function<void(absl::Status)>;

  void Get(const std::shared_ptr<Call>& call, runtime::KvRequest request);
  void Fetch(std::vector<KvFlight> flights);  // of one namespace
  void Arrive(const KvFlight& flight, const absl::Status& status, const KvCache::Copy& copy);
  void Put(const std::shared_ptr<Call>& call, runtime::KvRequest request);
  void Delete(const std::shared_ptr<Call>& call, runtime::KvRequest request);
  void List(const std::shared_ptr<Call>& call, runtime::KvRequest request);
  // Runs `send(done)` after half an rtt, and `then` with its answer after another half.
  template <class Response>
  void Travel(std::function<void(KvBackend::Done<Response>)> send, KvBackend::Done<Response> then);
  void After(Duration delay, std::function<void()> action);

  EventLoop& loop_;
  KvCache& cache_;
  KvBackend* const backend_;
  const Duration rtt_;
  KvFlights<std::weak_ptr<Call>> flights_;
  std::map<uint64_t, std::unique_ptr<Timer>> timers_;
  uint64_t next_timer_ = 0;
  size_t under_way_ = 0;                                             // operations that travel
  std::shared_ptr<KvDoor*> self_ = std::make_shared<KvDoor*>(this);  // what backend's answers hold
};

}  // namespace terrella::edge
