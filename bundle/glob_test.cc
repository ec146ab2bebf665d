#include "bundle/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace terrella::bundle {
namespace {

TEST(Glob, MatchesPathsBySegments) {
  const struct {
    const char* pattern;
    const char* path;
    bool matches;
  } kCases[] = {
      {"**/*.html", "a.html", true},
      {"**/*.html", "x/y/a.html", true},
      {"**/*.html", "a.htm", false},
      {"*.html", "x/a.html", false},
      {"./src/*.txt", "src/a.txt", true},
      {"src/**", "src/a/b", true},
      {"src/**/*.js", "src/a.js", true},
      {"src/**/b/*.js", "src/a/b/c.js", true},
      {"a?c", "abc", true},
      {"a?c", "a/c", false},
      {"**/*.{sql,md}", "x/a.md", true},
      {"{a,b}/{c,d}", "b/c", true},
      {"{a,b}/{c,d}", "b/e", false},
      {"a{", "a{", true},
      {"", "", true},
      {"*", "", true},
  };
  for (const auto& c : kCases)
    EXPECT_EQ(MatchesGlob(c.pattern, c.path), c.matches) << c.pattern << " " << c.path;
}

TEST(Glob, GivesUpOnPatternsThatWouldTakeForEver) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesGlob(pattern + "b", std::string(200, 'a')));
}

TEST(Glob, KnowsTheExtensionOfItsMatches) {
  EXPECT_EQ(ExtensionOfGlob("**/*.html"), ".html");
  EXPECT_EQ(ExtensionOfGlob("a/b.tar.gz"), ".gz");
  EXPECT_EQ(ExtensionOfGlob("**/*.*"), "");
  EXPECT_EQ(ExtensionOfGlob("**/*.{a,b}"), "");
  EXPECT_EQ(ExtensionOfGlob("x.d/y"), "");
}

}  // namespace
}  // namespace terrella::bundle
