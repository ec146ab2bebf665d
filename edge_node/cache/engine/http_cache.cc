#include "edge_node/cache/engine/http_cache.h"

#include <future>
#include <utility>

#include "base/status.h"
#include "edge_node/cache/engine/flight.h"
#include "edge_node/cache/engine/stored_body.h"
#include "edge_node/cache/policy/cache_key.h"
#include "edge_node/cache/policy/vary.h"

namespace terrella::cache {
namespace {

bool IsSafe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

}  // namespace

HttpCache::HttpCache(EventLoop& loop, Store& store, const Clock& clock,
                     const HttpCacheLimits& limits)
    : loop_(loop),
      store_(store),
      clock_(clock),
      limits_(limits),
      generations_(RandomU64()),
      later_(loop) {}

HttpCache::~HttpCache() {
  flights_.clear();
  for (auto& [key, fill] : fills_) fill->set_done(nullptr);
  fills_.clear();
  std::promise<void> quiet;
  store_.AfterWrites([&] { quiet.set_value(); });
  quiet.get_future().wait();
}

std::unique_ptr<Pending> HttpCache::Fetch(CachedRequest request, std::shared_ptr<Origin> origin,
                                          AnswerObserver& observer) {
  auto fetch =
      std::make_unique<CachedFetch>(*this, std::move(request), std::move(origin), observer);
  fetch->Start();
  return fetch;
}

HttpCache::Answer HttpCache::ServeEntry(const std::shared_ptr<const StoredEntry>& entry,
                                        std::string_view method, const http::Headers& headers,
                                        CacheStatus status) {
  Serving serving = Serve(entry->head, {.method = method,
                                        .request = headers,
                                        .body_bytes = entry->body_bytes,
                                        .status = status,
                                        .now = Now()});
  Answer answer{std::move(serving.head), nullptr};
  if (serving.has_body) {
    answer.body = MakeStoredBody(loop_, entry, serving.body, [&store = store_, key = entry->key] {
      store.Delete(key, [](bool) {});
    });
  }
  return answer;
}

HttpCache::Answer HttpCache::ServeFill(Fill& fill, std::string_view method,
                                       const http::Headers& headers, CacheStatus status,
                                       bool add_age,
                                       const std::optional<http::Headers>& for_asker) {
  const StoredHead* head = &fill.entry().head;
  StoredHead with_more;
  if (for_asker) {
    with_more = *head;
    with_more.headers = *for_asker;
    with_more.headers.Remove("content-length");
    head = &with_more;
  }
  Serving serving = Serve(*head, {.method = method,
                                  .request = headers,
                                  .body_bytes = fill.length_bytes(),
                                  .status = status,
                                  .add_age = add_age || (for_asker && for_asker->Has("age")),
                                  .now = Now()});
  Answer answer{std::move(serving.head), nullptr};
  if (serving.has_body) {
    const bool part = answer.head.status == 206;
    answer.body = fill.NewReader(part ? std::optional<ByteRange>(serving.body) : std::nullopt);
  }
  return answer;
}

std::shared_ptr<Fill> HttpCache::StartFill(const std::string& primary_key,
                                           const std::shared_ptr<const StoredEntry>& index,
                                           StoredHead head, const http::Headers& request,
                                           std::unique_ptr<http::BodySource> body,
                                           Fill::Done done) {
  StoredEntry entry;
  entry.key = primary_key;
  if (!head.vary.empty()) {
    std::shared_ptr<const StoredEntry> use = index;
    if (use == nullptr || use->head.vary != head.vary) {
      auto fresh = std::make_shared<StoredEntry>();
      fresh->key = primary_key;
      fresh->is_vary_index = true;
      fresh->generation = generations_.Next();
      fresh->head.vary = head.vary;
      fresh->head.purge_stamp = head.purge_stamp;
      store_.Put(fresh);
      use = std::move(fresh);
    }
    entry.key = VariantKey(*use, VaryValues(head.vary, request));
  }
  entry.head = std::move(head);
  const std::string key = entry.key;
  auto fill = std::make_shared<Fill>(loop_, later_, store_, std::move(entry), std::move(body));
  fill->set_done([this, alive = std::weak_ptr(alive_), weak = std::weak_ptr(fill), key,
                  done = std::move(done)](bool stored) {
    if (!alive.expired()) {
      const auto found = fills_.find(key);
      if (found != fills_.end() && found->second == weak.lock()) fills_.erase(found);
    }
    if (done) done(stored);
  });
  fills_[key] = fill;
  return fill;
}

std::shared_ptr<Fill> HttpCache::JoinableFill(const std::string& key) {
  const auto found = fills_.find(key);
  if (found == fills_.end() || !found->second->joinable()) return nullptr;
  return found->second;
}

Flight& HttpCache::StartFlight(const CachedRequest& request, const std::string& primary_key,
                               Lookup::Result found, std::shared_ptr<Origin> origin,
                               bool background) {
  Flight::Plan plan{.key = std::move(found.key),
                    .primary_key = primary_key,
                    .script = request.script,
                    .url = request.request.url,
                    .headers = request.request.headers,
                    .rules = request.rules,
                    .stale = std::move(found.entry),
                    .index = std::move(found.index),
                    .background = background};
  const std::string key = plan.key;
  auto flight = std::make_unique<Flight>(*this, std::move(plan), std::move(origin));
  Flight& ref = *flight;
  flights_[key] = std::move(flight);
  return ref;
}

void HttpCache::RefreshBehind(const CachedRequest& request, const std::string& primary_key,
                              const Lookup::Result& found, std::shared_ptr<Origin> origin) {
  if (flights_.contains(found.key) || flights_.size() >= limits_.flights_max) return;
  StartFlight(request, primary_key, found, std::move(origin), /*background=*/true)
      .Ask(/*validate=*/true);
}

void HttpCache::Forget(const std::string& key, std::function<void(bool)> done) {
  if (const auto fill = fills_.find(key); fill != fills_.end()) {
    const std::shared_ptr<Fill> gone = fill->second;
    fills_.erase(fill);
    gone->GiveUpStoring();
  }
  if (const auto flight = flights_.find(key); flight != flights_.end()) {
    flight->second->ForbidStoring();
  }
  store_.Delete(key, std::move(done));
}

void HttpCache::InvalidateAfter(const CachedRequest& request, const http::ResponseHead& answer) {
  // RFC 9111 section 4.4
  if (IsSafe(request.request.method) || answer.status < 200 || answer.status >= 400) return;
  const std::string& url = request.request.url;
  const http::Headers none;
  auto forget = [&](std::string_view target) {
    Forget(MakeCacheKey({request.script, ""}, target, none), [](bool) {});
  };
  forget(url);
  for (const char* name : {"location", "content-location"}) {
    const auto value = answer.headers.Find(name);
    if (!value) continue;
    if (const std::string target = SameOriginTarget(url, *value); !target.empty()) forget(target);
  }
}

void HttpCache::RememberUncacheable(const std::string& key) {
  const MonotonicTime now = loop_.Now();
  if (uncacheable_.size() >= limits_.uncacheable_max) {
    std::erase_if(uncacheable_, [&](const auto& one) { return one.second <= now; });
    if (uncacheable_.size() >= limits_.uncacheable_max) return;
  }
  uncacheable_[key] = now + limits_.uncacheable_for;
}

bool HttpCache::IsUncacheable(const std::string& key) {
  const auto found = uncacheable_.find(key);
  if (found == uncacheable_.end()) return false;
  if (found->second > loop_.Now()) return true;
  uncacheable_.erase(found);
  return false;
}

}  // namespace terrella::cache
