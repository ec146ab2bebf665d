// One suite for every StateStore: what the control plane relies on, whatever the engine.
#include "control_plane/store/state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/store/memory_store.h"
#include "control_plane/store/sqlite_store.h"

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

template <class Engine>
class StateStoreTest : public ::testing::Test {
 protected:
  StateStore& Open(const StoreLimits& limits = {}) {
    engine_ = std::make_unique<Engine>(limits);
    return *engine_->store;
  }
  std::unique_ptr<Engine> engine_;
};
using Engines = ::testing::Types<Memory, Sqlite>;
TYPED_TEST_SUITE(StateStoreTest, Engines);

TxnRequest Put(std::string key, std::string value) {
  return {.ops = {Op::Put(std::move(key), std::move(value))}};
}

// Every event as "revision+key=value" or "revision-key".
struct Recorder {
  std::vector<std::string> seen;
  WatchCallback callback() {
    return [this](Revision revision, std::span<const Event> events) {
      std::string line = std::to_string(revision);
      for (const Event& e : events) {
        EXPECT_EQ(e.record.modified, revision);
        line += e.deleted ? "-" + e.record.key : "+" + e.record.key + "=" + e.record.value;
      }
      seen.push_back(line);
    };
  }
};

TYPED_TEST(StateStoreTest, StartsEmptyAtRevisionZeroWithAnEpoch) {
  StateStore& store = this->Open();
  EXPECT_EQ(store.revision(), 0u);
  EXPECT_EQ(store.compacted(), 0u);
  EXPECT_NE(store.epoch(), 0u);
  EXPECT_TRUE(store.Range("")->records.empty());
  EXPECT_EQ(store.Get("a").status().code(), absl::StatusCode::kNotFound);
}

TYPED_TEST(StateStoreTest, WritesAllOperationsAtOneRevision) {
  StateStore& store = this->Open();
  auto result = store.Txn({.ops = {Op::Put("a", "1"), Op::Put("b", std::string("\0x", 2))}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->revision, 1u);
  EXPECT_FALSE(result->replayed);
  EXPECT_EQ(store.Txn(Put("a", "2"))->revision, 2u);
  EXPECT_EQ(store.Get("a")->created, 1u);
  EXPECT_EQ(store.Get("a")->modified, 2u);
  EXPECT_EQ(store.Get("b")->value, std::string("\0x", 2));
  EXPECT_EQ(store.revision(), 2u);
}

TYPED_TEST(StateStoreTest, RangeGivesThePrefixInByteOrder) {
  StateStore& store = this->Open();
  for (std::string key : {"a/2", "a/10", "b/1", "a", "a0", "a/\xff\xff"}) {
    ASSERT_TRUE(store.Txn(Put(key, key)).ok());
  }
  auto range = store.Range("a/");
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->revision, 6u);
  std::vector<std::string> keys;
  for (const Record& record : range->records) keys.push_back(record.key);
  EXPECT_THAT(keys, ElementsAre("a/10", "a/2", "a/\xff\xff"));
  EXPECT_EQ(store.Range("a/\xff")->records.size(), 1u);
  EXPECT_EQ(store.Range("")->records.size(), 6u);
}

TYPED_TEST(StateStoreTest, AComparisonThatFailsChangesNothing) {
  StateStore& store = this->Open();
  ASSERT_TRUE(store.Txn(Put("a", "1")).ok());
  auto stale = store.Txn({.compares = {{"a", 0}}, .ops = {Op::Put("a", "2"), Op::Put("b", "2")}});
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(Message(stale.status())), HasSubstr("'a' is at revision 1, expected 0"));
  EXPECT_EQ(store.Get("a")->value, "1");
  EXPECT_FALSE(store.Get("b").ok());
  EXPECT_TRUE(store.Txn({.compares = {{"a", 1}, {"b", 0}}, .ops = {Op::Put("b", "2")}}).ok());
  EXPECT_EQ(store.revision(), 2u);
}

TYPED_TEST(StateStoreTest, DeletingAnAbsentKeyKeepsTheRevision) {
  StateStore& store = this->Open();
  EXPECT_EQ(store.Txn({.ops = {Op::Delete("a")}})->revision, 0u);
  ASSERT_TRUE(store.Txn(Put("a", "1")).ok());
  EXPECT_EQ(store.Txn({.ops = {Op::Delete("a")}})->revision, 2u);
  EXPECT_FALSE(store.Get("a").ok());
  ASSERT_TRUE(store.Txn(Put("a", "1")).ok());
  EXPECT_EQ(store.Get("a")->created, 3u);
}

TYPED_TEST(StateStoreTest, ARequestIdIsAppliedOnceAndAnswersTheSame) {
  StateStore& store = this->Open();
  TxnRequest request = Put("a", "1");
  request.request_id = "r1";
  request.result = "answer";
  ASSERT_EQ(store.Txn(request)->revision, 1u);
  ASSERT_TRUE(store.Txn(Put("a", "2")).ok());
  request.compares = {{"a", 99}};
  request.result = "another";
  auto again = store.Txn(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->revision, 1u);
  EXPECT_EQ(again->result, "answer");
  EXPECT_EQ(store.Get("a")->value, "2");
  EXPECT_EQ((*store.FindRequest("r1"))->result, "answer");
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
  for (int i = 0; i < 5; ++i) {
    request.request_id = "new" + std::to_string(i);
    ASSERT_TRUE(store.Txn(request).ok());
  }
  EXPECT_FALSE(store.FindRequest("old")->has_value());
  EXPECT_TRUE(store.FindRequest("new4")->has_value());
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
  ASSERT_TRUE(store.Txn({.ops = {Op::Delete("x/a"), Op::Put("x/b", "3")}}).ok());
  Recorder all, late;
  auto watch = store.WatchPrefix("x/", 0, all.callback());
  ASSERT_TRUE(watch.ok()) << watch.status();
  auto late_watch = store.WatchPrefix("x/", 3, late.callback());
  ASSERT_TRUE(store.Txn(Put("x/c", "4")).ok());
  EXPECT_THAT(all.seen, ElementsAre("1+x/a=1", "3-x/a+x/b=3", "4+x/c=4"));
  EXPECT_THAT(late.seen, ElementsAre("4+x/c=4"));
  watch->reset();
  ASSERT_TRUE(store.Txn(Put("x/d", "5")).ok());
  EXPECT_EQ(all.seen.size(), 3u);
  EXPECT_EQ(late.seen.size(), 2u);
}

TYPED_TEST(StateStoreTest, AWatchFromACompactedRevisionIsRefused) {
  StateStore& store = this->Open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store.Txn(Put("a", std::to_string(i))).ok());
  ASSERT_TRUE(store.Compact(3).ok());
  EXPECT_EQ(store.compacted(), 3u);
  Recorder recorder;
  EXPECT_EQ(store.WatchPrefix("", 2, recorder.callback()).status().code(),
            absl::StatusCode::kOutOfRange);
  auto watch = store.WatchPrefix("", 3, recorder.callback());
  ASSERT_TRUE(watch.ok());
  EXPECT_THAT(recorder.seen, ElementsAre("4+a=3", "5+a=4"));
  EXPECT_EQ(store.Compact(6).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store.Get("a")->value, "4");
}

TYPED_TEST(StateStoreTest, TheLogIsBounded) {
  StateStore& store = this->Open({.log_revisions = 10});
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(store.Txn(Put("a", std::to_string(i))).ok());
  EXPECT_EQ(store.compacted(), 15u);
  Recorder recorder;
  auto watch = store.WatchPrefix("", 15, recorder.callback());
  EXPECT_EQ(recorder.seen.size(), 10u);
}

TYPED_TEST(StateStoreTest, ContentsAreNamedByTheirHashAndReadFromAnOffset) {
  StateStore& store = this->Open();
  std::string big(3'000'001, 'x');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(Mix64(i));
  std::vector<std::string_view> contents = {"small", big, "", "small"};
  ASSERT_TRUE(store.PutBlobs(contents).ok());
  ASSERT_TRUE(store.PutBlobs(contents).ok());
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

TYPED_TEST(StateStoreTest, ANewEpochDiffers) {
  StateStore& store = this->Open();
  uint64_t first = store.epoch();
  ASSERT_TRUE(store.RenewEpoch().ok());
  EXPECT_NE(store.epoch(), first);
}

// Four writers increment one counter by compare-and-set while a watch looks on: no update is lost
// and the watch sees every revision once, in order.
TYPED_TEST(StateStoreTest, ConcurrentCompareAndSetLosesNothing) {
  StateStore& store = this->Open();
  ASSERT_TRUE(store.Txn(Put("n", "0")).ok());
  std::vector<Revision> revisions;
  auto watch = store.WatchPrefix(
      "n", 1, [&](Revision revision, std::span<const Event>) { revisions.push_back(revision); });
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
  ASSERT_EQ(revisions.size(), size_t{kThreads * kEach});
  for (size_t i = 0; i < revisions.size(); ++i) EXPECT_EQ(revisions[i], i + 2);
}

}  // namespace
}  // namespace terrella::control
