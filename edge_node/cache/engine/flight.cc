#include "edge_node/cache/engine/flight.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/cache/policy/cache_control.h"
#include "edge_node/cache/policy/cache_key.h"
#include "edge_node/cache/policy/storing.h"
#include "edge_node/cache/policy/validation.h"
#include "edge_node/cache/policy/vary.h"

namespace terrella::cache {
namespace {

// Whether a request is for something else than the whole response.
bool IsForPart(const http::Headers& headers) {
  return headers.Has("range") || headers.Has("if-none-match") || headers.Has("if-modified-since");
}

}  // namespace

CachedFetch::CachedFetch(HttpCache& cache, CachedRequest request, std::shared_ptr<Origin> origin,
                         AnswerObserver& observer)
    : cache_(cache),
      request_(std::move(request)),
      origin_(std::move(origin)),
      observer_(observer) {}

CachedFetch::~CachedFetch() {
  if (flight_ != nullptr) flight_->Leave(*this);
}

void CachedFetch::Later(std::function<void()> call) {
  cache_.later_.Add([weak = std::weak_ptr(alive_), call = std::move(call)] {
    if (!weak.expired()) call();
  });
}

void CachedFetch::Start() {
  const OriginRequest& request = request_.request;
  const CacheableRequest asked{.method = request.method,
                               .url = request.url,
                               .headers = request.headers,
                               .has_body = request.body != nullptr};
  if (!MayBeCached(asked, request_.rules)) return GoDirect(CacheStatus::kDynamic);
  if (request_.rules.mode == CacheMode::kNoStore) return GoDirect(CacheStatus::kBypass);
  const std::string& url = request_.rules.key.empty() ? request.url : request_.rules.key;
  primary_key_ = MakeCacheKey({request_.script, ""}, url, request.headers);
  LookUp();
}

void CachedFetch::LookUp() {
  lookup_ = std::make_unique<Lookup>(
      cache_.loop_, cache_.store_, cache_.purges_.get(), primary_key_, headers(),
      [this, purges = cache_.purges_](Lookup::Result result) { OnLookup(std::move(result)); });
  lookup_->Run();
}

void CachedFetch::OnLookup(Lookup::Result result) {
  if (result.entry != nullptr) {
    const Use use = JudgeUse(result.entry->head, request_.rules.mode, cache_.Now());
    if (use != Use::kValidateFirst) {
      const bool fresh = use == Use::kFresh;
      if (!fresh) cache_.RefreshBehind(request_, primary_key_, result, origin_);
      const CacheStatus status = fresh ? CacheStatus::kHit : CacheStatus::kUpdating;
      return Later([this, entry = result.entry, status] {
        Give(cache_.ServeEntry(entry, request_.request.method, headers(), status), status);
      });
    }
  } else if (const auto fill = cache_.JoinableFill(result.key)) {
    return Later([this, fill] {
      if (!fill->joinable()) return LookUp();
      Give(cache_.ServeFill(*fill, request_.request.method, headers(), CacheStatus::kHit,
                            /*add_age=*/true),
           CacheStatus::kHit);
    });
  }
  if (ParseCacheControl(headers()).only_if_cached) {
    return Later([this] {
      HttpCache::Answer answer{.head = {.status = 504}, .body = nullptr};
      answer.head.headers.Set(kCacheStatusField, CacheStatusName(CacheStatus::kMiss));
      Give(std::move(answer), CacheStatus::kMiss);
    });
  }
  if (cache_.IsUncacheable(primary_key_)) return GoDirect(CacheStatus::kBypass);
  JoinOrLead(std::move(result));
}

void CachedFetch::JoinOrLead(Lookup::Result result) {
  const auto existing = cache_.flights_.find(result.key);
  if (existing != cache_.flights_.end()) return existing->second->Join(*this);
  if (cache_.flights_.size() >= cache_.limits_.flights_max) return GoDirect(CacheStatus::kBypass);
  Flight& flight = cache_.StartFlight(request_, primary_key_, std::move(result), origin_,
                                      /*background=*/false);
  flight.Join(*this);
  flight.Ask(/*validate=*/true);
}

void CachedFetch::GoDirect(CacheStatus status) {
  direct_status_ = status;
  OriginRequest request{.method = request_.request.method,
                        .url = request_.request.url,
                        .headers = request_.request.headers,
                        .body = std::move(request_.request.body)};
  direct_ = origin_->Ask(std::move(request), *this);
}

void CachedFetch::Give(HttpCache::Answer answer, CacheStatus status) {
  cache_.Count(status);
  observer_.OnAnswer(std::move(answer.head), std::move(answer.body));
}

void CachedFetch::Fail(const absl::Status& status) {
  observer_.OnError(status);
}

void CachedFetch::OnAnswer(http::ResponseHead head, std::unique_ptr<http::BodySource> body) {
  cache_.InvalidateAfter(request_, head);
  head.headers.Set(kCacheStatusField, CacheStatusName(direct_status_));
  Give({std::move(head), std::move(body)}, direct_status_);
}

void CachedFetch::OnError(const absl::Status& status) {
  Fail(status);
}

Flight::Flight(HttpCache& cache, Plan plan, std::shared_ptr<Origin> origin)
    : cache_(cache),
      plan_(std::move(plan)),
      origin_(std::move(origin)),
      purge_stamp_(cache.StampFor(plan_.script)) {}

Flight::~Flight() {
  for (CachedFetch* waiter : waiters_) waiter->flight_ = nullptr;
}

void Flight::Join(CachedFetch& waiter) {
  CHECK(waiter.flight_ == nullptr);
  waiter.flight_ = this;
  if (waiters_.empty() && question_ == nullptr && !plan_.background) leader_ = &waiter;
  waiters_.push_back(&waiter);
}

void Flight::Leave(CachedFetch& waiter) {
  std::erase(waiters_, &waiter);
  waiter.flight_ = nullptr;
  if (leader_ == &waiter) leader_ = nullptr;
  if (waiters_.empty() && !plan_.background) End();
}

CachedFetch* Flight::TakeWaiter() {
  if (waiters_.empty()) return nullptr;
  CachedFetch* waiter = waiters_.front();
  waiters_.pop_front();
  waiter->flight_ = nullptr;
  return waiter;
}

void Flight::Ask(bool validate) {
  OriginRequest request{
      .method = "GET", .url = plan_.url, .headers = plan_.headers, .body = nullptr};
  RemoveConditions(request.headers);
  validating_ =
      validate && plan_.stale != nullptr && AddConditions(plan_.stale->head, request.headers);
  asked_ = cache_.Now();
  question_ = origin_->Ask(std::move(request), *this);
}

void Flight::OnAnswer(http::ResponseHead head, std::unique_ptr<http::BodySource> body) {
  if (head.status == 304 && validating_) return OnNotModified(head);
  if (IsServerFailure(head.status) && ServeStale()) return;
  StoreDecision decision = DecideStore(plan_.headers, head, {asked_, cache_.Now()}, plan_.rules);
  const bool room = cache_.fills_.size() < cache_.limits_.fills_max;
  if (decision.store && may_store_ && room) {
    return OnStorable(std::move(decision), std::move(body));
  }
  OnUnstorable(!decision.store && decision.forbidden, std::move(head), std::move(body));
}

void Flight::OnNotModified(const http::ResponseHead& head) {
  auto fresh = Freshen(plan_.stale->head, plan_.headers, head, {asked_, cache_.Now()}, plan_.rules);
  if (!fresh) return Ask(/*validate=*/false);
  auto entry = std::make_shared<StoredEntry>(*plan_.stale);
  entry->head = *std::move(fresh);
  entry->head.purge_stamp = purge_stamp_;
  const bool keep = may_store_ && !(entry->head.no_cache && !entry->head.has_validator());
  if (keep) {
    cache_.store_.Put(entry);
  } else {
    cache_.Forget(plan_.key, [](bool) {});
  }
  ServeAll(entry, CacheStatus::kRevalidated);
}

void Flight::OnStorable(StoreDecision decision, std::unique_ptr<http::BodySource> body) {
  StoredHead& head = decision.head;
  head.purge_stamp = purge_stamp_;
  const std::vector<std::string> vary = head.vary;
  const std::string values = VaryValues(vary, plan_.headers);
  const std::shared_ptr<Fill> fill = cache_.StartFill(
      plan_.primary_key, plan_.index, std::move(head), plan_.headers, std::move(body), nullptr);
  CachedFetch* const leader = std::exchange(leader_, nullptr);
  End();
  CacheStatus status = plan_.stale == nullptr ? CacheStatus::kMiss : CacheStatus::kExpired;
  bool first = true;
  static const std::optional<http::Headers> kNone;
  while (CachedFetch* waiter = TakeWaiter()) {
    if (!fill->joinable() || VaryValues(vary, waiter->headers()) != values) {
      waiter->LookUp();
      continue;
    }
    waiter->Give(
        cache_.ServeFill(*fill, waiter->request_.request.method, waiter->headers(), status,
                         /*add_age=*/!first, waiter == leader ? decision.for_asker : kNone),
        status);
    first = false;
    status = CacheStatus::kHit;
  }
  fill->Start();
}

void Flight::OnUnstorable(bool forbidden, http::ResponseHead head,
                          std::unique_ptr<http::BodySource> body) {
  if (forbidden) {
    cache_.RememberUncacheable(plan_.primary_key);
    if (plan_.stale != nullptr) cache_.Forget(plan_.key, [](bool) {});
  }
  const CacheStatus status = forbidden ? CacheStatus::kBypass : CacheStatus::kMiss;
  CachedFetch* const leader = std::exchange(leader_, nullptr);
  End();
  while (CachedFetch* waiter = TakeWaiter()) {
    // What was not meant for all goes to whoever asked for it, and only when it is what they asked
    // for: conditions and ranges were left out of the question.
    if (waiter != leader || IsForPart(waiter->headers())) {
      waiter->GoDirect(status);
      continue;
    }
    if (waiter->request_.request.method == "HEAD") {
      const auto length = body == nullptr ? std::nullopt : body->length_bytes();
      if (length) head.headers.Set("content-length", fmt::format("{}", *length));
      body = nullptr;
    }
    head.headers.Set(kCacheStatusField, CacheStatusName(status));
    waiter->Give({std::move(head), std::move(body)}, status);
  }
}

bool Flight::ServeStale() {
  if (plan_.stale == nullptr || !MayServeOnError(plan_.stale->head, cache_.Now())) return false;
  ServeAll(plan_.stale, CacheStatus::kStale);
  return true;
}

void Flight::ServeAll(const std::shared_ptr<const StoredEntry>& entry, CacheStatus status) {
  End();
  const CacheStatus others = status == CacheStatus::kStale ? status : CacheStatus::kHit;
  while (CachedFetch* waiter = TakeWaiter()) {
    waiter->Give(
        cache_.ServeEntry(entry, waiter->request_.request.method, waiter->headers(), status),
        status);
    status = others;
  }
}

void Flight::OnError(const absl::Status& status) {
  const absl::Status copy = status;
  if (ServeStale()) return;
  End();
  while (CachedFetch* waiter = TakeWaiter()) waiter->Fail(copy);
}

void Flight::End() {
  const auto found = cache_.flights_.find(plan_.key);
  if (found == cache_.flights_.end() || found->second.get() != this) return;
  cache_.later_.Add([self = std::shared_ptr<Flight>(std::move(found->second))] {});
  cache_.flights_.erase(found);
}

}  // namespace terrella::cache
