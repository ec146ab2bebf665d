// Flight: one question to an origin on behalf of all requests that wait for its answer, and
// CachedFetch, one such request.
//
// Thread: the loop's. A flight is owned by its HttpCache, a CachedFetch by who asked.
// Invariants: (1) a CachedFetch waits for at most one flight, and one of them has the other on its
// list exactly then; (2) a flight without waiters goes on only when it refreshes in the background.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "edge_node/cache/engine/http_cache.h"
#include "edge_node/cache/policy/storing.h"

namespace terrella::cache {

class CachedFetch final : public Pending, private AnswerObserver {
 public:
  CachedFetch(HttpCache& cache, CachedRequest request, std::shared_ptr<Origin> origin,
              AnswerObserver& observer);
  ~CachedFetch() override;

  void Start();

 private:
  friend class Flight;

  const http::Headers& headers() const { return request_.request.headers; }
  void LookUp();
  void OnLookup(Lookup::Result result);
  void JoinOrLead(Lookup::Result result);
  // Asks the origin itself, with the request as it stands.
  void GoDirect(CacheStatus status);
  void Give(HttpCache::Answer answer, CacheStatus status);
  void Fail(const absl::Status& status);
  // Runs `call` later in this turn, unless this is gone by then.
  void Later(std::function<void()> call);
  void OnAnswer(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override;
  void OnError(const absl::Status& status) override;

  HttpCache& cache_;
  CachedRequest request_;
  const std::shared_ptr<Origin> origin_;
  AnswerObserver& observer_;
  std::string primary_key_;
  std::unique_ptr<Lookup> lookup_;
  Flight* flight_ = nullptr;
  CacheStatus direct_status_ = CacheStatus::kDynamic;
  std::unique_ptr<Pending> direct_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

class Flight final : private AnswerObserver {
 public:
  struct Plan {
    std::string key;          // where the response would be, as far as is known
    std::string primary_key;  // without what it varies by
    std::string script;
    std::string url;
    http::Headers headers;  // of the one who asked first
    FetchRules rules;
    std::shared_ptr<const StoredEntry> stale;  // null: nothing stored
    std::shared_ptr<const StoredEntry> index;  // null: not known to vary
    bool background = false;                   // refreshes what is being served
  };
  Flight(HttpCache& cache, Plan plan, std::shared_ptr<Origin> origin);
  ~Flight() override;

  // `validate` false: as if nothing were stored.
  void Ask(bool validate);
  void Join(CachedFetch& waiter);
  void Leave(CachedFetch& waiter);
  // The answer must not be stored: its key was deleted meanwhile.
  void ForbidStoring() { may_store_ = false; }

 private:
  void OnAnswer(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override;
  void OnError(const absl::Status& status) override;

  void OnNotModified(const http::ResponseHead& head);
  void OnStorable(StoreDecision decision, std::unique_ptr<http::BodySource> body);
  void OnUnstorable(bool forbidden, http::ResponseHead head,
                    std::unique_ptr<http::BodySource> body);
  bool ServeStale();
  // Serves every waiter out of an entry: the first with `status`, those who came later with HIT.
  void ServeAll(const std::shared_ptr<const StoredEntry>& entry, CacheStatus status);
  // Null: no more.
  CachedFetch* TakeWaiter();
  // Takes this flight off the cache's list; it is destroyed when the current call has returned.
  void End();

  HttpCache& cache_;
  const Plan plan_;
  const std::shared_ptr<Origin> origin_;
  const uint64_t purge_stamp_;
  CachedFetch* leader_ = nullptr;  // whose request was sent; null: nobody's who still waits
  bool may_store_ = true;
  bool validating_ = false;
  WallTime asked_{};
  std::unique_ptr<Pending> question_;
  std::deque<CachedFetch*> waiters_;
};

}  // namespace terrella::cache
