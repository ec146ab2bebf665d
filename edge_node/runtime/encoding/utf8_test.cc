#include "edge_node/runtime/encoding/utf8.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

TEST(Utf8, FindsTheAsciiPrefix) {
  EXPECT_EQ(AsciiPrefixBytes(""), 0u);
  for (size_t length = 0; length < 40; ++length) {
    const std::string ascii(length, 'a');
    EXPECT_EQ(AsciiPrefixBytes(ascii), length);
    EXPECT_EQ(AsciiPrefixBytes(ascii + "\x80" + ascii), length);
  }
}

TEST(Utf8, WritesWhatItReads) {
  for (char32_t c :
       {0x0u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string text;
    AppendUtf8(c, text);
    const Utf8Step step = NextUtf8(text);
    EXPECT_EQ(step.kind, Utf8Step::Kind::kScalar);
    EXPECT_EQ(step.length_bytes, text.size());
    EXPECT_EQ(step.code_point, c);
    EXPECT_TRUE(IsWellFormedUtf8(text));
  }
}

TEST(Utf8, ReplacesMaximalSubparts) {
  struct Row {
    const char* bytes;
    int replacements;
  };
  // Unicode 15 section 3.9, tables 3-8 to 3-11: how many U+FFFD each ill-formed run becomes.
  const Row rows[] = {
      {"\x80", 1},
      {"\xC0\xAF", 2},      // overlong
      {"\xE0\x80\xBF", 3},  // overlong: the lead alone is the maximal subpart
      {"\xF0\x81\x82\x41", 3},
      {"\xED\xA0\x80", 3},      // a surrogate
      {"\xF4\x91\x92\x93", 4},  // above U+10FFFF
      {"\xF5\x80\x80\x80", 4},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF", 4},  // table 3-11
      {"\xF0\x9F\x92", 1},                      // cut short
      {"\xF0\x9F\x92\x41", 1},
  };
  for (const Row& row : rows) {
    EXPECT_FALSE(IsWellFormedUtf8(row.bytes));
    const std::string repaired = ToWellFormedUtf8(std::string("x") + row.bytes + "y");
    EXPECT_TRUE(IsWellFormedUtf8(repaired));
    int count = 0;
    for (size_t at = repaired.find(kReplacementUtf8); at != std::string::npos;
         at = repaired.find(kReplacementUtf8, at + 1)) {
      ++count;
    }
    EXPECT_EQ(count, row.replacements) << testing::PrintToString(row.bytes);
  }
}

}  // namespace
}  // namespace terrella::runtime
