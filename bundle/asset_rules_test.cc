#include "bundle/asset_rules.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

TEST(HeadersFile, SetsAndTakesFields) {
  const auto rules = ParseHeadersFile(
      "# all\r\n/*\r\n  X-Frame-Options: DENY\n  ! ETag\n\n"
      "https://:who.test/a/:b\nLink: </:b.css>; rel=preload\n",
      "_headers");
  ASSERT_TRUE(rules.ok()) << rules.status();
  ASSERT_EQ(rules->size(), 2u);
  EXPECT_EQ((*rules)[0].pattern(), "/*");
  EXPECT_EQ((*rules)[0].set(0).name(), "x-frame-options");
  EXPECT_EQ((*rules)[0].set(0).value(), "DENY");
  EXPECT_EQ((*rules)[0].unset(0), "etag");
  EXPECT_EQ((*rules)[1].set(0).value(), "</:b.css>; rel=preload");
}

TEST(HeadersFile, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string, const char*> kRows[] = {
      {"x: y", "f:1: expected a path before the first header"},
      {"/a\n b c", "f:2: expected 'Name: value', '! Name' or a path, found 'b c'"},
      {"/a\n x:", "f:2: the header has no value"},
      {"/a\n x y: z", "f:2: 'x y' is not the name of a header"},
      {"/a\n Content-Length: 3", "f:2: 'content-length' is set by the node alone"},
      {"/a\n x: a\x01", "f:2: a value has no control characters"},
      {"/a\n/b\n x: y", "f:2: the path before this one, '/a', has no headers"},
      {"/a", "f: the last path, '/a', has no headers"},
      {"/*/*\n x: y", "f:1: '/*/*': only one '*', and each :name once; '*' is called :splat"},
      {"/" + std::string(2000, 'a'), "f:1: the line has 2001 bytes; at most 2000 are allowed"},
  };
  for (const auto& [text, want] : kRows) {
    EXPECT_EQ(Message(ParseHeadersFile(text, "f").status()), want) << text;
  }
  std::string many;
  for (int i = 0; i <= 100; ++i) many += fmt::format("/{}\n x: y\n", i);
  EXPECT_EQ(Message(ParseHeadersFile(many, "f").status()), "f:201: more than 100 paths");
}

TEST(RedirectsFile, ReadsFromToAndStatus) {
  const auto rules = ParseRedirectsFile(
      "/a /b\n/old/:p https://x.test/:p#top 301\n# note\n/app/* /app/index.html 200\n", "f");
  ASSERT_TRUE(rules.ok()) << rules.status();
  ASSERT_EQ(rules->size(), 3u);
  EXPECT_EQ((*rules)[0].status(), 302u);
  EXPECT_EQ((*rules)[1].to(), "https://x.test/:p#top");
  EXPECT_EQ((*rules)[2].status(), 200u);
}

TEST(RedirectsFile, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string, const char*> kRows[] = {
      {"\n/a", "f:2: expected a path, where it is sent and perhaps a status, found 1 word"},
      {"/a /b 404", "f:1: the status is 200, 301, 302, 303, 307 or 308, found '404'"},
      {"a /b", "f:1: 'a': what is redirected is a path that begins with '/'"},
      {"https://h/a /b", "f:1: 'https://h/a': what is redirected is a path that begins with '/'"},
      {"/a?x /b", "f:1: '/a?x': a path has neither a query nor a fragment"},
      {"/a //evil", "f:1: '//evil': expected a path or a URL of http: or https:"},
      {"/a javascript:1", "f:1: 'javascript:1': expected a path or a URL of http: or https:"},
      {"/a https://x/ 200",
       "f:1: 'https://x/': with status 200 only a path of this site can answer"},
      {"/a /b\n/a /c", "f:2: '/a' is redirected twice"},
  };
  for (const auto& [text, want] : kRows) {
    EXPECT_EQ(Message(ParseRedirectsFile(text, "f").status()), want) << text;
  }
  std::string many;
  for (int i = 0; i <= 100; ++i) many += fmt::format("/{}/* /x\n", i);
  EXPECT_EQ(Message(ParseRedirectsFile(many, "f").status()),
            "f:101: more than 100 redirects with names or '*'");
}

}  // namespace
}  // namespace terrella::bundle
