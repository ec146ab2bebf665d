// What only the store over etcd has: several processes on one history, members that go away, an
// etcd that is full. The rest is state_store_test.cc's.
#include "control_plane/store/etcd_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

#include "base/digest.h"
#include "base/status.h"
#include "control_plane/store/testing/etcd_members.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr EtcdTimeouts kPatient{.patience = std::chrono::seconds(20)};

std::unique_ptr<EtcdStore> Open(const EtcdMembers& members, const StoreLimits& limits = {}) {
  auto store = EtcdStore::Open(members.Address("test"), limits, kPatient);
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

TxnRequest Put(std::string key, std::string value) {
  return {.ops = {Op::Put(std::move(key), std::move(value))}};
}

// What a watch of another process has heard, waited for.
class Listener {
 public:
  WatchCallback callback() {
    return [this](Revision, std::span<const Event> events) {
      std::lock_guard lock(mutex_);
      if (events.empty()) seen_.push_back("gap");
      for (const Event& event : events) seen_.push_back(event.record.key + event.record.value);
      changed_.notify_all();
    };
  }
  std::vector<std::string> Await(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return seen_.size() >= count; });
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;
};

TEST(EtcdStoreTest, TwoProcessesShareOneHistory) {
  const EtcdMembers members(1);
  auto one = Open(members), two = Open(members);
  EXPECT_EQ(one->epoch(), two->epoch());
  Listener listener;
  auto watch = two->WatchPrefix("", 0, listener.callback());
  ASSERT_TRUE(watch.ok()) << watch.status();
  TxnRequest request = Put("a", "1");
  request.request_id = "r";
  request.result = "answer";
  const auto first = one->Txn(request);
  ASSERT_TRUE(first.ok()) << first.status();
  // Whoever is asked again, the answer is the first one's.
  const auto again = two->Txn(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->revision, first->revision);
  EXPECT_EQ(two->Txn({.compares = {{"a", 0}}, .ops = {Op::Put("a", "2")}}).status().code(),
            absl::StatusCode::kAborted);
  ASSERT_TRUE(two->Txn(Put("b", "2")).ok());
  EXPECT_THAT(listener.Await(2), ElementsAre("a1", "b2"));
  const std::string_view content = "content";
  ASSERT_TRUE(one->PutBlobs({&content, 1}).ok());
  EXPECT_EQ(*two->ReadBlob(Sha256(content), 0, 100), content);
  ASSERT_TRUE(one->RenewEpoch().ok());
  ASSERT_TRUE(two->Txn(Put("c", "3")).ok());  // the watch has had what came before
  EXPECT_EQ(one->epoch(), two->epoch());
}

TEST(EtcdStoreTest, PrefixesAreApart) {
  const EtcdMembers members(1);
  auto one = EtcdStore::Open(members.Address("one"), {}, kPatient);
  auto two = EtcdStore::Open(members.Address("one/two"), {}, kPatient);
  ASSERT_TRUE(one.ok() && two.ok());
  ASSERT_TRUE((*one)->Txn(Put("a", "1")).ok());
  EXPECT_TRUE((*two)->Range("")->records.empty());
  EXPECT_EQ((*two)->revision(), 0u);
  EXPECT_NE((*one)->epoch(), (*two)->epoch());
}

TEST(EtcdStoreTest, SaysWhoDoesNotAnswer) {
  const auto address = EtcdAddress::Parse("etcd://127.0.0.1:1,127.0.0.1:2/x");
  const auto store = EtcdStore::Open(*address, {}, {.patience = std::chrono::milliseconds(300)});
  EXPECT_EQ(store.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(store.status())), HasSubstr("127.0.0.1:1, 127.0.0.1:2 did not"));
}

// The leader may be any of them: each is killed in turn, and comes back, while counters are
// written. Every answered transaction is there, and the watch has every one once.
TEST(EtcdStoreTest, LosesNothingWhileMembersDie) {
  EtcdMembers members(3);
  auto store = Open(members), other = Open(members);
  Listener listener;
  auto watch = other->WatchPrefix("n", 0, listener.callback());
  int written = 0;
  std::vector<std::string> expected;
  for (size_t victim = 0; victim < 3; ++victim) {
    for (int i = 0; i < 20; ++i) {
      if (i == 5) members.Kill(victim);
      const auto result = store->Txn(Put("n", std::to_string(++written)));
      ASSERT_TRUE(result.ok()) << result.status();
      expected.push_back("n" + std::to_string(written));
    }
    members.Restart(victim);
  }
  EXPECT_EQ(listener.Await(expected.size()), expected);
  EXPECT_EQ(other->Get("n")->value, std::to_string(written));
}

// A process that stands still while others write and compact (here: in a callback) is cut off by
// etcd when it goes on. It hears of the gap, and of everything behind it.
TEST(EtcdStoreTest, AWatchThatMissedACompactionIsTold) {
  const EtcdMembers members(1);
  auto slow = Open(members), quick = Open(members);
  ASSERT_TRUE(quick->Txn(Put("a", "1")).ok());
  Listener listener;
  std::mutex standstill;
  standstill.lock();
  auto watch = slow->WatchPrefix(
      "", quick->revision(),
      [&, callback = listener.callback()](Revision revision, std::span<const Event> events) {
        std::lock_guard wait(standstill);
        if (events.empty() || events.front().record.key == "last") callback(revision, events);
      });
  // More than the connection, and etcd for a reader that is slow, keep.
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(quick->Txn(Put("big", std::string(200'000, 'x'))).ok());
  }
  ASSERT_TRUE(quick->Compact(quick->revision()).ok());
  standstill.unlock();
  EXPECT_THAT(listener.Await(1), ElementsAre("gap"));
  ASSERT_TRUE(quick->Txn(Put("last", "1")).ok());
  EXPECT_THAT(listener.Await(2), ElementsAre("gap", "last1"));
  EXPECT_EQ(slow->compacted(), quick->compacted());
}

// Whoever cannot reach etcd for a TTL steps down, since another one may lead by then.
TEST(EtcdStoreTest, ALeaderThatHearsNothingStepsDown) {
  EtcdMembers members(1);
  auto store = EtcdStore::Open(members.Address("test"), {}, {.patience = std::chrono::seconds(1)});
  for (int i = 0; i < 20 && !store.ok(); ++i) store = EtcdStore::Open(members.Address("test"));
  ASSERT_TRUE(store.ok()) << store.status();
  std::promise<void> lost;
  auto leadership = (*store)->Campaign(
      {.name = "e", .holder = "one", .ttl = std::chrono::seconds(2), .lost = [&] {
         lost.set_value();
       }});
  ASSERT_TRUE(leadership.ok()) << leadership.status();
  members.Kill(0);
  EXPECT_EQ(lost.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(EtcdStoreTest, AFullEtcdRefusesChangesAndIsRead) {
  EtcdMembers members(1, {"--quota-backend-bytes", "4000000"});
  auto store = Open(members);
  ASSERT_TRUE(store->Txn(Put("a", "1")).ok());
  absl::Status status;
  for (int i = 0; i < 400 && status.ok(); ++i) {
    status = store->Txn(Put("big" + std::to_string(i), std::string(200'000, 'x'))).status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(Message(status)), HasSubstr("etcd is full"));
  EXPECT_EQ(store->Get("a")->value, "1");
  EXPECT_FALSE(store->Range("")->records.empty());
}

}  // namespace
}  // namespace terrella::control
