// HttpCache: one shard's way to the node's cache: fetches that go through it, and the Cache API.
//
//   Fetch --may not be cached--> the origin (DYNAMIC; an unsafe method invalidates what it changed)
//     |--lookup--> fresh --> served (HIT)
//     |            stale, may be served --> served (UPDATING), refreshed behind it
//     '----------> absent or stale --> a Flight: one question to the origin for all who wait
//                    |--304--> the stored response lives on (REVALIDATED)
//                    |--may be stored--> a Fill, read by all who waited (MISS, EXPIRED; HIT for
//                    those |                   who came later)
//                    |--may not--> the one who asked gets it (BYPASS), the others ask for
//                    themselves
//                    '--failed--> what is stored, however stale, when that is allowed (STALE)
//
// So many requests for one thing that is not there make one request to its origin. Shards do not
// wait for each other: with n shards there may be n.
//
// A key that turned out not to be cacheable is asked for directly for a while, so that requests for
// it neither wait for each other nor lose their conditions and ranges.
//
// Thread: the loop's. Borrows: the store, which all shards share.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/random.h"
#include "edge_node/cache/engine/deferred_calls.h"
#include "edge_node/cache/engine/fill.h"
#include "edge_node/cache/engine/lookup.h"
#include "edge_node/cache/engine/origin.h"
#include "edge_node/cache/policy/fetch_rules.h"
#include "edge_node/cache/policy/purge.h"
#include "edge_node/cache/policy/reuse.h"
#include "edge_node/cache/policy/serving.h"
#include "edge_node/cache/store/store.h"

namespace terrella::cache {

struct HttpCacheLimits {
  size_t flights_max = 1024;  // questions to origins at once; beyond: asked without the cache
  size_t fills_max = 256;     // responses being stored at once; beyond: passed on, not stored
  size_t uncacheable_max = 4096;
  Duration uncacheable_for = std::chrono::seconds(10);
};

// A request to an origin, with what its caller asks of the cache.
struct CachedRequest {
  std::string script;  // whose cache it is
  OriginRequest request;
  FetchRules rules;
};

class HttpCache {
 public:
  // `clock` says how old responses are. The store outlives it.
  HttpCache(EventLoop& loop, Store& store, const Clock& clock, const HttpCacheLimits& limits = {});
  // Whoever asked must be gone. Waits until the disk's thread knows nothing of this loop.
  ~HttpCache();

  // Purges hold for every request from now on.
  void SetPurges(std::shared_ptr<const PurgeTable> purges) { purges_ = std::move(purges); }

  std::unique_ptr<Pending> Fetch(CachedRequest request, std::shared_ptr<Origin> origin,
                                 AnswerObserver& observer);

  // --- the Cache API (cache.match, put, delete) of one script's cache `name`, empty for the
  // default one, which fetches share. Keys are URLs alone.
  struct MatchRequest {
    std::string script;
    std::string name;
    std::string url;
    http::Headers headers;
  };
  // A fresh response to GET, with the request's conditions and range applied; 504 when there is
  // none.
  std::unique_ptr<Pending> Match(MatchRequest request, AnswerObserver& observer);
  // 204 when it was stored, 413 when it may not be or is too large.
  std::unique_ptr<Pending> Put(MatchRequest request, http::ResponseHead head,
                               std::unique_ptr<http::BodySource> body, AnswerObserver& observer);
  // 200 when there was one, else 404.
  std::unique_ptr<Pending> Delete(MatchRequest request, AnswerObserver& observer);

  struct Answer {
    http::ResponseHead head;
    std::unique_ptr<http::BodySource> body;
  };

  // How many answers had each CacheStatus.
  const std::array<uint64_t, 8>& counts() const { return counts_; }

 private:
  friend class CachedFetch;
  friend class Flight;
  friend class CacheTask;
  friend class MatchTask;
  friend class PutTask;
  friend class DeleteTask;

  WallTime Now() const { return clock_.WallNow(); }
  uint64_t StampFor(std::string_view script) const {
    return purges_ == nullptr ? 0 : purges_->StampFor(script);
  }
  // The answer to one request out of a stored entry.
  Answer ServeEntry(const std::shared_ptr<const StoredEntry>& entry, std::string_view method,
                    const http::Headers& headers, CacheStatus status);
  // The same out of one that is still coming. `for_asker`: in place of the stored fields, for the
  // one whose request was sent.
  Answer ServeFill(Fill& fill, std::string_view method, const http::Headers& headers,
                   CacheStatus status, bool add_age,
                   const std::optional<http::Headers>& for_asker = std::nullopt);
  // Begins to store a response under the key that its Vary and `request` make of `primary_key`.
  std::shared_ptr<Fill> StartFill(const std::string& primary_key,
                                  const std::shared_ptr<const StoredEntry>& index, StoredHead head,
                                  const http::Headers& request,
                                  std::unique_ptr<http::BodySource> body, Fill::Done done);
  std::shared_ptr<Fill> JoinableFill(const std::string& key);
  class Flight& StartFlight(const CachedRequest& request, const std::string& primary_key,
                            Lookup::Result found, std::shared_ptr<Origin> origin, bool background);
  void RefreshBehind(const CachedRequest& request, const std::string& primary_key,
                     const Lookup::Result& found, std::shared_ptr<Origin> origin);
  // Nothing of this key is found from now on, also not what is on its way.
  void Forget(const std::string& key, std::function<void(bool)> done);
  void InvalidateAfter(const CachedRequest& request, const http::ResponseHead& answer);
  void RememberUncacheable(const std::string& key);
  bool IsUncacheable(const std::string& key);
  void Count(CacheStatus status) { ++counts_[static_cast<size_t>(status)]; }

  EventLoop& loop_;
  Store& store_;
  const Clock& clock_;
  const HttpCacheLimits limits_;
  std::shared_ptr<const PurgeTable> purges_;
  CounterRandom generations_;
  std::array<uint64_t, 8> counts_{};
  std::map<std::string, std::shared_ptr<Fill>, std::less<>> fills_;            // by the entry's key
  std::map<std::string, std::unique_ptr<class Flight>, std::less<>> flights_;  // by lookup key
  std::map<std::string, MonotonicTime, std::less<>> uncacheable_;              // until when
  DeferredCalls later_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // fills hold it weakly
};

}  // namespace terrella::cache
