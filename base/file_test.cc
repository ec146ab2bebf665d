#include "base/file.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "base/testing/temp_folder.h"

namespace terrella {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  TempFolder folder_;
  const fs::path dir_ = folder_.path();
};

TEST_F(FileTest, WritesAndReadsWholeFilesAndCreatesFolders) {
  fs::path path = dir_ / "a" / "b.bin";
  std::string content("x\0y", 3);
  ASSERT_TRUE(WriteFileAtomic(path, content).ok());
  EXPECT_EQ(*ReadFile(path), content);
  ASSERT_TRUE(WriteFileAtomic(path, "second").ok());
  EXPECT_EQ(*ReadFile(path), "second");
}

TEST_F(FileTest, LeavesNoTemporaryFileBehind) {
  ASSERT_TRUE(WriteFileAtomic(dir_ / "only", "1").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), fs::directory_iterator()), 1);
}

TEST_F(FileTest, SaysWhatIsWrong) {
  EXPECT_EQ(ReadFile(dir_ / "missing").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(dir_).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(WriteFileAtomic(dir_ / "big", std::string(100, 'x')).ok());
  EXPECT_EQ(ReadFile(dir_ / "big", 99).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ReadFile(dir_ / "big", 100).ok());
}

TEST(WriteFileAtomic, KeepsSecretsFromOthers) {
  TempFolder folder;
  const auto path = folder.path() / "key";
  ASSERT_TRUE(WriteFileAtomic(path, "secret", /*private_to_user=*/true).ok());
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(ListFolder, GivesAllNamesInOrderOrSaysWhichFolder) {
  TempFolder folder;
  for (const char* name : {"b", ".a", "c"}) {
    ASSERT_TRUE(WriteFileAtomic(folder.path() / name, "x").ok());
  }
  const auto entries = ListFolder(folder.path());
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(*entries, (std::vector<std::filesystem::path>{folder.path() / ".a", folder.path() / "b",
                                                          folder.path() / "c"}));
  const auto missing = ListFolder(folder.path() / "none");
  EXPECT_TRUE(absl::IsUnavailable(missing.status()));
  EXPECT_NE(missing.status().message().find("none"), std::string_view::npos);
}

}  // namespace
}  // namespace terrella
