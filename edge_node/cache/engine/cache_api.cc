// HttpCache's side of the Cache API: match, put and delete by a worker's own hand.
//
// As in Workers: a match never asks an origin and gives only what is fresh (no stale-while-
// revalidate); what a put stores, and how long, its headers decide.
#include <utility>

#include "base/status.h"
#include "edge_node/cache/engine/http_cache.h"
#include "edge_node/cache/policy/cache_key.h"
#include "edge_node/cache/policy/storing.h"

namespace terrella::cache {
namespace {

std::string KeyOf(const HttpCache::MatchRequest& request) {
  static const http::Headers kNone;
  return MakeCacheKey({request.script, request.name}, request.url, kNone);
}

HttpCache::Answer Plain(int status, CacheStatus cache_status) {
  HttpCache::Answer answer{.head = {.status = status}, .body = nullptr};
  answer.head.headers.Set(kCacheStatusField, CacheStatusName(cache_status));
  return answer;
}

}  // namespace

// An operation whose answer comes later in the turn or after it.
class CacheTask : public Pending {
 public:
  CacheTask(HttpCache& cache, AnswerObserver& observer) : cache_(cache), observer_(observer) {}

 protected:
  void GiveLater(HttpCache::Answer answer) {
    auto shared = std::make_shared<HttpCache::Answer>(std::move(answer));
    cache_.later_.Add([this, weak = std::weak_ptr(alive_), shared] {
      if (weak.expired()) return;
      observer_.OnAnswer(std::move(shared->head), std::move(shared->body));
    });
  }
  std::weak_ptr<int> alive() const { return alive_; }

  HttpCache& cache_;
  AnswerObserver& observer_;

 private:
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

class MatchTask final : public CacheTask {
 public:
  MatchTask(HttpCache& cache, HttpCache::MatchRequest request, AnswerObserver& observer)
      : CacheTask(cache, observer),
        request_(std::move(request)),
        purges_(cache.purges_),
        lookup_(cache.loop_, cache.store_, purges_.get(), KeyOf(request_), request_.headers,
                [this](Lookup::Result result) { OnLookup(result); }) {}
  void Start() { lookup_.Run(); }

 private:
  void OnLookup(const Lookup::Result& result) {
    if (result.entry != nullptr && result.entry->head.FreshAt(cache_.Now())) {
      cache_.Count(CacheStatus::kHit);
      return GiveLater(cache_.ServeEntry(result.entry, "GET", request_.headers, CacheStatus::kHit));
    }
    const bool stale = result.entry != nullptr;
    GiveLater(Plain(504, stale ? CacheStatus::kExpired : CacheStatus::kMiss));
  }

  const HttpCache::MatchRequest request_;
  const std::shared_ptr<const PurgeTable> purges_;
  Lookup lookup_;
};

// The fill goes on when the task is destroyed: the promise of a put may be let go.
class PutTask final : public CacheTask {
 public:
  using CacheTask::CacheTask;

  void Start(const HttpCache::MatchRequest& request, const http::ResponseHead& head,
             std::unique_ptr<http::BodySource> body) {
    const WallTime now = cache_.Now();
    StoreDecision decision = DecideStore(request.headers, head, {now, now}, FetchRules());
    if (!decision.store || cache_.fills_.size() >= cache_.limits_.fills_max) {
      return GiveLater(Plain(413, CacheStatus::kBypass));
    }
    decision.head.purge_stamp = cache_.StampFor(request.script);
    const auto fill =
        cache_.StartFill(KeyOf(request), nullptr, std::move(decision.head), request.headers,
                         std::move(body), [this, weak = alive()](bool stored) {
                           if (!weak.expired()) {
                             GiveLater(Plain(stored ? 204 : 413, CacheStatus::kMiss));
                           }
                         });
    fill->Start();
  }
};

class DeleteTask final : public CacheTask {
 public:
  using CacheTask::CacheTask;

  void Start(const std::string& key) {
    cache_.Forget(key, [this, weak = alive(), &loop = cache_.loop_](bool there) {
      loop.Post([this, weak, there] {
        if (!weak.expired()) GiveLater(Plain(there ? 200 : 404, CacheStatus::kMiss));
      });
    });
  }
};

std::unique_ptr<Pending> HttpCache::Match(MatchRequest request, AnswerObserver& observer) {
  auto task = std::make_unique<MatchTask>(*this, std::move(request), observer);
  task->Start();
  return task;
}

std::unique_ptr<Pending> HttpCache::Put(MatchRequest request, http::ResponseHead head,
                                        std::unique_ptr<http::BodySource> body,
                                        AnswerObserver& observer) {
  auto task = std::make_unique<PutTask>(*this, observer);
  task->Start(request, head, std::move(body));
  return task;
}

std::unique_ptr<Pending> HttpCache::Delete(MatchRequest request, AnswerObserver& observer) {
  auto task = std::make_unique<DeleteTask>(*this, observer);
  task->Start(KeyOf(request));
  return task;
}

}  // namespace terrella::cache
