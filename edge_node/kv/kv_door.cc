#include "edge_node/kv/kv_door.h"

#include <utility>

#include "base/status.h"

namespace terrella::edge {

// One operation of a worker, as long as the worker waits for it.
class KvDoor::Call {
 public:
  explicit Call(runtime::KvObserver& observer) : observer_(&observer) {}

  void Cancel() { observer_ = nullptr; }
  void Finish(absl::StatusOr<runtime::KvAnswer> answer) {
    if (observer_ != nullptr) std::exchange(observer_, nullptr)->OnKv(std::move(answer));
  }

  // --- a get: items in the order asked, those still missing counted
  void Expect(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) answer_.items.push_back({key, nullptr, 0});
    missing_ = keys.size();
    arrived_.resize(keys.size());
  }
  bool Settle(const std::string& key, const KvCache::Copy& copy) {
    for (size_t i = 0; i < answer_.items.size(); ++i) {
      if (arrived_[i] || answer_.items[i].key != key) continue;
      arrived_[i] = true;
      answer_.items[i].value = copy.value;
      answer_.items[i].expires_unix_s = copy.expires_unix_s;
      --missing_;
    }
    return missing_ == 0;
  }
  void FinishGet() { Finish(std::move(answer_)); }

 private:
  runtime::KvObserver* observer_;  // null: answered, or nobody waits
  runtime::KvAnswer answer_;
  std::vector<bool> arrived_;
  size_t missing_ = 0;
};

// What the worker's side holds.
class KvDoor::Trip final : public runtime::Subrequest {
 public:
  explicit Trip(std::shared_ptr<Call> call) : call_(std::move(call)) {}
  ~Trip() override { call_->Cancel(); }

 private:
  std::shared_ptr<Call> call_;
};

KvDoor::~KvDoor() {
  *self_ = nullptr;
}

std::unique_ptr<runtime::Subrequest> KvDoor::Start(runtime::KvRequest request,
                                                   runtime::KvObserver& observer) {
  auto call = std::make_shared<Call>(observer);
  switch (request.kind) {
    case runtime::KvRequest::Kind::kGet:
      Get(call, std::move(request));
      break;
    case runtime::KvRequest::Kind::kPut:
      Put(call, std::move(request));
      break;
    case runtime::KvRequest::Kind::kDelete:
      Delete(call, std::move(request));
      break;
    case runtime::KvRequest::Kind::kList:
      List(call, std::move(request));
      break;
  }
  return std::make_unique<Trip>(std::move(call));
}

void KvDoor::After(Duration delay, std::function<void()> action) {
  const uint64_t id = next_timer_++;
  auto timer = std::make_unique<Timer>(loop_, [this, id, action = std::move(action)] {
    auto spent = std::move(timers_[id]);
    timers_.erase(id);
    action();
  });
  timer->Start(delay);
  timers_.emplace(id, std::move(timer));
}

template <class Response>
void KvDoor::Travel(std::function<void(KvBackend::Done<Response>)> send,
                    KvBackend::Done<Response> then) {
  if (backend_ == nullptr) {
    return After(Duration{}, [then = std::move(then)] {
      then(Unavailable("this node has no control plane, where KV is kept"));
    });
  }
  ++under_way_;
  After(rtt_ / 2, [this, send = std::move(send), then = std::move(then)] {
    send([self = self_, then](absl::StatusOr<Response> response) {
      if (*self == nullptr) return;
      auto kept = std::make_shared<absl::StatusOr<Response>>(std::move(response));
      (*self)->After((*self)->rtt_ / 2, [door = *self, kept, then] {
        --door->under_way_;
        then(std::move(*kept));
      });
    });
  });
}

void KvDoor::Get(const std::shared_ptr<Call>& call, runtime::KvRequest request) {
  call->Expect(request.keys);
  std::vector<KvFlight> to_fetch;
  bool complete = request.keys.empty();
  for (const std::string& key : request.keys) {
    if (auto copy = cache_.Find(request.ns, key, request.cache_ttl)) {
      complete = call->Settle(key, *copy);
      continue;
    }
    auto [flight, is_new] = flights_.Join(cache_, request.ns, key, call);
    if (is_new) to_fetch.push_back(std::move(flight));
  }
  if (complete) return After(Duration{}, [call] { call->FinishGet(); });
  if (!to_fetch.empty()) Fetch(std::move(to_fetch));
}

void KvDoor::Fetch(std::vector<KvFlight> flights) {
  v1::KvGetRequest request;
  request.set_namespace_(flights.front().ns);
  for (const KvFlight& flight : flights) request.add_keys(flight.key);
  Travel<v1::KvGetResponse>(
      [this, request](auto done) { backend_->Get(loop_, request, std::move(done)); },
      [this, flights = std::move(flights)](absl::StatusOr<v1::KvGetResponse> response) {
        std::map<std::string, KvCache::Copy> found;
        if (response.ok()) {
          for (v1::KvEntry& entry : *response->mutable_entries()) {
            auto value = std::make_shared<runtime::KvValue>();
            value->bytes = std::move(*entry.mutable_value());
            value->metadata = std::move(*entry.mutable_metadata());
            found[entry.key()] = {std::move(value), entry.expires_unix_s()};
          }
        }
        for (const KvFlight& flight : flights) {
          const KvCache::Copy& copy = found[flight.key];
          if (response.ok()) {
            cache_.StoreFetched(flight.ns, flight.key, copy, flight.asked);
          }
          Arrive(flight, response.status(), copy);
        }
      });
}

void KvDoor::Arrive(const KvFlight& arrived, const absl::Status& status,
                    const KvCache::Copy& copy) {
  for (const std::weak_ptr<Call>& waiting : flights_.Take(arrived)) {
    auto call = waiting.lock();
    if (call == nullptr) continue;
    if (!status.ok()) {
      call->Finish(status);
    } else if (call->Settle(arrived.key, copy)) {
      call->FinishGet();
    }
  }
}

void KvDoor::Put(const std::shared_ptr<Call>& call, runtime::KvRequest request) {
  v1::KvPutRequest wire;
  wire.set_namespace_(request.ns);
  v1::KvEntry* entry = wire.add_entries();
  entry->set_key(request.keys[0]);
  entry->set_value(request.value.bytes);
  entry->set_metadata(request.value.metadata);
  entry->set_expires_unix_s(request.expires_unix_s);
  auto value = std::make_shared<const runtime::KvValue>(std::move(request.value));
  KvCache::Copy copy{std::move(value), request.expires_unix_s};
  cache_.BeginWrite(request.ns, request.keys[0]);
  Travel<v1::KvPutResponse>(
      [this, wire = std::move(wire)](auto done) { backend_->Put(loop_, wire, std::move(done)); },
      [this, call, copy = std::move(copy), ns = request.ns, key = request.keys[0]](auto response) {
        cache_.EndWrite(ns, key, response.ok() ? std::optional(copy) : std::nullopt);
        call->Finish(response.ok() ? absl::StatusOr<runtime::KvAnswer>(runtime::KvAnswer{})
                                   : response.status());
      });
}

void KvDoor::Delete(const std::shared_ptr<Call>& call, runtime::KvRequest request) {
  v1::KvDeleteRequest wire;
  wire.set_namespace_(request.ns);
  wire.add_keys(request.keys[0]);
  cache_.BeginWrite(request.ns, request.keys[0]);
  Travel<v1::KvDeleteResponse>(
      [this, wire](auto done) { backend_->Delete(loop_, wire, std::move(done)); },
      [this, call, ns = request.ns, key = request.keys[0]](auto response) {
        cache_.EndWrite(ns, key, response.ok() ? std::optional(KvCache::Copy{}) : std::nullopt);
        call->Finish(response.ok() ? absl::StatusOr<runtime::KvAnswer>(runtime::KvAnswer{})
                                   : response.status());
      });
}

void KvDoor::List(const std::shared_ptr<Call>& call, runtime::KvRequest request) {
  v1::KvListRequest wire;
  wire.set_namespace_(request.ns);
  wire.set_prefix(request.prefix);
  wire.set_cursor(request.cursor);
  wire.set_limit(request.limit);
  Travel<v1::KvListResponse>(
      [this, wire](auto done) { backend_->List(loop_, wire, std::move(done)); },
      [call](absl::StatusOr<v1::KvListResponse> response) {
        if (!response.ok()) return call->Finish(response.status());
        runtime::KvAnswer answer;
        answer.cursor = response->cursor();
        for (v1::KvEntry& entry : *response->mutable_entries()) {
          auto value = std::make_shared<runtime::KvValue>();
          value->metadata = std::move(*entry.mutable_metadata());
          answer.items.push_back({entry.key(), std::move(value), entry.expires_unix_s()});
        }
        call->Finish(std::move(answer));
      });
}

}  // namespace terrella::edge
