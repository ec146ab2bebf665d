#include "edge_node/kv/kv_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/status.h"

namespace terrella::edge {
namespace {

using runtime::KvRequest;
using ::testing::ElementsAre;

// Answers out of a map, when told to.
class FakeBackend final : public KvBackend {
 public:
  void Get(EventLoop& loop, v1::KvGetRequest request, Done<v1::KvGetResponse> done) override {
    for (const std::string& key : request.keys()) gets.push_back(key);
    const auto seen = values;  // a read sees what is there when it comes, and may answer late
    auto answer = [this, request, done, seen] {
      if (!status.ok()) return done(status);
      v1::KvGetResponse response;
      for (const std::string& key : request.keys()) {
        if (!seen.contains(key)) continue;
        response.add_entries()->set_key(key);
        response.mutable_entries()->rbegin()->set_value(seen.at(key));
      }
      done(response);
    };
    if (holds) {
      held.push_back(std::move(answer));
    } else {
      loop.Post(std::move(answer));
    }
  }
  void Put(EventLoop& loop, v1::KvPutRequest request, Done<v1::KvPutResponse> done) override {
    values[request.entries(0).key()] = request.entries(0).value();
    loop.Post([this, done] { status.ok() ? done(v1::KvPutResponse()) : done(status); });
  }
  void Delete(EventLoop& loop, v1::KvDeleteRequest request,
              Done<v1::KvDeleteResponse> done) override {
    values.erase(request.keys(0));
    loop.Post([done] { done(v1::KvDeleteResponse()); });
  }
  void List(EventLoop& loop, v1::KvListRequest request, Done<v1::KvListResponse> done) override {
    loop.Post([this, request, done] {
      v1::KvListResponse response;
      for (const auto& [key, value] : values) {
        if (key.starts_with(request.prefix())) response.add_entries()->set_key(key);
      }
      done(response);
    });
  }
  std::map<std::string, std::string> values;
  std::vector<std::string> gets;
  absl::Status status;
  bool holds = false;                       // gets wait
  std::vector<std::function<void()>> held;  // for these to be called
};

class KvDoorTest : public ::testing::Test {
 protected:
  struct Waiter final : runtime::KvObserver {
    void OnKv(absl::StatusOr<runtime::KvAnswer> a) override { answer = std::move(a); }
    std::optional<absl::StatusOr<runtime::KvAnswer>> answer;
    std::unique_ptr<runtime::Subrequest> trip;
  };
  std::unique_ptr<Waiter> Start(KvRequest request) {
    request.ns = "ns";
    request.cache_ttl = std::chrono::seconds(60);
    auto waiter = std::make_unique<Waiter>();
    waiter->trip = door_.Start(std::move(request), *waiter);
    EXPECT_FALSE(waiter->answer);
    return waiter;
  }
  runtime::KvAnswer Await(Waiter& waiter) {
    const MonotonicTime until = loop_.Now() + std::chrono::seconds(10);
    while (!waiter.answer && loop_.Now() < until) uv_run(loop_.uv(), UV_RUN_NOWAIT);
    if (!waiter.answer) waiter.answer = DeadlineExceeded("nothing was answered");
    EXPECT_TRUE(waiter.answer->ok()) << waiter.answer->status();
    return waiter.answer->value_or(runtime::KvAnswer{});
  }
  std::string Get(const std::string& key) {
    auto waiter = Start({.keys = {key}});
    auto answer = Await(*waiter);
    if (answer.items.empty()) return "(no answer)";
    return answer.items[0].value == nullptr ? "(none)" : answer.items[0].value->bytes;
  }

  EventLoop loop_;
  KvCache cache_{loop_.clock()};
  FakeBackend backend_;
  KvDoor door_{loop_, cache_, &backend_, FromMs(4)};
};

TEST_F(KvDoorTest, FetchesOnceThenReadsItsCopy) {
  backend_.values = {{"a", "1"}};
  MonotonicTime started = loop_.Now();
  EXPECT_EQ(Get("a"), "1");
  EXPECT_GE(loop_.Now() - started, FromMs(4));  // there and back
  backend_.values["a"] = "2";
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Get("b"), "(none)");
  EXPECT_EQ(Get("b"), "(none)");
  EXPECT_THAT(backend_.gets, ElementsAre("a", "b"));
}

TEST_F(KvDoorTest, GetsOfOneKeyShareAFetch) {
  backend_.values = {{"a", "1"}, {"b", "2"}};
  auto first = Start({.keys = {"a"}});
  auto second = Start({.keys = {"b", "a", "b"}});
  EXPECT_EQ(Await(*first).items[0].value->bytes, "1");
  auto answer = Await(*second);
  ASSERT_EQ(answer.items.size(), 3u);
  EXPECT_EQ(answer.items[0].value->bytes, "2");
  EXPECT_EQ(answer.items[1].value->bytes, "1");
  EXPECT_EQ(answer.items[2].value->bytes, "2");
  EXPECT_THAT(backend_.gets, ElementsAre("a", "b"));
}

TEST_F(KvDoorTest, ReadsItsOwnWrites) {
  EXPECT_EQ(Get("a"), "(none)");
  auto put = Start({.kind = KvRequest::Kind::kPut, .keys = {"a"}, .value = {"mine", ""}});
  Await(*put);
  EXPECT_EQ(Get("a"), "mine");
  auto gone = Start({.kind = KvRequest::Kind::kDelete, .keys = {"a"}});
  Await(*gone);
  EXPECT_EQ(Get("a"), "(none)");
  EXPECT_THAT(backend_.gets, ElementsAre("a"));
}

TEST_F(KvDoorTest, DoesNotWaitForAFetchThatBeganBeforeItsOwnWrite) {
  backend_.values = {{"a", "old"}};
  backend_.holds = true;
  auto before = Start({.keys = {"a"}});
  while (backend_.held.empty()) uv_run(loop_.uv(), UV_RUN_ONCE);
  // Two that overlap leave no copy behind that a reader could have.
  auto one = Start({.kind = KvRequest::Kind::kPut, .keys = {"a"}, .value = {"1", ""}});
  auto two = Start({.kind = KvRequest::Kind::kPut, .keys = {"a"}, .value = {"2", ""}});
  Await(*one);
  Await(*two);
  backend_.holds = false;
  auto after = Start({.keys = {"a"}});
  auto with_it = Start({.keys = {"a"}});
  const runtime::KvAnswer mine = Await(*after);
  ASSERT_EQ(mine.items.size(), 1u);
  EXPECT_EQ(mine.items[0].value->bytes, "2");
  EXPECT_EQ(Await(*with_it).items[0].value->bytes, "2");
  backend_.held[0]();
  EXPECT_EQ(Await(*before).items[0].value->bytes, "old");
  EXPECT_EQ(Get("a"), "2");
  EXPECT_THAT(backend_.gets, ElementsAre("a", "a"));
}

TEST_F(KvDoorTest, ListsWithoutACopy) {
  backend_.values = {{"a/1", ""}, {"a/2", ""}, {"b", ""}};
  auto list = Start({.kind = KvRequest::Kind::kList, .prefix = "a/"});
  EXPECT_EQ(Await(*list).items.size(), 2u);
}

TEST_F(KvDoorTest, TellsWhatWentWrongAndKeepsNothing) {
  backend_.status = Unavailable("gone");
  auto waiter = Start({.keys = {"a"}});
  while (!waiter->answer) uv_run(loop_.uv(), UV_RUN_ONCE);
  EXPECT_EQ(Message(waiter->answer->status()), "gone");
  backend_.status = absl::OkStatus();
  backend_.values = {{"a", "1"}};
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(KvDoorTest, NobodyHearsOfWhatWasCancelled) {
  auto waiter = Start({.keys = {"a"}});
  auto other = Start({.keys = {"a"}});
  waiter->trip.reset();
  Await(*other);
  EXPECT_FALSE(waiter->answer);
}

TEST_F(KvDoorTest, SaysThatThereIsNoControlPlane) {
  KvDoor alone(loop_, cache_, nullptr, {});
  Waiter waiter;
  waiter.trip = alone.Start({.ns = "ns", .keys = {"x"}}, waiter);
  while (!waiter.answer) uv_run(loop_.uv(), UV_RUN_ONCE);
  EXPECT_EQ(waiter.answer->status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace terrella::edge
