#include "edge_node/actors/actor_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/status.h"

namespace terrella::edge {
namespace {

using runtime::SqlValue;
using ::testing::HasSubstr;

class ActorStoreTest : public ::testing::Test {
 protected:
  ActorStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "terrella-store-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    alarms_ = *AlarmIndex::Open(folder_);
  }
  ~ActorStoreTest() override {
    alarms_.reset();
    std::filesystem::remove_all(folder_);
  }
  static runtime::ActorAddress Address(uint64_t epoch = 1, std::string id = "aa") {
    return {.namespace_id = "script.1.Class", .id = std::move(id), .name = "name", .epoch = epoch};
  }
  std::unique_ptr<ActorStore> Open(uint64_t epoch = 1, const ActorStoreLimits& limits = {}) {
    auto store = ActorStore::Open(folder_, Address(epoch), {.alarms = alarms_.get()}, limits);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  absl::StatusOr<runtime::SqlResult> Sql(ActorStore& store, std::string_view query,
                                         const std::vector<SqlValue>& parameters = {}) {
    return store.Sql(query, parameters, [] { return true; });
  }
  std::filesystem::path folder_;
  std::unique_ptr<AlarmIndex> alarms_;
};

TEST_F(ActorStoreTest, WhatWasCommittedIsThereAgainAndTheRestIsNot) {
  auto store = Open();
  ASSERT_TRUE(store->Put("a", "1").ok());
  ASSERT_TRUE(store->Commit().ok());
  ASSERT_TRUE(store->Put("b", "2").ok());
  store.reset();
  store = Open();
  EXPECT_EQ(**store->Get("a"), "1");
  EXPECT_EQ(*store->Get("b"), std::nullopt);
}

TEST_F(ActorStoreTest, ASlowDiskIsWaitedForWhenItIsOpenedAndByEachTransactionThatWrites) {
  const SystemClock clock;
  constexpr Duration kLate = std::chrono::milliseconds(200);
  DiskPace pace;
  pace.SetDelay(kLate);
  MonotonicTime began = clock.Now();
  auto store = *ActorStore::Open(folder_, Address(), {.alarms = alarms_.get(), .pace = &pace});
  EXPECT_GE(clock.Now() - began, kLate);
  began = clock.Now();
  ASSERT_TRUE(store->Put("a", "1").ok());
  ASSERT_TRUE(store->Commit().ok());
  EXPECT_GE(clock.Now() - began, kLate);
  began = clock.Now();
  EXPECT_EQ(**store->Get("a"), "1");
  ASSERT_TRUE(store->Commit().ok());
  EXPECT_LT(clock.Now() - began, kLate) << "nothing was written";
}

TEST_F(ActorStoreTest, AnOlderEpochNeitherOpensNorWrites) {
  auto old = Open(1);
  ASSERT_TRUE(old->Put("a", "old").ok());
  ASSERT_TRUE(old->Commit().ok());
  auto newer = Open(2);
  EXPECT_TRUE(absl::IsFailedPrecondition(old->CheckOwner()));
  EXPECT_FALSE(old->Put("a", "late").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(old->Commit()));
  old.reset();
  EXPECT_EQ(**newer->Get("a"), "old");
  ASSERT_TRUE(newer->Put("a", "new").ok());
  EXPECT_TRUE(newer->Commit().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ActorStore::Open(folder_, Address(1), {.alarms = alarms_.get()}).status()));
}

TEST_F(ActorStoreTest, InnerTransactionsRollBackByThemselves) {
  auto store = Open();
  ASSERT_TRUE(store->Put("a", "1").ok());
  ASSERT_TRUE(store->Begin().ok());
  ASSERT_TRUE(store->Put("a", "2").ok());
  ASSERT_TRUE(store->Begin().ok());
  ASSERT_TRUE(store->Put("b", "2").ok());
  ASSERT_TRUE(store->End(true).ok());
  ASSERT_TRUE(store->End(false).ok());
  EXPECT_EQ(**store->Get("a"), "1");
  EXPECT_EQ(*store->Get("b"), std::nullopt);
  EXPECT_FALSE(store->End(true).ok());
  EXPECT_TRUE(store->Commit().ok());
}

TEST_F(ActorStoreTest, AlarmsAreInTheIndexWhileTheyAreSet) {
  auto store = Open();
  ASSERT_TRUE(store->SetAlarm(ActorStore::Alarm{1000, 2}).ok());
  EXPECT_TRUE(alarms_->Due(2000, 10)->empty()) << "not committed";
  ASSERT_TRUE(store->Commit().ok());
  EXPECT_EQ(alarms_->Due(999, 10)->size(), 0u);
  ASSERT_EQ(alarms_->Due(1000, 10)->size(), 1u);
  EXPECT_EQ(alarms_->Due(1000, 10)->at(0).address.id, "aa");
  EXPECT_EQ((*store->GetAlarm())->unix_ms, 1000);
  EXPECT_EQ((*store->GetAlarm())->retries, 2u);
  ASSERT_TRUE(store->SetAlarm(std::nullopt).ok());
  ASSERT_TRUE(store->Commit().ok());
  EXPECT_TRUE(alarms_->Due(2000, 10)->empty());
}

TEST_F(ActorStoreTest, AllNodesMayMakeTheIndexAtOnce) {
  constexpr int kNodes = 8;
  for (int round = 0; round < 50; ++round) {
    const std::filesystem::path folder = folder_ / std::to_string(round);
    std::filesystem::create_directories(folder);
    std::vector<std::thread> nodes;
    std::vector<absl::Status> opened(kNodes);
    std::barrier start(kNodes);
    for (absl::Status& mine : opened) {
      nodes.emplace_back([&] {
        start.arrive_and_wait();
        mine = AlarmIndex::Open(folder).status();
      });
    }
    for (std::thread& node : nodes) node.join();
    for (const absl::Status& status : opened) ASSERT_TRUE(status.ok()) << Message(status);
  }
}

TEST_F(ActorStoreTest, AlarmsAreReadPageByPage) {
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(alarms_->Set(Address(1, std::to_string(i)), 1000 + i % 3).ok());
  }
  std::set<std::string> seen;
  int64_t latest = 0;
  std::vector<AlarmIndex::Entry> page = *alarms_->Due(5000, 10);
  while (!page.empty()) {
    for (const AlarmIndex::Entry& entry : page) {
      EXPECT_TRUE(seen.insert(entry.address.id).second);
      EXPECT_GE(entry.unix_ms, latest);
      latest = entry.unix_ms;
    }
    const AlarmIndex::Entry last = page.back();
    page = *alarms_->Due(5000, 10, &last);
  }
  EXPECT_EQ(seen.size(), 25u);
}

TEST_F(ActorStoreTest, SqlGivesRowsAndIsPartOfTheTransaction) {
  auto store = Open();
  ASSERT_TRUE(Sql(*store, "CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES(?, ?)",
                  {{.kind = SqlValue::Kind::kInteger, .integer = 7},
                   {.kind = SqlValue::Kind::kText, .bytes = "x"}})
                  .ok());
  auto rows = Sql(*store, "SELECT a, b, NULL AS c, 1.5 AS d FROM t");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->columns, ::testing::ElementsAre("a", "b", "c", "d"));
  ASSERT_EQ(rows->rows.size(), 1u);
  EXPECT_EQ(rows->rows[0][0].integer, 7);
  EXPECT_EQ(rows->rows[0][1].bytes, "x");
  EXPECT_EQ(rows->rows[0][2].kind, SqlValue::Kind::kNull);
  EXPECT_EQ(rows->rows[0][3].real, 1.5);
  ASSERT_TRUE(store->Put("k", "v").ok());
  ASSERT_TRUE(store->DeleteAll().ok());
  EXPECT_FALSE(Sql(*store, "SELECT * FROM t").ok());
  EXPECT_EQ(*store->Get("k"), std::nullopt);
}

TEST_F(ActorStoreTest, SqlMayNotLeaveItsFile) {
  auto store = Open();
  for (const char* query :
       {"ATTACH 'other.sqlite' AS other", "BEGIN", "COMMIT", "SAVEPOINT a",
        "PRAGMA journal_mode = DELETE", "PRAGMA max_page_count = 1000000000",
        "SELECT * FROM _terrella_state", "UPDATE _terrella_state SET epoch = 9",
        "DROP TABLE _terrella_kv", "CREATE TABLE _terrella_x(a)", "SELECT load_extension('x')",
        "CREATE TEMP TABLE t(a)", "VACUUM INTO 'other.sqlite'",
        "CREATE VIRTUAL TABLE v USING dbstat", "", " ; "}) {
    EXPECT_FALSE(Sql(*store, query).ok()) << query;
  }
  EXPECT_TRUE(Sql(*store, "CREATE TABLE ok(a)").ok());
  EXPECT_TRUE(Sql(*store, "PRAGMA table_info(ok)").ok());
}

TEST_F(ActorStoreTest, SqlIsBounded) {
  auto store = Open(1, {.database_bytes_max = 1 << 20, .sql_rows_max = 10});
  const auto forever = store->Sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) "
      "FROM n",
      {}, [] { return false; });
  EXPECT_TRUE(absl::IsDeadlineExceeded(forever.status())) << forever.status();
  EXPECT_THAT(std::string(Message(Sql(*store,
                                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i "
                                      "+ 1 FROM n) SELECT i FROM n")
                                      .status())),
              HasSubstr("more than 10 rows"));
  EXPECT_FALSE(Sql(*store, "SELECT ?", {}).ok()) << "a parameter is missing";
  const std::string megabyte(1 << 20, 'x');
  EXPECT_TRUE(absl::IsResourceExhausted(store->Put("big", megabyte + megabyte)));
  EXPECT_TRUE(store->Put("small", "x").ok());
}

}  // namespace
}  // namespace terrella::edge
