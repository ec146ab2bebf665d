// A backup holds everything, comes back whole into any store, and a damaged one changes nothing.
#include "control_plane/backup/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/sqlite_database.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "control_plane/store/memory_store.h"
#include "control_plane/store/sqlite_store.h"

namespace terrella::control {
namespace {

using ::testing::HasSubstr;

const BackupNames kNames{.cluster = "test", .build = "terrella test"};

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    big_.assign(1'500'001, 'b');
    const std::vector<std::string_view> contents = {"small", big_, ""};
    EXPECT_TRUE(store_.PutBlobs(contents).ok());
    for (int i = 0; i < 120; ++i) {
      EXPECT_TRUE(
          store_.Txn({.ops = {Op::Put("row/" + std::to_string(i), std::string(i, 'v'))}}).ok());
    }
  }
  void ExpectSame(StateStore& other) {
    const auto mine = store_.Range(""), theirs = other.Range("");
    ASSERT_TRUE(mine.ok() && theirs.ok());
    ASSERT_EQ(mine->records.size(), theirs->records.size());
    for (size_t i = 0; i < mine->records.size(); ++i) {
      EXPECT_EQ(mine->records[i].key, theirs->records[i].key);
      EXPECT_EQ(mine->records[i].value, theirs->records[i].value);
    }
    EXPECT_EQ(*store_.ListBlobs(), *other.ListBlobs());
    EXPECT_EQ(*other.ReadBlob(Sha256(big_), 0, big_.size()), big_);
  }

  TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "backup";
  const std::filesystem::path other_ = folder_.path() / "other";
  MemoryStore store_;
  std::string big_;
};

TEST_F(BackupTest, ComesBackIntoAnotherStore) {
  const auto saved = SaveBackup(store_, folder_.path(), kNames, file_);
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ(saved->records, 120u);
  EXPECT_EQ(saved->blobs, 3u);
  EXPECT_EQ(saved->bytes, std::filesystem::file_size(file_));
  auto store = *SqliteStore::Open(other_);
  const auto restored = RestoreBackup(*store, other_, kNames, file_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->revision, store_.revision());
  ExpectSame(*store);
  EXPECT_TRUE(CheckNotRestoring(*store).ok());
}

TEST_F(BackupTest, TakesThePlaceOfEverythingUnderANewEpoch) {
  ASSERT_TRUE(SaveBackup(store_, folder_.path(), kNames, file_).ok());
  MemoryStore other;
  const uint64_t epoch = other.epoch();
  ASSERT_TRUE(other.Txn({.ops = {Op::Put("newer", "x"), Op::Put("row/7", "newer")}}).ok());
  const Revision before = other.revision();
  ASSERT_TRUE(RestoreBackup(other, other_, kNames, file_).ok());
  ExpectSame(other);
  EXPECT_NE(other.epoch(), epoch);
  EXPECT_GT(other.revision(), before);
}

TEST_F(BackupTest, HasTheValuesOfKvAsTheyAreNow) {
  {
    auto kv = *SqliteDatabase::Open(folder_.path() / "kv.db", false);
    ASSERT_TRUE(kv.UseWriteAheadLog().ok());
    ASSERT_TRUE(kv.Execute("CREATE TABLE t(x); INSERT INTO t VALUES(17)").ok());
    ASSERT_TRUE(SaveBackup(store_, folder_.path(), kNames, file_).ok());
  }
  std::filesystem::create_directories(other_);
  ASSERT_TRUE(WriteFileAtomic(other_ / "kv.db", "what was there").ok());
  ASSERT_TRUE(WriteFileAtomic(other_ / "kv.db-wal", "its log").ok());
  MemoryStore other;
  ASSERT_TRUE(RestoreBackup(other, other_, kNames, file_).ok());
  auto kv = *SqliteDatabase::Open(other_ / "kv.db", false);
  auto statement = *kv.Prepare("SELECT x FROM t");
  ASSERT_TRUE(*statement.Step());
  EXPECT_EQ(statement.Integer(0), 17u);
}

// Every byte counts: cut anywhere, or with one byte changed, it is refused before anything changes.
TEST_F(BackupTest, ADamagedFileIsRefusedAndChangesNothing) {
  ASSERT_TRUE(SaveBackup(store_, folder_.path(), kNames, file_).ok());
  const std::string whole = *ReadFile(file_);
  MemoryStore other;
  ASSERT_TRUE(other.Txn({.ops = {Op::Put("mine", "x")}}).ok());
  const uint64_t epoch = other.epoch();
  std::vector<std::string> damaged = {whole.substr(0, whole.size() - 1), whole + "x",
                                      whole.substr(0, whole.size() / 2), whole.substr(0, 18), ""};
  for (size_t at = 0; at < whole.size(); at += whole.size() / 40) {
    damaged.push_back(whole);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x20);
  }
  for (const std::string& bytes : damaged) {
    ASSERT_TRUE(WriteFileAtomic(file_, bytes).ok());
    EXPECT_FALSE(RestoreBackup(other, other_, kNames, file_).ok()) << bytes.size();
  }
  EXPECT_EQ(other.Range("")->records.size(), 1u);
  EXPECT_EQ(other.epoch(), epoch);
  EXPECT_EQ(RestoreBackup(other, other_, kNames, folder_.path() / "none").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(BackupTest, AnotherClustersBackupIsRefused) {
  ASSERT_TRUE(SaveBackup(store_, folder_.path(), kNames, file_).ok());
  MemoryStore other;
  const auto restored = RestoreBackup(other, other_, {.cluster = "prod", .build = ""}, file_);
  EXPECT_EQ(restored.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(restored.status())), HasSubstr("cluster 'test', not of 'prod'"));
}

// What a restore that was killed leaves behind serves nobody, and is put right by another one.
TEST_F(BackupTest, ABrokenOffRestoreIsKnown) {
  ASSERT_TRUE(SaveBackup(store_, folder_.path(), kNames, file_).ok());
  MemoryStore other;
  ASSERT_TRUE(other.Txn({.ops = {Op::Put("restore/running", "1")}}).ok());
  EXPECT_EQ(CheckNotRestoring(other).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(SaveBackup(other, folder_.path(), kNames, folder_.path() / "half").ok());
  ASSERT_TRUE(RestoreBackup(other, other_, kNames, file_).ok());
  EXPECT_TRUE(CheckNotRestoring(other).ok());
  ExpectSame(other);
}

}  // namespace
}  // namespace terrella::control
