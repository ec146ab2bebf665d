#include "base/secret_box.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/status.h"
#include "base/testing/temp_folder.h"

namespace terrella {
namespace {

TEST(SecretBox, OpensWhatItSealedForThatPurposeAlone) {
  const SecretBox box(std::string(32, 'k')), other(std::string(32, 'x'));
  for (const std::string& value :
       {std::string("hunter2"), std::string(), std::string(5000, '\0')}) {
    const auto sealed = box.Seal(value, "secret/a/KEY");
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    EXPECT_EQ(sealed->size(), value.size() + 28);
    EXPECT_EQ(*box.Unseal(*sealed, "secret/a/KEY"), value);
    EXPECT_FALSE(box.Unseal(*sealed, "secret/b/KEY").ok());
    EXPECT_FALSE(other.Unseal(*sealed, "secret/a/KEY").ok());
    for (const size_t at : {size_t{0}, size_t{12}, sealed->size() - 1}) {
      std::string torn = *sealed;
      torn[at] = static_cast<char>(torn[at] ^ 1);
      EXPECT_FALSE(box.Unseal(torn, "secret/a/KEY").ok()) << at;
    }
    EXPECT_NE(*box.Seal(value, "p"), *box.Seal(value, "p")) << "a nonce is used once";
  }
  EXPECT_FALSE(box.Unseal("short", "p").ok());
}

TEST(SecretBox, KeepsItsKeyFromOthers) {
  const TempFolder folder;
  const std::filesystem::path file = folder.path() / "secrets.key";
  const auto box = SecretBox::Open(file);
  ASSERT_TRUE(box.ok()) << box.status();
  struct stat facts {};
  ASSERT_EQ(stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const auto again = SecretBox::Open(file);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*(*again)->Unseal(*(*box)->Seal("v", "p"), "p"), "v");
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  EXPECT_EQ(SecretBox::Open(file).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(truncate(file.c_str(), 3), 0);
  EXPECT_EQ(SecretBox::Open(file).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace terrella
