#include "edge_node/runtime/encoding/text_decoder.h"

#include <gtest/gtest.h>

#include <vector>

namespace terrella::runtime {
namespace {

using std::string_literals::operator""s;

std::u16string DecodeAll(const char* label, const std::vector<std::string>& pieces,
                         TextDecoderOptions options = {}) {
  TextDecoder decoder(*EncodingForLabel(label), options);
  std::u16string out;
  for (const std::string& piece : pieces) {
    if (!decoder.Decode(piece, /*stream=*/true, out).ok()) return u"error";
  }
  if (!decoder.Decode("", /*stream=*/false, out).ok()) return u"error";
  return out;
}

TEST(TextDecoder, DecodesAndReplaces) {
  struct Row {
    const char* label;
    std::string bytes;
    std::u16string text;
    bool is_malformed;
  };
  const Row rows[] = {
      {"utf-8", "a\xC3\xA9\xF0\x9F\x92\xA9z", u"a\u00E9\U0001F4A9z", false},
      {"utf-8", "a\xFFz\xE2\x82", u"a\uFFFDz\uFFFD", true},
      {"utf-8", "\xED\xA0\x80", u"\uFFFD\uFFFD\uFFFD", true},
      {"utf-16le", "a\0=\xD8\xA9\xDC"s, u"a\U0001F4A9", false},
      {"utf-16be", "\0a\xD8=\xDC\xA9"s, u"a\U0001F4A9", false},
      {"utf-16le",
       "=\xD8"
       "a\0"s,
       u"\uFFFDa", true},                            // a lead, then no trail
      {"utf-16le", "\xA9\xDC"s, u"\uFFFD", true},    // a trail alone
      {"utf-16le", "a\0=\xD8z"s, u"a\uFFFD", true},  // one error for a lead and an odd byte
      {"utf-16le", "a"s, u"\uFFFD", true},
      {"latin1", "\x80\x81\x8D\xE9\xFF", u"\u20AC\u0081\u008D\u00E9\u00FF", false},
      {"koi8-u", "\xAE\xA4", u"\u045E\u0454", false},
      {"iso-8859-16", "\xA4\xAA", u"\u20AC\u0218", false},
      {"iso-8859-8",
       "\xA1"
       "a",
       u"\uFFFDa", true},
      {"windows-1253", "\xAA\xD2", u"\uFFFD\uFFFD", true},
      {"windows-1255", "\xCA", u"\u05BA", false},
      {"macintosh", "\xF0\xDB", u"\uF8FF\u20AC", false},
      {"macintosh", "\xDE\xDF", u"\uFB01\uFB02", false},
      {"x-user-defined", "a\x80\xFF", u"a\uF780\uF7FF", false},
      {"shift_jis", "\x82\xA0\xB1\x5C", u"\u3042\uFF71\\", false},
      {"euc-jp", "\xA4\xA2", u"\u3042", false},
      {"iso-2022-jp", "\x1B$B\x24\x22\x1B(Bz", u"\u3042z", false},
      // ISO-2022-JP, section 12.2.1.
      {"iso-2022-jp", "\x1B(J\\~\x1B(I1", u"\u00A5\u203E\uFF71", false},
      {"iso-2022-jp", "\x1B$", u"\uFFFD$", true},
      {"iso-2022-jp", "a\x1B", u"a\uFFFD", true},
      {"iso-2022-jp", "\x1B$B\x24", u"\uFFFD", true},
      {"iso-2022-jp", "\x1B(I\r\x0E", u"\uFFFD\uFFFD", true},
      {"iso-2022-jp", "\x1B$B\x24\x1B(B\"", u"\uFFFD\"", true},
      {"iso-2022-jp", "\x1B(B\x1B(Ba", u"\uFFFDa", true},  // nothing between two sequences
      {"iso-2022-jp", "\x1B$Z", u"\uFFFD$Z", true},
      // gb18030, section 10.2.1 and the index of 2022.
      {"gb18030", "\x80\xA3\xA0", u"\u20AC\u3000", false},
      {"gbk", "\x80", u"\u20AC", false},
      {"gb18030", "\xA6\xD9\xFE\xA0", u"\uFE10\u9FBB", false},
      {"gb18030", "\xFF", u"\uFFFD", true},
      {"gbk", "\xC4\xE3", u"\u4F60", false},
      {"gb18030", "\x94\x39\xDA\x33", u"\U0001F4A9", false},
      {"big5", "\xA4\xA4", u"\u4E2D", false},
      {"euc-kr", "\xB0\xA1", u"\uAC00", false},
      {"euc-jp", "a\xA4", u"a\uFFFD", true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.label) + " " + testing::PrintToString(row.bytes));
    EXPECT_EQ(DecodeAll(row.label, {row.bytes}), row.text);
    EXPECT_EQ(DecodeAll(row.label, {row.bytes}, {.fatal = true}) == u"error", row.is_malformed);
    std::vector<std::string> single_bytes;
    for (const char c : row.bytes) single_bytes.emplace_back(1, c);
    EXPECT_EQ(DecodeAll(row.label, single_bytes), row.text) << "byte by byte";
  }
}

TEST(TextDecoder, DropsOneByteOrderMarkAtTheStart) {
  EXPECT_EQ(DecodeAll("utf-8", {"\xEF\xBB\xBF\xEF\xBB\xBF"
                                "a"}),
            u"\uFEFFa");
  EXPECT_EQ(DecodeAll("utf-8", {"\xEF", "\xBB", "\xBF", "a"}), u"a");
  EXPECT_EQ(DecodeAll("utf-8", {"a", "\xEF\xBB\xBF"}), u"a\uFEFF");
  EXPECT_EQ(DecodeAll("utf-8",
                      {"\xEF\xBB\xBF"
                       "a"},
                      {.ignore_bom = true}),
            u"\uFEFFa");
  EXPECT_EQ(DecodeAll("utf-16le", {"\xFF\xFE"
                                   "a\0"s}),
            u"a");
  EXPECT_EQ(DecodeAll("utf-16be", {"\xFF\xFE"s}), u"\uFFFE");
}

TEST(TextDecoder, IsAsNewAfterTheEndAndAfterAnError) {
  TextDecoder decoder(*EncodingForLabel("utf-8"), {.fatal = true});
  std::u16string out;
  EXPECT_TRUE(decoder
                  .Decode("\xEF\xBB\xBF"
                          "a\xE2",
                          /*stream=*/true, out)
                  .ok());
  EXPECT_FALSE(decoder.Decode("z", /*stream=*/true, out).ok());
  out.clear();
  EXPECT_TRUE(decoder
                  .Decode("\xEF\xBB\xBF"
                          "b",
                          /*stream=*/false, out)
                  .ok());
  EXPECT_TRUE(decoder
                  .Decode("\xEF\xBB\xBF"
                          "c",
                          /*stream=*/false, out)
                  .ok());
  EXPECT_EQ(out, u"bc");
}

TEST(TextDecoder, KnowsWhenAsciiStaysAsItIs) {
  TextDecoder decoder(Utf8Encoding(), {});
  EXPECT_TRUE(decoder.IsPlainAscii("abc"));
  EXPECT_FALSE(decoder.IsPlainAscii("ab\xC3\xA9"));
  std::u16string out;
  ASSERT_TRUE(decoder.Decode("\xC3", /*stream=*/true, out).ok());
  EXPECT_FALSE(decoder.IsPlainAscii("abc"));
  EXPECT_FALSE(TextDecoder(*EncodingForLabel("utf-16"), {}).IsPlainAscii("abc"));
}

}  // namespace
}  // namespace terrella::runtime
