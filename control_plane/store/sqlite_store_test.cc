// What only the durable store promises: survival of reopening, one process at a time, honest
// refusals.
#include "control_plane/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"

namespace terrella::control {
namespace {

using ::testing::HasSubstr;

class SqliteStoreTest : public ::testing::Test {
 protected:
  void Execute(const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open((folder_ / "state.db").c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  TempFolder parent_;
  const std::filesystem::path folder_ = parent_.path() / "new";
};

TEST_F(SqliteStoreTest, KeepsEverythingOverAReopening) {
  uint64_t epoch = 0;
  std::string_view content = "content";
  {
    auto store = *SqliteStore::Open(folder_);
    epoch = store->epoch();
    ASSERT_TRUE(store->PutBlobs({&content, 1}).ok());
    ASSERT_TRUE(store->Txn({.ops = {Op::Put("a", "1")}, .request_id = "r", .result = "x"}).ok());
    ASSERT_TRUE(store->Txn({.ops = {Op::Put("a", "2")}}).ok());
    ASSERT_TRUE(store->Compact(1).ok());
  }
  auto store = *SqliteStore::Open(folder_);
  EXPECT_EQ(store->epoch(), epoch);
  EXPECT_EQ(store->revision(), 2u);
  EXPECT_EQ(store->compacted(), 1u);
  EXPECT_EQ(store->Get("a")->value, "2");
  EXPECT_EQ((*store->FindRequest("r"))->result, "x");
  EXPECT_EQ(*store->ReadBlob(Sha256(content), 0, 100), content);
}

TEST_F(SqliteStoreTest, RefusesASecondProcessAndNamesTheFirst) {
  auto first = SqliteStore::Open(folder_);
  ASSERT_TRUE(first.ok());
  auto second = SqliteStore::Open(folder_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(second.status())),
              HasSubstr("in use by another control plane (pid " + std::to_string(getpid()) + ")"));
  first->reset();
  EXPECT_TRUE(SqliteStore::Open(folder_).ok());
}

TEST_F(SqliteStoreTest, WaitsForAProcessThatIsAboutToEnd) {
  auto first = SqliteStore::Open(folder_);
  ASSERT_TRUE(first.ok());
  std::thread ending([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    first->reset();
  });
  EXPECT_TRUE(SqliteStore::Open(folder_).ok());
  ending.join();
}

TEST_F(SqliteStoreTest, RefusesAFileThatIsNoDatabase) {
  ASSERT_TRUE(WriteFileAtomic(folder_ / "state.db", std::string(8192, 'x')).ok());
  EXPECT_EQ(SqliteStore::Open(folder_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SqliteStoreTest, RefusesAFormOfANewerProgram) {
  ASSERT_TRUE(SqliteStore::Open(folder_).ok());
  Execute("UPDATE meta SET value=99 WHERE name='schema'");
  auto store = SqliteStore::Open(folder_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(store.status())), HasSubstr("newer program"));
}

// A crash between the parts of a big content leaves parts without a name: they are no content, and
// the next start removes them.
TEST_F(SqliteStoreTest, AnUnfinishedContentIsAbsent) {
  std::string content(2'000'000, 'c');
  std::string_view view = content;
  {
    auto store = *SqliteStore::Open(folder_);
    ASSERT_TRUE(store->PutBlobs({&view, 1}).ok());
  }
  Execute("DELETE FROM blob; DELETE FROM chunk WHERE part=3");
  auto store = *SqliteStore::Open(folder_);
  EXPECT_EQ(store->BlobSize(Sha256(content)).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(store->PutBlobs({&view, 1}).ok());
  EXPECT_EQ(*store->ReadBlob(Sha256(content), 0, content.size()), content);
}

TEST_F(SqliteStoreTest, SaysWhyAFolderCannotBeUsed) {
  ASSERT_TRUE(WriteFileAtomic(folder_ / "file", "x").ok());
  auto store = SqliteStore::Open(folder_ / "file" / "state");
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace terrella::control
