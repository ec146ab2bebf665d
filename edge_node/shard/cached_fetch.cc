#include "edge_node/shard/cached_fetch.h"

#include <utility>

#include "base/status.h"
#include "edge_node/shard/subrequest.h"

namespace terrella::edge {
namespace {

// A question of the cache to an origin.
class OriginQuestion final : public cache::Pending, private runtime::SubrequestObserver {
 public:
  explicit OriginQuestion(cache::AnswerObserver& observer) : observer_(observer) {}

  void Start(EventLoop& loop, http::Client& client, const OriginTarget& origin,
             cache::OriginRequest request) {
    auto url = SplitUrl(request.url);
    runtime::OutboundRequest out{.url = std::move(request.url),
                                 .method = std::move(request.method),
                                 .headers = std::move(request.headers),
                                 .body = std::move(request.body)};
    subrequest_ = url.ok()
                      ? FetchOrigin(loop, client, origin, *std::move(url), std::move(out), *this)
                      : FailSubrequest(loop, url.status(), *this);
  }

 private:
  void OnSubrequestResponse(http::ResponseHead head,
                            std::unique_ptr<http::BodySource> body) override {
    observer_.OnAnswer(std::move(head), std::move(body));
  }
  void OnSubrequestSocket(http::ResponseHead, std::unique_ptr<http::MessageChannel>) override {
    observer_.OnError(Unavailable("the origin switched protocols unasked"));
  }
  void OnSubrequestError(const absl::Status& status) override { observer_.OnError(status); }

  cache::AnswerObserver& observer_;
  std::unique_ptr<runtime::Subrequest> subrequest_;
};

// A declared origin; outlives the version that declared it as long as it is being asked.
class DeclaredOrigin final : public cache::Origin {
 public:
  DeclaredOrigin(EventLoop& loop, http::Client& client, const OriginTarget& target)
      : loop_(loop), client_(client), target_(target) {}
  std::unique_ptr<cache::Pending> Ask(cache::OriginRequest request,
                                      cache::AnswerObserver& observer) override {
    auto question = std::make_unique<OriginQuestion>(observer);
    question->Start(loop_, client_, target_, std::move(request));
    return question;
  }

 private:
  EventLoop& loop_;
  http::Client& client_;
  const OriginTarget target_;
};

// A question of a worker to the cache.
class CacheSubrequest final : public runtime::Subrequest, public cache::AnswerObserver {
 public:
  explicit CacheSubrequest(runtime::SubrequestObserver& observer) : observer_(observer) {}
  void set_pending(std::unique_ptr<cache::Pending> pending) { pending_ = std::move(pending); }

 private:
  void OnAnswer(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    observer_.OnSubrequestResponse(std::move(head), std::move(body));
  }
  void OnError(const absl::Status& status) override { observer_.OnSubrequestError(status); }

  runtime::SubrequestObserver& observer_;
  std::unique_ptr<cache::Pending> pending_;
};

}  // namespace

std::unique_ptr<runtime::Subrequest> FetchThroughCache(cache::HttpCache& cache, EventLoop& loop,
                                                       http::Client& client,
                                                       const std::string& script,
                                                       const OriginTarget& origin,
                                                       runtime::OutboundRequest request,
                                                       runtime::SubrequestObserver& observer) {
  auto subrequest = std::make_unique<CacheSubrequest>(observer);
  cache::CachedRequest asked{.script = script,
                             .request = {.method = std::move(request.method),
                                         .url = std::move(request.url),
                                         .headers = std::move(request.headers),
                                         .body = std::move(request.body)},
                             .rules = std::move(request.cache_rules)};
  auto target = std::make_shared<DeclaredOrigin>(loop, client, origin);
  subrequest->set_pending(cache.Fetch(std::move(asked), std::move(target), *subrequest));
  return subrequest;
}

std::unique_ptr<runtime::Subrequest> OperateCache(cache::HttpCache& cache,
                                                  const std::string& script,
                                                  runtime::OutboundRequest request,
                                                  runtime::SubrequestObserver& observer) {
  using Kind = runtime::CacheOperation::Kind;
  auto subrequest = std::make_unique<CacheSubrequest>(observer);
  runtime::CacheOperation& operation = *request.cache_operation;
  cache::HttpCache::MatchRequest key{.script = script,
                                     .name = std::move(operation.name),
                                     .url = std::move(request.url),
                                     .headers = std::move(request.cache_headers)};
  switch (operation.kind) {
    case Kind::kMatch:
      subrequest->set_pending(cache.Match(std::move(key), *subrequest));
      break;
    case Kind::kPut:
      subrequest->set_pending(cache.Put(std::move(key), std::move(operation.put),
                                        std::move(request.body), *subrequest));
      break;
    case Kind::kDelete:
      subrequest->set_pending(cache.Delete(std::move(key), *subrequest));
      break;
  }
  return subrequest;
}

}  // namespace terrella::edge
