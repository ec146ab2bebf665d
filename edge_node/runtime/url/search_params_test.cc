#include "edge_node/runtime/url/search_params.h"

#include <gtest/gtest.h>

namespace terrella::runtime {
namespace {

TEST(SearchParams, ParsesForms) {
  // URL Standard section 5.1.
  EXPECT_EQ(ParseSearchParams(""), SearchParams{});
  EXPECT_EQ(ParseSearchParams("&&"), SearchParams{});
  EXPECT_EQ(ParseSearchParams("a=1&b=2"), (SearchParams{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(ParseSearchParams("a&=b&="), (SearchParams{{"a", ""}, {"", "b"}, {"", ""}}));
  EXPECT_EQ(ParseSearchParams("a=b=c"), (SearchParams{{"a", "b=c"}}));
  EXPECT_EQ(ParseSearchParams("a+b=%2B%20c"), (SearchParams{{"a b", "+ c"}}));
  EXPECT_EQ(ParseSearchParams("a=%zz%4"), (SearchParams{{"a", "%zz%4"}}));
  EXPECT_EQ(ParseSearchParams("a=%FF"), (SearchParams{{"a", "\xEF\xBF\xBD"}}));
}

TEST(SearchParams, SerializesForms) {
  // Section 5.2: ASCII alphanumerics and *-._ stand for themselves.
  EXPECT_EQ(SerializeSearchParams({{"a b", "c&d=e"}, {"*-._~", "'()!"}}),
            "a+b=c%26d%3De&*-._%7E=%27%28%29%21");
  EXPECT_EQ(SerializeSearchParams({{"", ""}, {"\xC3\xA9", "+"}}), "=&%C3%A9=%2B");
}

TEST(SearchParams, SurvivesTheRoundTrip) {
  SearchParams params{
      {"\xF0\x9F\x92\xA9", "\r\n\t"}, {"%41", "+ &=#?"}, {"a", std::string(1, '\0')}};
  EXPECT_EQ(ParseSearchParams(SerializeSearchParams(params)), params);
}

}  // namespace
}  // namespace terrella::runtime
