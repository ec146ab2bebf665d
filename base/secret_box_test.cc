#include "base/secret_box.h"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace terrella
