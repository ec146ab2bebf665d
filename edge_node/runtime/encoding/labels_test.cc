#include "edge_node/runtime/encoding/labels.h"

#include <gtest/gtest.h>

#include <string>

#include "edge_node/runtime/encoding/text_decoder.h"

namespace terrella::runtime {
namespace {

std::string NameOf(std::string_view label) {
  const Encoding* encoding = EncodingForLabel(label);
  return encoding == nullptr ? "" : encoding->name;
}

TEST(Labels, NameEncodingsOfTheStandard) {
  // Encoding Standard section 4.2.
  EXPECT_EQ(NameOf("utf8"), "utf-8");
  EXPECT_EQ(NameOf("\t\n\f\r UTF-8 "), "utf-8");
  EXPECT_EQ(NameOf("latin1"), "windows-1252");
  EXPECT_EQ(NameOf("ISO-8859-1"), "windows-1252");
  EXPECT_EQ(NameOf("us-ascii"), "windows-1252");
  EXPECT_EQ(NameOf("iso-8859-9"), "windows-1254");
  EXPECT_EQ(NameOf("logical"), "iso-8859-8-i");
  EXPECT_EQ(NameOf("utf-16"), "utf-16le");
  EXPECT_EQ(NameOf("gb2312"), "gbk");
  EXPECT_EQ(NameOf("ks_c_5601-1987"), "euc-kr");
  EXPECT_EQ(NameOf("hz-gb-2312"), "replacement");
}

TEST(Labels, RefuseWhatTheStandardDoesNotName) {
  for (const char* label : {"", " ", "utf-7", "utf-32", "utf-8\v", "\xC2\xA0utf-8", "utf8 utf-8",
                            "ut", "iso-8859-12"}) {
    EXPECT_EQ(EncodingForLabel(label), nullptr) << label;
  }
}

TEST(Labels, EveryEncodingHasADecoderThatKeepsAscii) {
  for (const char* label :
       {"utf-8",        "ibm866",        "iso-8859-2",   "iso-8859-3",     "iso-8859-4",
        "iso-8859-5",   "iso-8859-6",    "iso-8859-7",   "iso-8859-8",     "iso-8859-8-i",
        "iso-8859-10",  "iso-8859-13",   "iso-8859-14",  "iso-8859-15",    "iso-8859-16",
        "koi8-r",       "koi8-u",        "macintosh",    "windows-874",    "windows-1250",
        "windows-1251", "windows-1252",  "windows-1253", "windows-1254",   "windows-1255",
        "windows-1256", "windows-1257",  "windows-1258", "x-mac-cyrillic", "gbk",
        "gb18030",      "big5",          "euc-jp",       "iso-2022-jp",    "shift_jis",
        "euc-kr",       "x-user-defined"}) {
    const Encoding* encoding = EncodingForLabel(label);
    ASSERT_NE(encoding, nullptr) << label;
    EXPECT_STREQ(encoding->name, label);
    TextDecoder decoder(*encoding, {.fatal = true});
    std::u16string text;
    EXPECT_TRUE(decoder.Decode("Hello, 127.", false, text).ok()) << label;
    EXPECT_EQ(text, u"Hello, 127.") << label;
  }
}

}  // namespace
}  // namespace terrella::runtime
