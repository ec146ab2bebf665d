#include "bundle/dev_vars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(DevVars, ReadsPlainAndQuotedValues) {
  auto vars = ParseDevVars(
      "\xEF\xBB\xBF# comment\n\nA=1\n  B = two words  # not this\r\nexport C='a#b'\n"
      "D=\"x\\ny \\\"z\\\"\"\nE=`'\"`\nF=\nG=a=b\nH=\"two\nlines\" # ok\nA=last",
      "f");
  ASSERT_TRUE(vars.ok()) << vars.status();
  EXPECT_THAT(*vars, ElementsAre(Pair("B", "two words"), Pair("C", "a#b"), Pair("D", "x\ny \"z\""),
                                 Pair("E", "'\""), Pair("F", ""), Pair("G", "a=b"),
                                 Pair("H", "two\nlines"), Pair("A", "last")));
}

TEST(DevVars, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> kCases[] = {
      {"A=1\nnothing\n", "f:2:1: expected NAME=value"},
      {"=1", "f:1:1: '' is not a name for env: use letters, digits, '_' and '$'"},
      {"A-B=1", "f:1:1: 'A-B' is not a name for env: use letters, digits, '_' and '$'"},
      {"A='open\nB=1", "f:1:3: the value's ' is not closed"},
      {"A='x\ny' z", "f:2:4: expected the end of the line after the quoted value"},
      {"A=\xff", "f:1:3: the value is not UTF-8"},
  };
  for (const auto& [text, want] : kCases) {
    EXPECT_EQ(Message(ParseDevVars(text, "f").status()), want) << text;
  }
}

}  // namespace
}  // namespace terrella::bundle
