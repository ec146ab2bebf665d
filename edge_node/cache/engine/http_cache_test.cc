// Fetches through the cache and the Cache API, against an origin that the test plays.
#include "edge_node/cache/engine/http_cache.h"

#include <gtest/gtest.h>

#include <future>

#include "base/random.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "edge_node/cache/policy/testing.h"

namespace terrella::cache {
namespace {

using std::chrono::seconds;

// A body the test feeds.
class FedBody final : public http::BodySource {
 public:
  explicit FedBody(std::optional<uint64_t> length) : length_(length) {}
  ~FedBody() override {
    if (gone != nullptr) *gone = true;
  }
  std::optional<uint64_t> length_bytes() const override { return length_; }
  void Read(Reader& reader) override {
    reader_ = &reader;
    reading = true;
  }
  void Pause() override { reading = false; }
  void Feed(std::string_view bytes) { reader_->OnBodyData(bytes); }
  void End() { reader_->OnBodyEnd(); }
  void Break() { reader_->OnBodyError(Unavailable("the origin broke off")); }

  bool reading = false;
  bool* gone = nullptr;

 private:
  const std::optional<uint64_t> length_;
  Reader* reader_ = nullptr;
};

// Questions that reached the origin, to be answered by the test.
class TestOrigin final : public Origin {
 public:
  struct Question final : Pending {
    ~Question() override { *cancelled = true; }
    std::shared_ptr<bool> cancelled = std::make_shared<bool>(false);
  };
  std::unique_ptr<Pending> Ask(OriginRequest request, AnswerObserver& observer) override;
  std::vector<std::unique_ptr<struct Asked>> asked;
};
struct Asked {
  OriginRequest request;
  AnswerObserver* observer = nullptr;
  std::shared_ptr<bool> cancelled;
  bool answered = false;

  void Answer(int status, std::string_view fields, std::unique_ptr<http::BodySource> body) {
    answered = true;
    observer->OnAnswer({.status = status, .reason = "", .headers = HeadersOf(fields)},
                       std::move(body));
  }
  void Answer(int status, std::string_view fields, std::string body) {
    Answer(status, fields, http::MakeStringBody(std::move(body)));
  }
  // The body is fed afterwards.
  FedBody* AnswerHead(int status, std::string_view fields,
                      std::optional<uint64_t> length = std::nullopt) {
    auto body = std::make_unique<FedBody>(length);
    FedBody* raw = body.get();
    Answer(status, fields, std::move(body));
    return raw;
  }
};
std::unique_ptr<Pending> TestOrigin::Ask(OriginRequest request, AnswerObserver& observer) {
  auto question = std::make_unique<Question>();
  auto one = std::make_unique<Asked>();
  one->request = std::move(request);
  one->observer = &observer;
  one->cancelled = question->cancelled;
  asked.push_back(std::move(one));
  return question;
}

// Somebody who asks, and what they got.
class Client final : public AnswerObserver, public http::BodySource::Reader {
 public:
  void OnAnswer(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    status = head.status;
    headers = std::move(head.headers);
    source = std::move(body);
    answered = true;
    if (source == nullptr) {
      done = true;
    } else if (!hold) {
      source->Read(*this);
    }
  }
  void OnError(const absl::Status& error) override {
    failed = std::string(Message(error));
    answered = done = true;
  }
  void OnBodyData(std::string_view bytes) override {
    body += bytes;
    if (sip_bytes > 0) source->Pause();
  }
  void OnBodyEnd() override { done = true; }
  void OnBodyError(const absl::Status& error) override {
    broken = std::string(Message(error));
    done = true;
  }
  std::string Field(std::string_view name) const {
    return std::string(headers.Find(name).value_or(""));
  }
  std::string cache_status() const { return Field("cf-cache-status"); }

  bool hold = false;     // leaves the body unread
  size_t sip_bytes = 0;  // not 0: pauses after every piece
  bool answered = false, done = false;
  int status = 0;
  http::Headers headers;
  std::string body, failed, broken;
  std::unique_ptr<http::BodySource> source;
  std::unique_ptr<Pending> pending;
};

class HttpCacheTest : public ::testing::Test {
 protected:
  HttpCacheTest() {
    clock_.Advance(kNoon.time_since_epoch());
    Open({.memory_bytes_max = 4 << 20,
          .disk = DiskOptions{.folder = folder_.path() / "cache", .bytes_max = 256 << 20}});
  }
  ~HttpCacheTest() override {
    // Deferred calls go before what they look at.
    cache_.reset();
    loop_.RunOnce();
  }
  void Open(const StoreOptions& options) {
    cache_.reset();
    store_ = Store::Open(options).value();
    cache_ = std::make_unique<HttpCache>(loop_, *store_, clock_, HttpCacheLimits());
  }
  std::unique_ptr<Client> Start(std::string url = "http://h/a.js", std::string_view fields = "",
                                std::string method = "GET", FetchRules rules = {},
                                std::string script = "script") {
    auto client = std::make_unique<Client>();
    Start(*client, std::move(url), fields, std::move(method), std::move(rules), std::move(script));
    return client;
  }
  void Start(Client& client, std::string url = "http://h/a.js", std::string_view fields = "",
             std::string method = "GET", FetchRules rules = {}, std::string script = "script") {
    CachedRequest request{.script = std::move(script),
                          .request = {.method = std::move(method),
                                      .url = std::move(url),
                                      .headers = HeadersOf(fields),
                                      .body = nullptr},
                          .rules = std::move(rules)};
    client.pending = cache_->Fetch(std::move(request), origin_, client);
  }
  // A whole fetch of which the origin, when it is asked, answers `fields` and `body`.
  std::unique_ptr<Client> Get(std::string_view answer_fields, std::string body,
                              std::string_view fields = "", std::string url = "http://h/a.js") {
    auto client = Start(std::move(url), fields);
    const size_t before = origin_->asked.size();
    Turn();
    if (!client->answered && !origin_->asked.empty() && !origin_->asked.back()->answered) {
      origin_->asked.back()->Answer(200, answer_fields, std::move(body));
    }
    EXPECT_LE(origin_->asked.size(), before + 1);
    Finish(*client);
    return client;
  }
  void Turn() {
    for (int i = 0; i < 5; ++i) loop_.RunOnce();
  }
  void Finish(Client& client) {
    const MonotonicTime deadline = loop_.Now() + seconds(20);
    while (!client.done && loop_.Now() < deadline) loop_.RunOnce();
    EXPECT_TRUE(client.done);
    Settle();
  }
  // Everything is on the disk, and what waited for that has run.
  void Settle() {
    for (int round = 0; round < 3; ++round) {
      std::promise<void> done;
      store_->AfterWrites([&] { done.set_value(); });
      done.get_future().wait();
      Turn();
    }
  }
  Asked& LastAsked() { return *origin_->asked.back(); }
  size_t asked() const { return origin_->asked.size(); }

  TempFolder folder_;
  EventLoop loop_;
  ManualClock clock_;
  std::shared_ptr<TestOrigin> origin_ = std::make_shared<TestOrigin>();
  std::unique_ptr<Store> store_;
  std::unique_ptr<HttpCache> cache_;
};

constexpr char kMinute[] = "Cache-Control: max-age=60|ETag: \"v1\"|Content-Type: text/plain";

TEST_F(HttpCacheTest, AsksOnceAndServesUntilItIsStale) {
  const auto miss = Get(kMinute, "hello");
  EXPECT_EQ(miss->status, 200);
  EXPECT_EQ(miss->body, "hello");
  EXPECT_EQ(miss->cache_status(), "MISS");
  EXPECT_EQ(miss->Field("age"), "");
  clock_.Advance(seconds(59));
  const auto hit = Get("", "");
  EXPECT_EQ(hit->body, "hello");
  EXPECT_EQ(hit->cache_status(), "HIT");
  EXPECT_EQ(hit->Field("age"), "59");
  EXPECT_EQ(hit->Field("content-type"), "text/plain");
  EXPECT_EQ(asked(), 1u);
  clock_.Advance(seconds(1));
  const auto expired = Get(kMinute, "new");
  EXPECT_EQ(expired->cache_status(), "EXPIRED");
  EXPECT_EQ(expired->body, "new");
  EXPECT_EQ(Get("", "")->body, "new");
  EXPECT_EQ(asked(), 2u);
}

TEST_F(HttpCacheTest, TheOneWhoseRequestWasSentGetsWhatTheCopyLeavesOut) {
  const std::string fields = "Cache-Control: private=Set-Cookie, max-age=60|Set-Cookie: a=b|Age: 5";
  auto first = Start(), second = Start();
  Turn();
  LastAsked().Answer(200, fields, "x");
  Finish(*first);
  Finish(*second);
  EXPECT_EQ(first->Field("set-cookie"), "a=b");
  EXPECT_EQ(first->Field("age"), "5");
  EXPECT_EQ(second->Field("set-cookie"), "");
  EXPECT_EQ(second->Field("age"), "5");
}

TEST_F(HttpCacheTest, WhatIsNotStaticIsDynamicUnlessTheCallerSaysSo) {
  auto client = Start("http://h/api");
  Turn();
  LastAsked().Answer(200, kMinute, "x");
  Finish(*client);
  EXPECT_EQ(client->cache_status(), "DYNAMIC");
  FetchRules rules;
  rules.everything = true;
  client = Start("http://h/api", "", "GET", rules);
  Turn();
  LastAsked().Answer(200, kMinute, "x");
  Finish(*client);
  EXPECT_EQ(client->cache_status(), "MISS");
  client = Start("http://h/api", "", "GET", rules);
  Finish(*client);
  EXPECT_EQ(client->cache_status(), "HIT");
}

TEST_F(HttpCacheTest, TwoHundredWhoMissAtOnceAskOnce) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(Start());
  Turn();
  ASSERT_EQ(asked(), 1u);
  FedBody* body = LastAsked().AnswerHead(200, kMinute);
  body->Feed("one ");
  for (int i = 0; i < 50; ++i) clients.push_back(Start());  // while it comes
  Turn();
  body->Feed("two");
  body->End();
  for (auto& client : clients) {
    Finish(*client);
    EXPECT_EQ(client->body, "one two");
  }
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(clients[0]->cache_status(), "MISS");
  for (size_t i = 1; i < clients.size(); ++i) ASSERT_EQ(clients[i]->cache_status(), "HIT");
}

TEST_F(HttpCacheTest, TheQuestionGoesOnForThoseWhoStillWaitAndEndsWithTheLast) {
  auto first = Start(), second = Start();
  Turn();
  first.reset();
  EXPECT_FALSE(*LastAsked().cancelled);
  LastAsked().Answer(200, kMinute, "x");
  Finish(*second);
  EXPECT_EQ(second->body, "x");
  auto third = Start("http://h/b.js");
  Turn();
  third.reset();
  Turn();
  EXPECT_TRUE(*LastAsked().cancelled);
  auto fourth = Start("http://h/b.js");
  Turn();
  EXPECT_EQ(asked(), 3u) << "and the key is free again";
}

TEST_F(HttpCacheTest, AnErrorReachesAllWhoWait) {
  auto first = Start(), second = Start();
  Turn();
  LastAsked().observer->OnError(Unavailable("no route"));
  EXPECT_EQ(first->failed, "no route");
  EXPECT_EQ(second->failed, "no route");
}

TEST_F(HttpCacheTest, ValidatesWhatIsStale) {
  Get(kMinute, "hello");
  clock_.Advance(seconds(100));
  auto client = Start("http://h/a.js", "If-None-Match: \"mine\"|Range: bytes=0-1");
  auto other = Start();
  Turn();
  ASSERT_EQ(asked(), 2u);
  EXPECT_EQ(LastAsked().request.headers.Find("if-none-match"), "\"v1\"");
  EXPECT_FALSE(LastAsked().request.headers.Has("range"));
  LastAsked().Answer(304, "Cache-Control: max-age=90|X-New: 1", "");
  Finish(*client);
  Finish(*other);
  EXPECT_EQ(client->cache_status(), "REVALIDATED");
  EXPECT_EQ(client->status, 206);
  EXPECT_EQ(client->body, "he");
  EXPECT_EQ(other->cache_status(), "HIT");
  EXPECT_EQ(other->body, "hello");
  EXPECT_EQ(other->Field("x-new"), "1");
  clock_.Advance(seconds(89));
  EXPECT_EQ(Get("", "")->cache_status(), "HIT");
  EXPECT_EQ(asked(), 2u);
}

TEST_F(HttpCacheTest, A304OfAnotherVersionIsAskedAgainWithoutConditions) {
  Get(kMinute, "old");
  clock_.Advance(seconds(100));
  auto client = Start();
  Turn();
  LastAsked().Answer(304, "ETag: \"v2\"", "");
  Turn();
  ASSERT_EQ(asked(), 3u);
  EXPECT_FALSE(LastAsked().request.headers.Has("if-none-match"));
  LastAsked().Answer(200, kMinute, "new");
  Finish(*client);
  EXPECT_EQ(client->body, "new");
}

TEST_F(HttpCacheTest, ServesStaleWhileItRefreshesOnce) {
  Get("Cache-Control: max-age=60, stale-while-revalidate=60|ETag: \"v1\"", "old");
  clock_.Advance(seconds(100));
  for (int i = 0; i < 3; ++i) {
    auto client = Start();
    Finish(*client);
    EXPECT_EQ(client->cache_status(), "UPDATING");
    EXPECT_EQ(client->body, "old");
  }
  ASSERT_EQ(asked(), 2u) << "one refresh, however many are served";
  LastAsked().Answer(200, kMinute, "new");
  Settle();
  const auto after = Get("", "");
  EXPECT_EQ(after->cache_status(), "HIT");
  EXPECT_EQ(after->body, "new");
  EXPECT_EQ(asked(), 2u);
}

TEST_F(HttpCacheTest, ServesStaleWhenTheOriginFails) {
  Get("Cache-Control: max-age=60, stale-if-error=100|ETag: \"v1\"", "old");
  clock_.Advance(seconds(100));
  auto client = Start();
  Turn();
  LastAsked().Answer(503, "", "sorry");
  Finish(*client);
  EXPECT_EQ(client->cache_status(), "STALE");
  EXPECT_EQ(client->status, 200);
  EXPECT_EQ(client->body, "old");
  client = Start();
  Turn();
  LastAsked().observer->OnError(Unavailable("down"));
  Finish(*client);
  EXPECT_EQ(client->cache_status(), "STALE");
  clock_.Advance(seconds(60));
  client = Start();
  Turn();
  LastAsked().Answer(503, "", "sorry");
  Finish(*client);
  EXPECT_EQ(client->status, 503) << "after its window";
}

TEST_F(HttpCacheTest, MustRevalidateForbidsThat) {
  Get("Cache-Control: max-age=60, must-revalidate|ETag: \"v1\"", "old");
  clock_.Advance(seconds(100));
  auto client = Start();
  Turn();
  LastAsked().observer->OnError(Unavailable("down"));
  Finish(*client);
  EXPECT_EQ(client->failed, "down");
}

TEST_F(HttpCacheTest, WhatIsForOneReachesOnlyTheOneWhoseRequestWasSent) {
  auto first = Start("http://h/a.js", "Cookie: one");
  auto second = Start("http://h/a.js", "Cookie: two");
  Turn();
  ASSERT_EQ(asked(), 1u);
  LastAsked().Answer(200, "Cache-Control: private", "for one");
  Finish(*first);
  EXPECT_EQ(first->body, "for one");
  EXPECT_EQ(first->cache_status(), "BYPASS");
  Turn();
  ASSERT_EQ(asked(), 2u);
  EXPECT_EQ(LastAsked().request.headers.Find("cookie"), "two");
  LastAsked().Answer(200, "Cache-Control: private", "for two");
  Finish(*second);
  EXPECT_EQ(second->body, "for two");
  // For a while nobody waits for anybody there.
  auto third = Start("http://h/a.js", "Range: bytes=0-3"), fourth = Start();
  Turn();
  EXPECT_EQ(asked(), 4u);
  EXPECT_TRUE(origin_->asked[2]->request.headers.Has("range")) << "and questions go as they are";
}

TEST_F(HttpCacheTest, WhenTheOneWhoseRequestWasSentIsGoneNobodyGetsItsAnswer) {
  auto first = Start("http://h/a.js", "Cookie: one");
  auto second = Start("http://h/a.js", "Cookie: two");
  Turn();
  first.reset();
  LastAsked().Answer(200, "Cache-Control: private", "for one");
  Turn();
  ASSERT_EQ(asked(), 2u);
  LastAsked().Answer(200, "Cache-Control: private", "for two");
  Finish(*second);
  EXPECT_EQ(second->body, "for two");
}

TEST_F(HttpCacheTest, APartOfWhatCannotBeStoredIsAskedForAsIs) {
  auto client = Start("http://h/a.js", "Range: bytes=0-3");
  Turn();
  EXPECT_FALSE(LastAsked().request.headers.Has("range"));
  LastAsked().Answer(200, "Cache-Control: no-store", "the whole of it");
  Turn();
  ASSERT_EQ(asked(), 2u);
  EXPECT_EQ(LastAsked().request.headers.Find("range"), "bytes=0-3");
  LastAsked().Answer(206, "Content-Range: bytes 0-3/15", "the ");
  Finish(*client);
  EXPECT_EQ(client->status, 206);
  EXPECT_EQ(client->body, "the ");
}

TEST_F(HttpCacheTest, KeepsAVariantForEachValueOfTheFieldsItVariesBy) {
  const std::string fields = std::string(kMinute) + "|Vary: Accept-Language";
  auto get = [&](std::string_view language, std::string body) {
    return Get(fields, std::move(body), "Accept-Language: " + std::string(language));
  };
  EXPECT_EQ(get("de", "hallo")->cache_status(), "MISS");
  EXPECT_EQ(get("en", "hello")->cache_status(), "MISS");
  EXPECT_EQ(get("de", "")->body, "hallo");
  EXPECT_EQ(get("en", "")->body, "hello");
  EXPECT_EQ(asked(), 2u);
  // Those who wait for one variant do not get another.
  auto french = Start("http://h/b.js", "Accept-Language: fr");
  auto polish = Start("http://h/b.js", "Accept-Language: pl");
  auto more_french = Start("http://h/b.js", "Accept-Language: fr");
  Turn();
  ASSERT_EQ(asked(), 3u);
  LastAsked().Answer(200, fields, "bonjour");
  Finish(*french);
  Finish(*more_french);
  EXPECT_EQ(more_french->body, "bonjour");
  ASSERT_EQ(asked(), 4u);
  LastAsked().Answer(200, fields, "witaj");
  Finish(*polish);
  EXPECT_EQ(polish->body, "witaj");
}

TEST_F(HttpCacheTest, HeadAndPartsComeOutOfTheStoredWhole) {
  auto head = Start("http://h/a.js", "", "HEAD");
  Turn();
  EXPECT_EQ(LastAsked().request.method, "GET") << "so that the whole is stored";
  LastAsked().Answer(200, kMinute, "0123456789");
  Finish(*head);
  EXPECT_EQ(head->Field("content-length"), "10");
  EXPECT_EQ(head->body, "");
  auto part = Start("http://h/a.js", "Range: bytes=2-4");
  Finish(*part);
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->body, "234");
  EXPECT_EQ(part->Field("content-range"), "bytes 2-4/10");
  auto known = Start("http://h/a.js", "If-None-Match: \"v1\"");
  Finish(*known);
  EXPECT_EQ(known->status, 304);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(HttpCacheTest, APartIsServedWhileTheWholeStillComes) {
  auto part = Start("http://h/a.js", "Range: bytes=4-6");
  Turn();
  FedBody* body = LastAsked().AnswerHead(200, kMinute, 10);
  body->Feed("012");
  Turn();
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->body, "");
  body->Feed("34567");
  Turn();
  EXPECT_TRUE(part->done);
  EXPECT_EQ(part->body, "456");
  body->Feed("89");
  body->End();
  Settle();
  EXPECT_EQ(Get("", "")->body, "0123456789");
}

TEST_F(HttpCacheTest, AnUnsafeMethodInvalidatesWhatItChanged) {
  // RFC 9111 section 4.4
  Get(kMinute, "a");
  Get(kMinute, "b", "", "http://h/b.js");
  Get(kMinute, "c", "", "http://h/c.js");
  auto post = Start("http://h/a.js", "", "POST");
  Turn();
  LastAsked().Answer(403, "", "");
  Finish(*post);
  EXPECT_EQ(post->cache_status(), "DYNAMIC");
  EXPECT_EQ(Get("", "")->cache_status(), "HIT") << "an error changed nothing";
  post = Start("http://h/a.js", "", "POST");
  Turn();
  LastAsked().Answer(201, "Location: http://h/b.js|Content-Location: http://other/c.js", "");
  Finish(*post);
  EXPECT_EQ(Get(kMinute, "a2")->cache_status(), "MISS");
  EXPECT_EQ(Get(kMinute, "b2", "", "http://h/b.js")->cache_status(), "MISS");
  EXPECT_EQ(Get("", "", "", "http://h/c.js")->cache_status(), "HIT");
}

TEST_F(HttpCacheTest, AScriptDoesNotSeeTheCacheOfAnother) {
  Get(kMinute, "mine");
  auto other = Start("http://h/a.js", "", "GET", {}, "another");
  Turn();
  EXPECT_EQ(asked(), 2u);
  EXPECT_FALSE(other->answered);
}

TEST_F(HttpCacheTest, APurgeHoldsAlsoForWhatIsUnderWay) {
  Get(kMinute, "old");
  auto under_way = Start("http://h/b.js");
  Turn();
  cache_->SetPurges(std::make_shared<PurgeTable>(
      PurgeTable({{"script", {.floor = 0, .rules = {{5, PurgeRule::Kind::kHost, "h"}}}}})));
  LastAsked().Answer(200, kMinute, "older");
  Finish(*under_way);
  EXPECT_EQ(under_way->body, "older");
  EXPECT_EQ(Get(kMinute, "new")->cache_status(), "MISS");
  EXPECT_EQ(Get("", "")->body, "new") << "what came after the purge stays";
  EXPECT_EQ(Get(kMinute, "newer", "", "http://h/b.js")->cache_status(), "MISS");
}

TEST_F(HttpCacheTest, ModesAndOnlyIfCached) {
  FetchRules no_store, no_cache;
  no_store.mode = CacheMode::kNoStore;
  no_cache.mode = CacheMode::kNoCache;
  auto client = Start("http://h/a.js", "Cache-Control: only-if-cached");
  Finish(*client);
  EXPECT_EQ(client->status, 504);
  Get(kMinute, "x");
  client = Start("http://h/a.js", "", "GET", no_store);
  Turn();
  EXPECT_EQ(asked(), 2u);
  client = Start("http://h/a.js", "", "GET", no_cache);
  Turn();
  ASSERT_EQ(asked(), 3u);
  EXPECT_TRUE(LastAsked().request.headers.Has("if-none-match"));
}

std::string Pattern(size_t bytes) {
  std::string out(bytes, '\0');
  CounterRandom random(301);
  for (char& c : out) c = static_cast<char>(random.Next());
  return out;
}

TEST_F(HttpCacheTest, ALargeBodyGoesToTheDiskAsItComesAndSlowReadersGetAllOfIt) {
  const std::string whole = Pattern(5'000'000);
  auto fast = Start();
  Client slow;
  slow.hold = true;
  Start(slow);
  Turn();
  FedBody* body = LastAsked().AnswerHead(200, kMinute);
  Turn();
  bool paused = false;
  for (size_t at = 0; at < whole.size();) {
    while (!body->reading) {
      paused = true;
      loop_.RunOnce();
    }
    body->Feed(std::string_view(whole).substr(at, 100'000));
    at += 100'000;
  }
  EXPECT_TRUE(paused) << "the origin waits for the disk";
  body->End();
  Finish(*fast);
  EXPECT_TRUE(fast->body == whole);
  auto late = Start("http://h/a.js", "Range: bytes=4000000-4000009");
  Finish(*late);
  EXPECT_EQ(late->body, whole.substr(4'000'000, 10));
  slow.source->Read(slow);
  Finish(slow);
  EXPECT_TRUE(slow.body == whole);
  EXPECT_EQ(asked(), 1u);
  const auto hit = Get("", "");
  EXPECT_EQ(hit->cache_status(), "HIT");
  EXPECT_TRUE(hit->body == whole);
}

TEST_F(HttpCacheTest, WhatBreaksOffIsNotStored) {
  for (const size_t bytes : {1000u, 2'000'000u}) {
    auto client = Start();
    Turn();
    FedBody* body = LastAsked().AnswerHead(200, kMinute);
    body->Feed(std::string(bytes, 'x'));
    Settle();
    body->Break();
    Finish(*client);
    EXPECT_EQ(client->broken, "the origin broke off");
    EXPECT_EQ(client->body.size(), bytes) << "what came is given";
    auto again = Start();
    Turn();
    EXPECT_FALSE(again->answered);
    again.reset();
    Turn();
  }
}

TEST_F(HttpCacheTest, WithoutADiskALargeBodyIsReadAsFastAsItsSlowestReader) {
  Open({.memory_bytes_max = 1 << 20});  // whole entries up to 128 KiB
  const std::string whole = Pattern(3'000'000);
  auto fast = Start();
  Client slow;
  slow.sip_bytes = 1;
  Start(slow);
  Turn();
  FedBody* body = LastAsked().AnswerHead(200, kMinute);
  size_t at = 0;
  for (int i = 0; i < 10'000 && at < whole.size(); ++i) {
    if (body->reading) {
      body->Feed(std::string_view(whole).substr(at, 50'000));
      at += 50'000;
    }
    loop_.RunOnce();
    if (i == 200) {
      EXPECT_LT(at, 1'000'000u) << "the window is full";
    }
    if (i > 200 && slow.answered && !slow.done) slow.source->Read(slow);
  }
  body->End();
  while (!slow.done) {
    slow.source->Read(slow);
    loop_.RunOnce();
  }
  Finish(*fast);
  EXPECT_TRUE(fast->body == whole);
  EXPECT_TRUE(slow.body == whole);
  EXPECT_EQ(Get(kMinute, "x")->cache_status(), "MISS") << "it was too large to keep";
}

TEST_F(HttpCacheTest, WhenTheReadersOfWhatCannotBeStoredLeaveTheOriginIsLeft) {
  Open({.memory_bytes_max = 1 << 20});
  auto client = Start();
  Turn();
  FedBody* body = LastAsked().AnswerHead(200, kMinute);
  bool gone = false;
  body->gone = &gone;
  body->Feed(std::string(300'000, 'x'));
  Turn();
  EXPECT_FALSE(gone);
  client.reset();
  Turn();
  EXPECT_TRUE(gone);
}

TEST_F(HttpCacheTest, WhatIsBeingStoredIsStoredAlthoughItsReaderLeaves) {
  auto client = Start();
  Turn();
  FedBody* body = LastAsked().AnswerHead(200, kMinute);
  body->Feed("half ");
  client.reset();
  Turn();
  body->Feed("whole");
  body->End();
  Settle();
  const auto hit = Get("", "");
  EXPECT_EQ(hit->cache_status(), "HIT");
  EXPECT_EQ(hit->body, "half whole");
}

// --- the Cache API
class CacheApiTest : public HttpCacheTest {
 protected:
  static HttpCache::MatchRequest Request(std::string_view fields = "", std::string name = "",
                                         std::string script = "script") {
    return {.script = std::move(script),
            .name = std::move(name),
            .url = "http://h/key",
            .headers = HeadersOf(fields)};
  }
  std::unique_ptr<Client> Match(HttpCache::MatchRequest request = Request()) {
    auto client = std::make_unique<Client>();
    client->pending = cache_->Match(std::move(request), *client);
    Finish(*client);
    return client;
  }
  int Put(std::string_view fields, std::string body, HttpCache::MatchRequest request = Request(),
          int status = 200) {
    Client client;
    client.pending = cache_->Put(std::move(request),
                                 {.status = status, .reason = "", .headers = HeadersOf(fields)},
                                 http::MakeStringBody(std::move(body)), client);
    Finish(client);
    return client.status;
  }
  int Delete(HttpCache::MatchRequest request = Request()) {
    Client client;
    client.pending = cache_->Delete(std::move(request), client);
    Finish(client);
    return client.status;
  }
};

TEST_F(CacheApiTest, PutMatchDelete) {
  EXPECT_EQ(Match()->status, 504);
  EXPECT_EQ(Put(kMinute, "hello"), 204);
  const auto found = Match();
  EXPECT_EQ(found->status, 200);
  EXPECT_EQ(found->body, "hello");
  EXPECT_EQ(found->cache_status(), "HIT");
  EXPECT_EQ(Match(Request("Range: bytes=1-2"))->body, "el");
  EXPECT_EQ(Match(Request("If-None-Match: \"v1\""))->status, 304);
  EXPECT_EQ(Match(Request("Origin: http://x"))->status, 200) << "the key is the URL";
  EXPECT_EQ(Delete(), 200);
  EXPECT_EQ(Delete(), 404);
  EXPECT_EQ(Match()->status, 504);
  EXPECT_EQ(asked(), 0u);
}

TEST_F(CacheApiTest, GivesNothingStale) {
  Put("Cache-Control: max-age=10, stale-while-revalidate=1000", "x");
  clock_.Advance(seconds(9));
  EXPECT_EQ(Match()->Field("age"), "9");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Match()->status, 504);
}

TEST_F(CacheApiTest, HeadersDecideWhatIsStored) {
  EXPECT_EQ(Put("Cache-Control: no-store", "x"), 413);
  EXPECT_EQ(Put("Set-Cookie: a=b", "x"), 413);
  EXPECT_EQ(Match()->status, 504);
  EXPECT_EQ(Put("Cache-Control: private=Set-Cookie, max-age=9|Set-Cookie: a=b", "x"), 204);
  EXPECT_EQ(Match()->Field("set-cookie"), "");
}

TEST_F(CacheApiTest, CachesOfOtherNamesAndScriptsAreOthers) {
  Put(kMinute, "default");
  Put(kMinute, "named", Request("", "mine"));
  EXPECT_EQ(Match()->body, "default");
  EXPECT_EQ(Match(Request("", "mine"))->body, "named");
  EXPECT_EQ(Match(Request("", "other"))->status, 504);
  EXPECT_EQ(Match(Request("", "", "other script"))->status, 504);
}

TEST_F(CacheApiTest, TheDefaultCacheIsTheOneOfFetch) {
  Put(kMinute, "put by hand");
  FetchRules rules;
  rules.everything = true;
  auto client = Start("http://h/key", "", "GET", rules);
  Finish(*client);
  EXPECT_EQ(client->body, "put by hand");
  EXPECT_EQ(asked(), 0u);
}

TEST_F(CacheApiTest, VariantsByTheRequestGivenToPut) {
  const std::string fields = std::string(kMinute) + "|Vary: Accept";
  Put(fields, "a", Request("Accept: a"));
  Put(fields, "b", Request("Accept: b"));
  EXPECT_EQ(Match(Request("Accept: b"))->body, "b");
  EXPECT_EQ(Match(Request("Accept: c"))->status, 504);
  EXPECT_EQ(Delete(), 200);
  EXPECT_EQ(Match(Request("Accept: b"))->status, 504) << "a delete takes every variant";
}

TEST_F(CacheApiTest, APutOfManyMegabytesStaysOutOfMemory) {
  const std::string whole = Pattern(9'000'000);
  EXPECT_EQ(Put(kMinute, whole), 204);
  EXPECT_LT(store_->Statistics().memory_bytes, 1u << 20);
  EXPECT_TRUE(Match()->body == whole);
}

TEST_F(CacheApiTest, ADeleteStopsAPutThatIsUnderWay) {
  Client client;
  auto body = std::make_unique<FedBody>(std::nullopt);
  FedBody* raw = body.get();
  client.pending =
      cache_->Put(Request(), {.status = 200, .reason = "", .headers = HeadersOf(kMinute)},
                  std::move(body), client);
  raw->Feed("x");
  Turn();
  Delete();
  Finish(client);
  EXPECT_EQ(client.status, 413);
  EXPECT_EQ(Match()->status, 504);
}

}  // namespace
}  // namespace terrella::cache
