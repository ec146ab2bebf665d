#include "edge_node/runtime/mime/mime_type.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

struct Row {
  const char* clause;
  std::string_view text;
  const char* serialized;  // null: no MIME type
};

// MIME Sniffing Standard, sections 4.4 (parsing, by step) and 4.5 (serializing).
TEST(MimeType, ParsesAndSerializes) {
  const Row rows[] = {
      {"4.4.1 white space around", "\t text/html \r\n", "text/html"},
      {"4.4.1 form feed is none", "\ftext/html", nullptr},
      {"4.4.4 no type", "/html", nullptr},
      {"4.4.4 type no token", "te xt/html", nullptr},
      {"4.4.5 no slash", "text", nullptr},
      {"4.4.5 nothing", "", nullptr},
      {"4.4.8 white space after the subtype", "text/html ;x=y", "text/html;x=y"},
      {"4.4.9 no subtype", "text/", nullptr},
      {"4.4.9 subtype no token", "text/ht ml", nullptr},
      {"4.4.9 a second slash", "text/html/x", nullptr},
      {"4.4.10 lower case", "TEXT/HTML;Charset=GBK", "text/html;charset=GBK"},
      {"4.4.11.2 white space before a name", "text/html; \t\r\n x=y", "text/html;x=y"},
      {"4.4.11.3 white space in a name", "text/html;x =y", "text/html"},
      {"4.4.11.5 no value", "text/html;x;y=z", "text/html;y=z"},
      {"4.4.11.5 ends after the name", "text/html;x=", "text/html"},
      {"4.4.11.7 no name", "text/html;=y;z=1", "text/html;z=1"},
      {"4.4.11.8 quoted", "text/html;x=\"a b;c\"", "text/html;x=\"a b;c\""},
      {"4.4.11.8 quoted for nothing", "text/html;x=\"abc\"", "text/html;x=abc"},
      {"4.4.11.8 escapes", "text/html;x=\"a\\\"b\\\\c\\d\"", "text/html;x=\"a\\\"b\\\\cd\""},
      {"4.4.11.8 text after the quote", "text/html;x=\"a\"b;y=z", "text/html;x=a;y=z"},
      {"4.4.11.8 quote not closed", "text/html;x=\"a", "text/html;x=a"},
      {"4.4.11.8 ends with a backslash", "text/html;x=\"a\\", "text/html;x=\"a\\\\\""},
      {"4.4.11.8 an empty quoted value", "text/html;x=\"\"", "text/html;x=\"\""},
      {"4.4.11.9 white space after a value", "text/html;x=y ;z=1", "text/html;x=y;z=1"},
      {"4.4.11.9 an empty value", "text/html;x= ;z=1", "text/html;z=1"},
      {"4.4.11.10 the first of a name counts", "text/html;x=1;X=2", "text/html;x=1"},
      {"4.4.11.10 no token as name", "text/html;x\"=1", "text/html"},
      {"4.4.11.10 a control in a value", "text/html;x=\x01", "text/html"},
      {"4.4.11.10 bytes above ASCII", "text/html;x=\xff", "text/html;x=\"\xff\""},
      {"4.5 a value that is no token", "text/html;x=a=b", "text/html;x=\"a=b\""},
  };
  for (const Row& row : rows) {
    const auto mime = MimeType::Parse(row.text);
    ASSERT_EQ(mime.has_value(), row.serialized != nullptr) << row.clause;
    if (!mime) continue;
    EXPECT_EQ(mime->Serialize(), row.serialized) << row.clause;
    EXPECT_EQ(MimeType::Parse(mime->Serialize()), mime) << row.clause;
  }
}

// Fetch Standard, section 2.2.2, "extract a MIME type".
TEST(MimeType, ExtractsFromCombinedFields) {
  const Row rows[] = {
      {"6.2 nothing usable", "", nullptr},
      {"6.2 nothing usable", "foo, */*", nullptr},
      {"6.3 the last counts", "text/html, text/plain", "text/plain"},
      {"6.2 what is wrong is skipped", "text/html, x", "text/html"},
      {"6.2 so is anything", "text/html, */*;charset=gbk", "text/html"},
      {"6.5 the charset stays", "text/html;charset=gbk, text/html", "text/html;charset=gbk"},
      {"6.5 unless there is another", "text/html;charset=gbk, text/html;charset=a",
       "text/html;charset=a"},
      {"6.4 or another essence", "text/html;charset=gbk, text/plain, text/html", "text/html"},
      {"split: a quoted comma", "text/html;x=\"a, text/plain\"", "text/html;x=\"a, text/plain\""},
  };
  for (const Row& row : rows) {
    const auto mime = MimeType::Extract(row.text);
    ASSERT_EQ(mime.has_value(), row.serialized != nullptr) << row.clause;
    if (!mime) continue;
    EXPECT_EQ(mime->Serialize(), row.serialized) << row.clause;
  }
}

TEST(MimeType, HasEssenceAndParameters) {
  const auto mime = MimeType::Parse("Multipart/Form-Data; Boundary=\"a b\"");
  ASSERT_TRUE(mime.has_value());
  EXPECT_EQ(mime->essence(), "multipart/form-data");
  ASSERT_NE(mime->parameter("boundary"), nullptr);
  EXPECT_EQ(*mime->parameter("boundary"), "a b");
  EXPECT_EQ(mime->parameter("charset"), nullptr);
}

}  // namespace
}  // namespace terrella::runtime
