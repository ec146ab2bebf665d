// One suite for every StateStore: each promise of the header, whatever the engine. Revisions are
// compared with each other only, since engines count differently.
#include "control_plane/store/state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/store/etcd_store.h"
#include "control_plane/store/fenced_store.h"
#include "control_plane/store/memory_store.h"
#include "control_plane/store/sqlite_store.h"
#include "control_plane/store/testing/etcd_members.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Memory {
  explicit Memory(const StoreLimits& limits) : store(std::make_unique<MemoryStore>(limits)) {}
  std::unique_ptr<StateStore> store;
};

struct Sqlite {
  explicit Sqlite(const StoreLimits& limits) {
    auto opened = SqliteStore::Open(folder.path() / "new", limits);
    EXPECT_TRUE(opened.ok()) << opened.status();
    store = *std::move(opened);
  }
  TempFolder folder;
  std::unique_ptr<StateStore> store;
};

// One member serves the whole suite, a prefix each test.
struct Etcd {
  explicit Etcd(const StoreLimits& limits) {
    static EtcdMembers members(1);
    static int stores = 0;
    auto opened = EtcdStore::Open(members.Address("suite/" + std::to_string(++stores)), limits,
                                  {.patience = std::chrono::seconds(20)});
    EXPECT_TRUE(opened.ok()) << opened.status();
    store = *std::move(opened);
  }
  std::unique_ptr<StateStore> store;
};

template <class Engine>
class StateStoreTest : public ::testing::Test {
 protected:
  StateStore& Open(const StoreLimits& limits = {}) {
    engine_ = std::make_unique<Engine>(limits);
    return *engine_->store;
  }
  std::unique_ptr<Engine> engine_;
};
using Engines = ::testing::Types<Memory, Sqlite, Etcd>;
TYPED_TEST_SUITE(StateStoreTest, Engines);

TxnRequest Put(std::string key, std::string value) {
  return {.ops = {Op::Put(std::move(key), std::move(value))}};
}

Revision Written(StateStore& store, const TxnRequest& request) {
  const auto result = store.Txn(request);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? result->revision : 0;
}

// Every revision's events as "+key=value" or "-key". A test reads `seen` after its transactions
// have returned, which is after the watch had them.
struct Recorder {
  std::vector<Revision> revisions;
  std::vector<std::string> seen;
  WatchCallback callback() {
    return [this](Revision revision, std::span<const Event> events) {
      std::string line;
      for (const Event& e : events) {
        EXPECT_EQ(e.record.modified, revision);
        line += e.deleted ? "-" + e.record.key : "+" + e.record.key + "=" + e.record.value;
      }
      EXPECT_TRUE(revisions.empty() || revisions.back() < revision);
      revisions.push_back(revision);
      seen.push_back(line);
    };
  }
};

TYPED_TEST(StateStoreTest, StartsEmptyAtRevisionZeroWithAnEpoch) {
  StateStore& store = this->Open();
  EXPECT_EQ(store.revision(), 0u);
  EXPECT_NE(store.epoch(), 0u);
  EXPECT_TRUE(store.Range("")->records.empty());
  EXPECT_EQ(store.Get("a").status().code(), absl::StatusCode::kNotFound);
}

TYPED_TEST(StateStoreTest, WritesAllOperationsAtOneRevision) {
  StateStore& store = this->Open();
  auto result = store.Txn({.ops = {Op::Put("a", "1"), Op::Put("b", std::string("\0x", 2))}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->revision, 0u);
  EXPECT_FALSE(result->replayed);
  const Revision second = Written(store, Put("a", "2"));
  EXPECT_GT(second, result->revision);
  EXPECT_EQ(store.Get("a")->created, result->revision);
  EXPECT_EQ(store.Get("a")->modified, second);
  EXPECT_EQ(store.Get("b")->modified, result->revision);
  EXPECT_EQ(store.Get("b")->value, std::string("\0x", 2));
  EXPECT_EQ(store.revision(), second);
}

TYPED_TEST(StateStoreTest, RangeGivesThePrefixInByteOrder) {
  StateStore& store = this->Open();
  for (std::string key : {"a/2", "a/10", "b/1", "a", "a0", "a/\xff\xff"}) {
    ASSERT_TRUE(store.Txn(Put(key, key)).ok());
  }
  auto range = store.Range("a/");
  ASSERT_TRUE(range.ok());
  EXPECT_GE(range->revision, store.revision());
  std::vector<std::string> keys;
  for (const Record& record : range->records) keys.push_back(record.key);
  EXPECT_THAT(keys, ElementsAre("a/10", "a/2", "a/\xff\xff"));
  EXPECT_EQ(store.Range("a/\xff")->records.size(), 1u);
  EXPECT_EQ(store.Range("")->records.size(), 6u);
}

TYPED_TEST(StateStoreTest, AComparisonThatFailsChangesNothing) {
  StateStore& store = this->Open();
  const Revision first = Written(store, Put("a", "1"));
  auto stale = store.Txn({.compares = {{"a", 0}}, .ops = {Op::Put("a", "2"), Op::Put("b", "2")}});
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(Message(stale.status())),
              HasSubstr("'a' is at revision " + std::to_string(first) + ", expected 0"));
  EXPECT_EQ(store.revision(), first);
  EXPECT_EQ(store.Get("a")->value, "1");
  EXPECT_FALSE(store.Get("b").ok());
  EXPECT_GT(Written(store, {.compares = {{"a", first}, {"b", 0}}, .ops = {Op::Put("b", "2")}}),
            first);
}

// A comparison may be all there is: it tells whether it held.
TYPED_TEST(StateStoreTest, ATransactionWithoutOperationsOnlyCompares) {
  StateStore& store = this->Open();
  EXPECT_TRUE(store.Txn({}).ok());
  EXPECT_TRUE(store.Txn({.compares = {{"a", 0}}}).ok());
  const Revision revision = Written(store, Put("a", "1"));
  EXPECT_TRUE(store.Txn({.compares = {{"a", revision}}}).ok());
  EXPECT_EQ(store.Txn({.compares = {{"a", 0}}}).status().code(), absl::StatusCode::kAborted);
}

TYPED_TEST(StateStoreTest, DeletingAnAbsentKeyIsHeardByNobody) {
  StateStore& store = this->Open();
  Recorder recorder;
  auto watch = store.WatchPrefix("", store.revision(), recorder.callback());
  ASSERT_TRUE(watch.ok()) << watch.status();
  EXPECT_TRUE(store.Txn({.ops = {Op::Delete("a")}}).ok());
  EXPECT_EQ(recorder.seen.size(), 0u);
  const Revision created = Written(store, Put("a", "1"));
  EXPECT_GT(Written(store, {.ops = {Op::Delete("a")}}), created);
  EXPECT_FALSE(store.Get("a").ok());
  const Revision again = Written(store, Put("a", "1"));
  EXPECT_EQ(store.Get("a")->created, again);
  EXPECT_THAT(recorder.seen, ElementsAre("+a=1", "-a", "+a=1"));
}

TYPED_TEST(StateStoreTest, ARequestIdIsAppliedOnceAndAnswersTheSame) {
  StateStore& store = this->Open();
  TxnRequest request = Put("a", "1");
  request.request_id = "r1";
  request.result = "answer";
  const Revision first = Written(store, request);
  ASSERT_TRUE(store.Txn(Put("a", "2")).ok());
  request.compares = {{"a", 99}};
  request.result = "another";
  auto again = store.Txn(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->revision, first);
  EXPECT_EQ(again->result, "answer");
  EXPECT_EQ(store.Get("a")->value, "2");
  EXPECT_EQ((*store.FindRequest("r1"))->result, "answer");
  EXPECT_EQ((*store.FindRequest("r1"))->revision, first);
  EXPECT_FALSE(store.FindRequest("r2")->has_value());
}

TYPED_TEST(StateStoreTest, AFailedRequestIdMayBeTriedAgain) {
  StateStore& store = this->Open();
  TxnRequest request = Put("a", "1");
  request.request_id = "r1";
  request.compares = {{"a", 5}};
  ASSERT_FALSE(store.Txn(request).ok());
  request.compares.clear();
  EXPECT_FALSE(store.Txn(request)->replayed);
}

TYPED_TEST(StateStoreTest, ForgetsRequestIdsBeyondTheirRevisions) {
  StateStore& store = this->Open({.request_revisions = 3});
  TxnRequest request = Put("a", "1");
  request.request_id = "old";
  ASSERT_TRUE(store.Txn(request).ok());
  for (int i = 0; i < 9; ++i) {
    request.request_id = "new" + std::to_string(i);
    ASSERT_TRUE(store.Txn(request).ok());
  }
  EXPECT_FALSE(store.FindRequest("old")->has_value());
  EXPECT_TRUE(store.FindRequest("new8")->has_value());
}

TYPED_TEST(StateStoreTest, RefusesTransactionsBeyondTheLimits) {
  StateStore& store = this->Open();
  auto code = [&](const TxnRequest& request) { return store.Txn(request).status().code(); };
  TxnRequest many;
  for (int i = 0; i < 101; ++i) many.ops.push_back(Op::Put(std::to_string(i), "x"));
  EXPECT_EQ(code(many), absl::StatusCode::kInvalidArgument);
  many.ops.pop_back();
  EXPECT_EQ(code(many), absl::StatusCode::kOk);
  EXPECT_EQ(code(Put("a", std::string(1 << 20, 'x'))), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Put("a", std::string((1 << 20) - 1, 'x'))), absl::StatusCode::kOk);
  EXPECT_EQ(code(Put("", "x")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Put(std::string(2049, 'k'), "x")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.ops = {Op::Put("a", "1"), Op::Delete("a")}}),
            absl::StatusCode::kInvalidArgument);
}

TYPED_TEST(StateStoreTest, AWatchReplaysThePastThenFollows) {
  StateStore& store = this->Open();
  ASSERT_TRUE(store.Txn({.ops = {Op::Put("x/a", "1"), Op::Put("y", "1")}}).ok());
  ASSERT_TRUE(store.Txn(Put("y", "2")).ok());
  const Revision third = Written(store, {.ops = {Op::Delete("x/a"), Op::Put("x/b", "3")}});
  Recorder all, late;
  auto watch = store.WatchPrefix("x/", 0, all.callback());
  ASSERT_TRUE(watch.ok()) << watch.status();
  EXPECT_THAT(all.seen, ElementsAre("+x/a=1", "-x/a+x/b=3"));
  auto late_watch = store.WatchPrefix("x/", third, late.callback());
  ASSERT_TRUE(store.Txn(Put("x/c", "4")).ok());
  EXPECT_THAT(all.seen, ElementsAre("+x/a=1", "-x/a+x/b=3", "+x/c=4"));
  EXPECT_THAT(late.seen, ElementsAre("+x/c=4"));
  watch->reset();
  ASSERT_TRUE(store.Txn(Put("x/d", "5")).ok());
  EXPECT_EQ(all.seen.size(), 3u);
  EXPECT_EQ(late.seen.size(), 2u);
}

// Range and watch fit together: what the snapshot has is not told again, what it has not is.
TYPED_TEST(StateStoreTest, AWatchFromARangesRevisionHearsWhatIsNotInIt) {
  StateStore& store = this->Open();
  ASSERT_TRUE(store.Txn(Put("a", "1")).ok());
  const auto range = store.Range("");
  ASSERT_TRUE(range.ok());
  ASSERT_TRUE(store.Txn(Put("b", "2")).ok());
  Recorder recorder;
  auto watch = store.WatchPrefix("", range->revision, recorder.callback());
  ASSERT_TRUE(store.Txn(Put("c", "3")).ok());
  EXPECT_THAT(recorder.seen, ElementsAre("+b=2", "+c=3"));
}

TYPED_TEST(StateStoreTest, AWatchFromACompactedRevisionIsRefused) {
  StateStore& store = this->Open();
  std::vector<Revision> revisions;
  for (int i = 0; i < 5; ++i) revisions.push_back(Written(store, Put("a", std::to_string(i))));
  ASSERT_TRUE(store.Compact(revisions[2]).ok());
  EXPECT_EQ(store.compacted(), revisions[2]);
  Recorder recorder;
  EXPECT_EQ(store.WatchPrefix("", revisions[1], recorder.callback()).status().code(),
            absl::StatusCode::kOutOfRange);
  auto watch = store.WatchPrefix("", revisions[2], recorder.callback());
  ASSERT_TRUE(watch.ok());
  EXPECT_THAT(recorder.seen, ElementsAre("+a=3", "+a=4"));
  EXPECT_TRUE(store.Compact(revisions[0]).ok());
  EXPECT_EQ(store.compacted(), revisions[2]);
  EXPECT_EQ(store.Compact(store.revision() + 1).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store.Get("a")->value, "4");
}

TYPED_TEST(StateStoreTest, TheLogIsBounded) {
  StateStore& store = this->Open({.log_revisions = 10});
  const Revision first = Written(store, Put("a", "first"));
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(store.Txn(Put("a", std::to_string(i))).ok());
  EXPECT_GE(store.compacted(), store.revision() - 11);
  EXPECT_LE(store.compacted(), store.revision() - 10);
  Recorder recorder;
  EXPECT_EQ(store.WatchPrefix("", first, recorder.callback()).status().code(),
            absl::StatusCode::kOutOfRange);
  auto watch = store.WatchPrefix("", store.compacted(), recorder.callback());
  ASSERT_TRUE(watch.ok());
  EXPECT_GE(recorder.seen.size(), 10u);
}

TYPED_TEST(StateStoreTest, ContentsAreNamedByTheirHashAndReadFromAnOffset) {
  StateStore& store = this->Open();
  std::string big(3'000'001, 'x');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(Mix64(i));
  std::vector<std::string_view> contents = {"small", big, "", "small"};
  ASSERT_TRUE(store.PutBlobs(contents).ok());
  ASSERT_TRUE(store.PutBlobs(contents).ok());
  std::vector<std::string> names = {Sha256("small"), Sha256(big), Sha256("")};
  std::sort(names.begin(), names.end());
  EXPECT_EQ(*store.ListBlobs(), names);
  EXPECT_EQ(*store.BlobSize(Sha256(big)), big.size());
  EXPECT_EQ(*store.BlobSize(Sha256("")), 0u);
  EXPECT_EQ(*store.ReadBlob(Sha256("small"), 0, 100), "small");
  EXPECT_EQ(*store.ReadBlob(Sha256("small"), 3, 1), "l");
  EXPECT_EQ(*store.ReadBlob(Sha256("small"), 5, 1), "");
  EXPECT_EQ(*store.ReadBlob(Sha256(big), 0, big.size() + 1), big);
  EXPECT_EQ(*store.ReadBlob(Sha256(big), 524'000, 1'000'000), big.substr(524'000, 1'000'000));
  EXPECT_EQ(store.ReadBlob(Sha256("small"), 6, 1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store.ReadBlob(Sha256("no"), 0, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store.BlobSize(Sha256("no")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store.revision(), 0u);
}

TYPED_TEST(StateStoreTest, AContentBeyondTheLimitIsRefused) {
  StateStore& store = this->Open({.blob_bytes_max = 1000});
  const std::string fits(1000, 'x'), big(1001, 'x');
  std::vector<std::string_view> contents = {big};
  EXPECT_EQ(store.PutBlobs(contents).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(store.BlobSize(Sha256(big)).status().code(), absl::StatusCode::kNotFound);
  contents = {fits};
  EXPECT_TRUE(store.PutBlobs(contents).ok());
}

TYPED_TEST(StateStoreTest, ANewEpochDiffers) {
  StateStore& store = this->Open();
  uint64_t first = store.epoch();
  ASSERT_TRUE(store.RenewEpoch().ok());
  EXPECT_NE(store.epoch(), first);
}

// The one who leads can write by its fence; the one who led before cannot.
TYPED_TEST(StateStoreTest, OneLeadsAtATime) {
  StateStore& store = this->Open();
  auto first = store.Campaign({.name = "e", .holder = "first"});
  ASSERT_TRUE(first.ok()) << first.status();
  const Compare old_fence = (*first)->fence();
  EXPECT_TRUE(store.Txn({.compares = {old_fence}, .ops = {Op::Put("a", "1")}}).ok());
  EXPECT_THAT(store.Get("leader/e")->value, HasSubstr("first"));
  auto refused = store.Campaign(
      {.name = "e", .holder = "second", .go_on = [n = 2]() mutable { return n-- > 0; }});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kCancelled);
  auto other = store.Campaign({.name = "other", .holder = "second"});
  EXPECT_TRUE(other.ok()) << other.status();
  std::thread resigns([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    first->reset();
  });
  auto second = store.Campaign({.name = "e", .holder = "second"});
  resigns.join();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(store.Txn({.compares = {old_fence}, .ops = {Op::Put("a", "2")}}).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_TRUE(store.Txn({.compares = {(*second)->fence()}, .ops = {Op::Put("a", "3")}}).ok());
  second->reset();
  EXPECT_EQ(store.Get("leader/e").status().code(), absl::StatusCode::kNotFound);
}

TYPED_TEST(StateStoreTest, AFencedStoreWritesOnlyWhileItsOwnerLeads) {
  StateStore& store = this->Open();
  auto first = store.Campaign({.name = "e", .holder = "first"});
  ASSERT_TRUE(first.ok());
  FencedStore fenced(store, (*first)->fence());
  EXPECT_TRUE(fenced.Txn(Put("a", "1")).ok());
  EXPECT_EQ(fenced.Get("a")->value, "1");
  first->reset();
  EXPECT_EQ(fenced.Txn(Put("a", "2")).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(store.Get("a")->value, "1");
}

// Four writers increment one counter by compare-and-set while a watch looks on: no update is lost
// and the watch sees every revision once, in order.
TYPED_TEST(StateStoreTest, ConcurrentCompareAndSetLosesNothing) {
  StateStore& store = this->Open();
  const Revision first = Written(store, Put("n", "0"));
  std::vector<std::string> values;
  auto watch = store.WatchPrefix("n", first, [&](Revision, std::span<const Event> events) {
    for (const Event& event : events) values.push_back(event.record.value);
  });
  constexpr int kThreads = 4, kEach = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int done = 0; done < kEach;) {
        auto record = store.Get("n");
        ASSERT_TRUE(record.ok());
        auto result =
            store.Txn({.compares = {{"n", record->modified}},
                       .ops = {Op::Put("n", std::to_string(std::stoi(record->value) + 1))}});
        done += result.ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.Get("n")->value, std::to_string(kThreads * kEach));
  ASSERT_EQ(values.size(), size_t{kThreads * kEach});
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], std::to_string(i + 1));
}

}  // namespace
}  // namespace terrella::control
