#include "rpc/sealing_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/testing/temp_folder.h"

namespace terrella::rpc {
namespace {

TEST(SealingKey, OpensWhatWasSealedToItAndNothingElse) {
  const auto key = SealingKey::Make(), other = SealingKey::Make();
  for (const std::string& message : {std::string("hunter2"), std::string(), std::string(5000, 0)}) {
    const auto sealed = SealTo(key->public_key(), message);
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    EXPECT_EQ(sealed->size(), message.size() + 48);
    EXPECT_EQ(*key->Unseal(*sealed), message);
    EXPECT_TRUE(absl::IsDataLoss(other->Unseal(*sealed).status()));
    std::string torn = *sealed;
    torn[torn.size() / 2] = static_cast<char>(torn[torn.size() / 2] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(key->Unseal(torn).status()));
  }
  EXPECT_TRUE(absl::IsDataLoss(key->Unseal("short").status()));
  // No two are alike, so that equal secrets do not show.
  EXPECT_NE(*SealTo(key->public_key(), "a"), *SealTo(key->public_key(), "a"));
}

TEST(SealingKey, IsTheSameAfterARestart) {
  const TempFolder folder;
  const std::filesystem::path file = folder.path() / "sealing.key";
  const auto first = SealingKey::Open(file), second = SealingKey::Open(file);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(*(*second)->Unseal(*SealTo((*first)->public_key(), "a")), "a");
  struct stat facts {};
  ASSERT_EQ(stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_TRUE(absl::IsFailedPrecondition(SealingKey::Open(file).status()));
  std::filesystem::resize_file(file, 31);
  EXPECT_TRUE(absl::IsDataLoss(SealingKey::Open(file).status()));
}

TEST(SealingKey, NothingIsSealedToWhatIsNoKey) {
  EXPECT_TRUE(CheckSealingKey(SealingKey::Make()->public_key()).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(CheckSealingKey("")));
  EXPECT_TRUE(absl::IsInvalidArgument(CheckSealingKey(std::string(31, 'k'))));
  // The point of order one: everybody could open it.
  EXPECT_TRUE(absl::IsInvalidArgument(CheckSealingKey(std::string(32, '\0'))));
}

}  // namespace
}  // namespace terrella::rpc
