#include "edge_node/control/blob_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/digest.h"
#include "edge_node/control/test_push.h"

namespace terrella::edge {
namespace {

class BlobStoreTest : public ::testing::Test {
 protected:
  std::filesystem::path PathOf(std::string_view content) const {
    const std::string hex = ToHex(Sha256(content));
    return folder_.path() / hex;
  }
  TempFolder folder_;
  BlobStore store_{folder_.path(), 100};
};

TEST_F(BlobStoreTest, KeepsContentUnderItsHash) {
  ASSERT_TRUE(store_.Put(Sha256("abc"), "abc").ok());
  EXPECT_TRUE(store_.Has(Sha256("abc")));
  EXPECT_EQ(store_.Get(Sha256("abc")).value(), "abc");
  store_.Sync();
  EXPECT_TRUE(std::filesystem::exists(PathOf("abc")));
}

TEST_F(BlobStoreTest, ASlowDiskIsWaitedForWhereFilesAreReadAndWritten) {
  const SystemClock clock;
  DiskPace pace;
  BlobStore store(folder_.path(), 100, &pace);
  pace.SetDelay(std::chrono::milliseconds(20));
  const MonotonicTime began = clock.Now();
  ASSERT_TRUE(store.Put(Sha256("abc"), "abc").ok());
  ASSERT_TRUE(store.Get(Sha256("abc")).ok());
  ASSERT_TRUE(store.Map(Sha256("abc")).ok());
  store.Sync();
  EXPECT_GE(clock.Now() - began, std::chrono::milliseconds(4 * 20));
}

TEST_F(BlobStoreTest, RefusesContentThatDoesNotMatchOrIsTooLarge) {
  EXPECT_EQ(store_.Put(Sha256("abc"), "abd").code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(store_.Has(Sha256("abc")));
  const std::string large(101, 'x');
  EXPECT_EQ(store_.Put(Sha256(large), large).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(BlobStoreTest, ATornFileIsAMissingOne) {
  ASSERT_TRUE(store_.Put(Sha256("abc"), "abc").ok());
  std::ofstream(PathOf("abc")) << "ab";
  EXPECT_EQ(store_.Get(Sha256("abc")).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(store_.Has(Sha256("abc")));
  EXPECT_EQ(store_.Get(Sha256("abc")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BlobStoreTest, PruneDeletesWhatIsNotKept) {
  for (const char* content : {"a", "b", "c"})
    ASSERT_TRUE(store_.Put(Sha256(content), content).ok());
  std::ofstream(folder_.path() / "half.tmp") << "x";
  EXPECT_EQ(store_.Prune({Sha256("b")}), 3u);
  EXPECT_FALSE(store_.Has(Sha256("a")));
  EXPECT_TRUE(store_.Has(Sha256("b")));
}

TEST_F(BlobStoreTest, WritesOverWhatWasRetired) {
  ASSERT_TRUE(store_.Put(Sha256("long content"), "long content").ok());
  struct stat before {
  }, after{};
  ASSERT_EQ(stat(PathOf("long content").c_str(), &before), 0);
  store_.Retire(Sha256("long content"));
  EXPECT_FALSE(store_.Has(Sha256("long content")));
  EXPECT_EQ(store_.Prune({}), 0u) << "the file waits to be written over";
  ASSERT_TRUE(store_.Put(Sha256("short"), "short").ok());
  ASSERT_EQ(stat(PathOf("short").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(store_.Get(Sha256("short")).value(), "short");
}

TEST_F(BlobStoreTest, WhatWasMappedIsNeverWrittenOver) {
  ASSERT_TRUE(store_.Put(Sha256("asset"), "asset").ok());
  const absl::StatusOr<AssetBytes> asset = store_.Map(Sha256("asset"));
  ASSERT_TRUE(asset.ok());
  store_.Retire(Sha256("asset"));
  ASSERT_TRUE(store_.Put(Sha256("other"), "other").ok());
  store_.Prune({});
  EXPECT_EQ(asset->bytes, "asset");
}

TEST_F(BlobStoreTest, WithoutAFolderNothingIsKept) {
  BlobStore none("", 100);
  EXPECT_TRUE(none.Put(Sha256("a"), "a").ok());
  EXPECT_FALSE(none.Has(Sha256("a")));
  EXPECT_EQ(none.Prune({}), 0u);
}

TEST_F(BlobStoreTest, ADiskThatRefusesSaysSo) {
  std::ofstream(folder_.path() / "file") << "";
  BlobStore blocked(folder_.path() / "file" / "cas", 100);
  const absl::Status status = blocked.Put(Sha256("a"), "a");
  EXPECT_FALSE(status.ok());
}

}  // namespace
}  // namespace terrella::edge
