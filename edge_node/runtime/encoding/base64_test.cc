#include "edge_node/runtime/encoding/base64.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

// RFC 4648 section 10.
TEST(Base64, Encodes) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(EncodeBase64("\xff\xfe\xfd"), "//79");
}

// Infra Standard section 7, "forgiving-base64 decode".
TEST(Base64, DecodesForgivingly) {
  EXPECT_EQ(DecodeBase64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(DecodeBase64("Zg=="), "f");
  EXPECT_EQ(DecodeBase64("Zg"), "f");
  EXPECT_EQ(DecodeBase64("Zm8="), "fo");
  EXPECT_EQ(DecodeBase64("Zm8"), "fo");
  EXPECT_EQ(DecodeBase64(" Z\tm\n9\f\rv "), "foo");
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("Zh"), "f");  // left-over bits are dropped
  for (const char* bad : {"Z", "Zm9vY", "Zg=", "=", "==", "Zg===", "Z=g=", "Zm9v=", "Zm9v====",
                          "Zg==Zg==", "Z-_g", "\xC3\xA9==", "Zm9v\v"}) {
    EXPECT_FALSE(DecodeBase64(bad).has_value()) << bad;
  }
}

TEST(Base64, SurvivesTheRoundTrip) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
}

}  // namespace
}  // namespace terrella::runtime
