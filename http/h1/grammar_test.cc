#include "http/h1/grammar.h"

#include <gtest/gtest.h>

#include <string>

namespace terrella::http::h1 {
namespace {

// RFC 9110 section 5.5: field-vchar, SP, HTAB and obs-text.
bool IsFieldByte(int c) {
  return c == '\t' || (c >= 0x20 && c != 0x7f);
}

TEST(Grammar, JudgesEveryByteOfAFieldValueWhereverItStands) {
  for (size_t length : {1u, 7u, 8u, 9u, 16u, 23u}) {
    for (size_t at = 0; at < length; ++at) {
      for (int c = 0; c < 256; ++c) {
        for (char rest : {' ', 'x', '\x80', '\xff'}) {
          std::string text(length, rest);
          text[at] = static_cast<char>(c);
          ASSERT_EQ(IsFieldValue(text), IsFieldByte(c)) << c << " at " << at << " of " << length;
        }
      }
    }
  }
  EXPECT_TRUE(IsFieldValue(""));
}

}  // namespace
}  // namespace terrella::http::h1
