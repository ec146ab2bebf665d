#include "http/message/headers.h"

#include <gtest/gtest.h>

#include "http/message/message.h"

namespace terrella::http {
namespace {

TEST(Headers, FindsWithoutCaseAndKeepsSpelling) {
  Headers headers{{"Content-Type", "text/html"}};
  EXPECT_EQ(headers.Find("content-TYPE"), "text/html");
  EXPECT_EQ(headers.Find("content-typ"), std::nullopt);
  EXPECT_EQ(headers.fields()[0].name, "Content-Type");
}

TEST(Headers, CaseFoldingIsAsciiOnly) {
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoreCase("\xc0", "\xe0"));
  EXPECT_TRUE(EqualsIgnoreCase("aZ09-", "Az09-"));
}

TEST(Headers, SetReplacesAllAtThePlaceOfTheFirst) {
  Headers headers{{"a", "1"}, {"X", "2"}, {"b", "3"}, {"x", "4"}};
  headers.Set("x", "5");
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers.fields()[1], (Headers::Field{"x", "5"}));
  headers.Set("new", "6");
  EXPECT_EQ(headers.fields()[3], (Headers::Field{"new", "6"}));
}

TEST(Headers, SetSurvivesAValueOfItsOwn) {
  Headers headers{{"a", std::string(100, 'x')}};
  headers.Set("A", *headers.Find("a"));
  EXPECT_EQ(headers.Find("a"), std::string(100, 'x'));
}

TEST(Headers, KeepsItsFieldsAsItsTextGrows) {
  Headers headers;
  for (int i = 0; i < 200; ++i) {
    headers.Append("n" + std::to_string(i), headers.Find("n0").value_or("first"));
  }
  ASSERT_EQ(headers.size(), 200u);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(headers.fields()[i], (Headers::Field{"n" + std::to_string(i), "first"}));
  }
  Headers copy = headers;
  headers.Clear();
  EXPECT_EQ(copy.Find("n199"), "first");
}

TEST(Headers, RemovesByPredicate) {
  Headers headers{{"a", "1"}, {"Long", "2"}, {"b", "3"}};
  headers.RemoveIf([](std::string_view name) { return name.size() > 1; });
  ASSERT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.fields()[1], (Headers::Field{"b", "3"}));
}

TEST(Headers, RemoveCountsAndCombinedJoinsInOrder) {
  Headers headers{{"Accept", "a"}, {"b", "x"}, {"accept", "c"}};
  EXPECT_EQ(headers.Count("ACCEPT"), 2u);
  EXPECT_EQ(headers.Combined("accept"), "a, c");
  EXPECT_EQ(headers.Combined("none"), std::nullopt);
  EXPECT_EQ(headers.Remove("accept"), 2u);
  EXPECT_EQ(headers.Remove("accept"), 0u);
  EXPECT_EQ(headers.size(), 1u);
}

TEST(Message, KnowsStandardPhrasesOnly) {
  EXPECT_STREQ(ReasonPhrase(404), "Not Found");
  EXPECT_STREQ(ReasonPhrase(299), "");
}

}  // namespace
}  // namespace terrella::http
