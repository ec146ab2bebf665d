#include "bundle/path_pattern.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

TEST(PathPattern, CapturesNamesAndTheRest) {
  const struct {
    const char *pattern, *host, *path, *text, *want;  // want: "" when it does not match
  } kRows[] = {
      {"/a", "h", "/a", "yes", "yes"},
      {"/a", "h", "/a/", "yes", ""},
      {"/blog/:slug", "h", "/blog/x.y", "[:slug]", "[x.y]"},
      {"/blog/:slug", "h", "/blog/x/y", "[:slug]", ""},
      {"/blog/:slug", "h", "/blog/", "[:slug]", ""},
      {"/news/*", "h", "/news/", "[:splat]", "[]"},
      {"/news/*", "h", "/news/a/b", "[:splat]", "[a/b]"},
      {"/*/end", "h", "/a/end/b/end", "[:splat]", "[a/end/b]"},
      {"/:a/:b", "h", "/1/2", ":b-:a-:c-:ab", "2-1-:c-:ab"},
      {"/a:", "h", "/a:", ":", ":"},
      {"/:1", "h", "/:1", "y", "y"},
      {"https://:sub.test/:file", "www.test", "/x.png", ":sub :file", "www x.png"},
      {"https://:sub.test/*", "a.b.test", "/", "y", ""},
      {"https://h.test/*", "h.test", "/p/q", ":splat", "p/q"},
  };
  for (const auto& row : kRows) {
    const auto pattern = PathPattern::Parse(row.pattern);
    if (!pattern.ok()) {
      EXPECT_STREQ(row.want, "") << pattern.status();
      continue;
    }
    const auto captures = pattern->Match(row.host, row.path);
    EXPECT_EQ(captures ? Substitute(row.text, *captures) : "", row.want)
        << row.pattern << " " << row.path;
  }
}

TEST(PathPattern, RefusesWhatCannotBeMeant) {
  for (const char* bad : {"", "a", "https://host", "/*/*", "/:a/:a", "/:splat/*", "http://h/"}) {
    EXPECT_FALSE(PathPattern::Parse(bad).ok()) << bad;
  }
}

TEST(PathPattern, APatternThatAlmostFitsCostsLittle) {
  auto pattern = PathPattern::Parse("/:a-:b-:c-:d-:e-:f-:g-:h-*x");
  ASSERT_TRUE(pattern.ok());
  EXPECT_FALSE(pattern->Match("h", "/" + std::string(4000, '-')).has_value());
}

}  // namespace
}  // namespace terrella::bundle
