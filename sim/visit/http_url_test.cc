#include "sim/visit/http_url.h"

#include <gtest/gtest.h>

namespace terrella::sim {
namespace {

TEST(HttpUrl, TakesItApart) {
  const auto url = ParseHttpUrl("http://Hello.Edge.test:8080/a/b?c=d#e");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "hello.edge.test");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(url->authority(), "hello.edge.test:8080");
  EXPECT_FALSE(url->secure);
  EXPECT_TRUE(ParseHttpUrl("https://hello.edge.test/")->secure);
}

TEST(HttpUrl, SchemeAndPathMayBeLeftOut) {
  EXPECT_EQ(ParseHttpUrl("hello.edge.test")->target, "/");
  EXPECT_EQ(ParseHttpUrl("hello.edge.test?x")->target, "/?x");
  EXPECT_EQ(ParseHttpUrl("hello.edge.test")->authority(), "hello.edge.test");
}

TEST(HttpUrl, RefusesWhatItCannotMean) {
  for (const char* bad :
       {"", "ftp://x", "httpss://x", "http://", "http://:80/", "http://x:0/", "http://x:99999/",
        "http://x:8a/", "http://a b/", "http://x/\r\ny", "http://user@x/", "http://[::1]/"}) {
    EXPECT_EQ(ParseHttpUrl(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace terrella::sim
