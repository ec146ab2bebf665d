// Text that protobuf takes, whatever came.
#include "base/utf8.h"

#include <gtest/gtest.h>

namespace terrella {
namespace {

TEST(Utf8Text, KeepsWhatIsUtf8) {
  EXPECT_EQ(Utf8Text("", 10), "");
  EXPECT_EQ(Utf8Text("aé€😀", 100), "aé€😀");
}

TEST(Utf8Text, EndsBetweenCharacters) {
  const std::string_view text = "aé€😀";  // 1 + 2 + 3 + 4 bytes
  for (size_t bytes_max = 0; bytes_max <= text.size(); ++bytes_max) {
    const std::string cut = Utf8Text(text, bytes_max);
    EXPECT_TRUE(IsUtf8(cut)) << bytes_max;
    EXPECT_LE(cut.size(), bytes_max);
    EXPECT_GT(cut.size() + 4, bytes_max);
  }
}

TEST(Utf8Text, ReplacesWhatIsNone) {
  EXPECT_EQ(Utf8Text("a\xFFz", 10), "a\uFFFDz");
  EXPECT_EQ(Utf8Text("\xC3", 10), "\uFFFD");
  EXPECT_EQ(Utf8Text("\xED\xA0\x80", 20), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(Utf8Text(std::string_view("\0", 1), 10), std::string_view("\0", 1));
}

}  // namespace
}  // namespace terrella
