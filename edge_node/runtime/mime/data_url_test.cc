#include "edge_node/runtime/mime/data_url.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

// Fetch Standard, section 6, by step of "data: URL processor".
TEST(DataUrl, HoldsTypeAndBody) {
  struct Row {
    const char* clause;
    std::string_view href;
    const char* type;  // null: no data: URL
    std::string_view body;
  };
  const Row rows[] = {
      {"5 no comma", "data:text/html", nullptr, ""},
      {"5 another scheme", "http://a/,b", nullptr, ""},
      {"4 the first comma counts", "data:text/html,a,b", "text/html", "a,b"},
      {"6 white space around the type", "data: text/html ,x", "text/html", "x"},
      {"9 percent signs", "data:,%41%zz%e2", "text/plain;charset=US-ASCII", "A%zz\xe2"},
      {"10 base64", "data:text/html;base64,aGk=", "text/html", "hi"},
      {"10 in any case, spaces before it", "data:;  BASE64,aGk", "text/plain;charset=US-ASCII",
       "hi"},
      {"10 spaces in it", "data:;base64,%20a G%0Ak", "text/plain;charset=US-ASCII", "hi"},
      {"10 not without a semicolon", "data:base64,aGk", "text/plain;charset=US-ASCII", "aGk"},
      {"10 not before other text", "data:;base64;x=y,aGk", "text/plain;x=y", "aGk"},
      {"10.4 no base64", "data:;base64,%", nullptr, ""},
      {"10.4 five symbols", "data:;base64,abcde", nullptr, ""},
      {"10.4 padding inside", "data:;base64,ab=d", nullptr, ""},
      {"11 only parameters", "data:;charset=utf-8,x", "text/plain;charset=utf-8", "x"},
      {"13 what is no type", "data:nope,x", "text/plain;charset=US-ASCII", "x"},
      {"14 nothing at all", "data:,", "text/plain;charset=US-ASCII", ""},
  };
  for (const Row& row : rows) {
    const auto url = ParseDataUrl(row.href);
    ASSERT_EQ(url.has_value(), row.type != nullptr) << row.clause << ": " << row.href;
    if (!url) continue;
    EXPECT_EQ(url->type.Serialize(), row.type) << row.clause;
    EXPECT_EQ(url->body, row.body) << row.clause;
  }
}

}  // namespace
}  // namespace terrella::runtime
