#include "edge_node/runtime/html/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

TEST(Selector, RefusesWhatItCannotDecideWithAReason) {
  const struct {
    const char* text;
    const char* words;
  } rows[] = {
      {"", "expected an element"},
      {"a,", "expected an element"},
      {"a >", "expected an element"},
      {"> a", "expected an element"},
      {"a + b", "combinator '+' is not supported"},
      {"a ~ b", "combinator '~' is not supported"},
      {"a:last-child", "':last-child' is not supported"},
      {"a::before", "name of a pseudo-class"},
      {"a:not(b:not(c))", "':not' is not supported"},
      {"a:not(b c)", "expected ')'"},
      {".1a", "a class after '.'"},
      {"#", "an id after '#'"},
      {"[a", "'=', '~='"},
      {"[a=]", "a name or a quoted string"},
      {"[a='b]", "closing quote"},
      {"[a=b x]", "']'"},
      {":nth-child(x)", "'odd', 'even'"},
      {":nth-child(2n+)", "a number"},
      {"a)", "',', '>' or the end"},
      {"a\\", "a character after"},
  };
  for (const auto& row : rows) {
    auto parsed = ParseSelector(row.text);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_THAT(std::string(Message(parsed.status())), HasSubstr(row.words)) << row.text;
  }
  EXPECT_FALSE(ParseSelector(std::string(5000, 'a')).ok());
  std::string deep = "a";
  for (int i = 0; i < 100; ++i) deep += " a";
  EXPECT_FALSE(ParseSelector(deep).ok());
}

TEST(Selector, CountsAsCssDoes) {  // Selectors, An+B
  const struct {
    const char* text;
    std::vector<int> matching;  // of 1 to 7
  } rows[] = {
      {":nth-child(odd)", {1, 3, 5, 7}},
      {":nth-child(EVEN)", {2, 4, 6}},
      {":nth-child(3)", {3}},
      {":nth-child(n)", {1, 2, 3, 4, 5, 6, 7}},
      {":nth-child(2n+1)", {1, 3, 5, 7}},
      {":nth-child( 3n - 1 )", {2, 5}},
      {":nth-child(-n+3)", {1, 2, 3}},
      {":nth-child(+2n)", {2, 4, 6}},
      {":nth-child(0n+4)", {4}},
      {":nth-child(n+6)", {6, 7}},
      {":nth-child(-1)", {}},
      {":nth-child(-2n+5)", {1, 3, 5}},
  };
  for (const auto& row : rows) {
    auto parsed = ParseSelector(row.text);
    ASSERT_TRUE(parsed.ok()) << row.text << ": " << parsed.status();
    const NthTest& nth = (*parsed)[0].steps[0].compound.nths[0];
    std::vector<int> matching;
    for (int i = 1; i <= 7; ++i) {
      if (nth.Matches(i)) matching.push_back(i);
    }
    EXPECT_EQ(matching, row.matching) << row.text;
  }
}

TEST(Selector, TestsAttributesAsCssDoes) {  // Selectors section 6
  const struct {
    const char* selector;
    const char* value;
    bool matches;
  } rows[] = {
      {"[a]", "", true},
      {"[a=x]", "x", true},
      {"[a=x]", "X", false},
      {"[a=x i]", "X", true},
      {"[a=x s]", "X", false},
      {"[a~=x]", "y x z", true},
      {"[a~=x]", "xy", false},
      {"[a~='']", "", false},
      {"[a^=x]", "xy", true},
      {"[a^=x]", "yx", false},
      {"[a^='']", "x", false},
      {"[a$=x]", "yx", true},
      {"[a$='']", "x", false},
      {"[a*=x]", "yxz", true},
      {"[a*='']", "x", false},
      {"[a|=en]", "en-US", true},
      {"[a|=en]", "en", true},
      {"[a|=en]", "english", false},
      {"[a=\"x y\"]", "x y", true},
      {"[a='\\78']", "x", true},
      {"[a*=X i]", "axb", true},
  };
  for (const auto& row : rows) {
    auto parsed = ParseSelector(row.selector);
    ASSERT_TRUE(parsed.ok()) << row.selector << ": " << parsed.status();
    const auto& test = (*parsed)[0].steps[0].compound.attributes[0];
    EXPECT_EQ(test.Matches(row.value), row.matches) << row.selector << " " << row.value;
  }
}

TEST(Selector, ReadsNamesWithEscapes) {  // CSS Syntax section 4.3.7
  auto parsed = ParseSelector(".sm\\:w-1\\/2 #\\31 a");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ((*parsed)[0].steps[0].compound.attributes[0].value, "sm:w-1/2");
  EXPECT_EQ((*parsed)[0].steps[1].compound.attributes[0].value, "1a");
}

}  // namespace
}  // namespace terrella::runtime
