#include "edge_node/runtime/encoding/node_text.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

std::string Hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

// What Node.js 20 gives for the same text.
TEST(NodeText, Base64TakesBothAlphabetsAndSkipsTheRest) {
  const struct {
    const char* text;
    const char* bytes;
    size_t length;
  } kCases[] = {
      {"YQ==YQ==", "61", 4},
      {"YQ", "61", 1},
      {"Y Q", "61", 2},
      {"YQ=a", "61", 3},
      {"aGVsbG8_", "68656c6c6f3f", 6},
      {"aGVs-G8/", "68656cf86f3f", 6},
      {"*aGVs*bG8*", "68656c6c6f", 7},
      {"YQ===", "61", 2},
      {"Y", "", 0},
      {"YWI=\n", "6162", 3},
      {"====", "", 1},
      {"YW JjZA", "61626364", 5},
      {"", "", 0},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Hex(DecodeNodeBase64(c.text)), c.bytes) << c.text;
    EXPECT_EQ(NodeBase64Length(c.text), c.length) << c.text;
  }
  EXPECT_EQ(DecodeNodeBase64("YWJjZA==", 2), "ab");
}

TEST(NodeText, HexStopsAtWhatIsNoDigit) {
  EXPECT_EQ(Hex(DecodeNodeHex("abc")), "ab");
  EXPECT_EQ(Hex(DecodeNodeHex("AbxxCD")), "ab");
  EXPECT_EQ(DecodeNodeHex("zz"), "");
  EXPECT_EQ(DecodeNodeHex("6162", 1), "a");
}

TEST(NodeText, FindsBytesFromEitherEnd) {
  EXPECT_EQ(FindBytes("abcabc", "bc", 0, true, 1), 1);
  EXPECT_EQ(FindBytes("abcabc", "bc", 2, true, 1), 4);
  EXPECT_EQ(FindBytes("abcabc", "bc", -2, true, 1), 4);
  EXPECT_EQ(FindBytes("abcabc", "bc", 5, false, 1), 4);
  EXPECT_EQ(FindBytes("abcabc", "bc", 3, false, 1), 1);
  EXPECT_EQ(FindBytes("abcabc", "bc", -9, false, 1), -1);
  EXPECT_EQ(FindBytes("abcabc", "x", 0, true, 1), -1);
  EXPECT_EQ(FindBytes("abc", "", 9, true, 1), 3);
  EXPECT_EQ(FindBytes("aaba", "ba", 0, true, 2), 2);
  EXPECT_EQ(FindBytes("abab", "ba", 0, true, 2), -1);
  EXPECT_EQ(FindBytes("abab", "ba", 3, false, 2), -1);
}

}  // namespace
}  // namespace terrella::runtime
