#include "base/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing/temp_folder.h"

namespace terrella {
namespace {

TEST(KeyFile, IsMadeOnceAndKeptFromOthers) {
  const TempFolder folder;
  const std::filesystem::path file = folder.path() / "some.key";
  const auto key = OpenKeyFile(file, 32);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->size(), 32u);
  struct stat facts {};
  ASSERT_EQ(stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ(*OpenKeyFile(file, 32), *key);
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  EXPECT_EQ(OpenKeyFile(file, 32).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(truncate(file.c_str(), 3), 0);
  EXPECT_EQ(OpenKeyFile(file, 32).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace terrella
