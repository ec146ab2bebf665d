#include "bundle/names.h"

#include <gtest/gtest.h>

namespace terrella::bundle {
namespace {

TEST(Names, RoutesHaveOneForm) {
  const std::pair<const char*, const char*> good[] = {
      {"Hello.Edge.test", "hello.edge.test/*"},
      {"a.test/*", "a.test/*"},
      {"*/*", "*/*"},
      {"*.a.test/x/*", "*.a.test/x/*"},
      {"a.test/X", "a.test/X"},
      {"*", "*/*"},
      {"a.test/", "a.test/"},
      {"*.edge.test/api/*", "*.edge.test/api/*"},
      {"host", "host/*"},
  };
  for (const auto& [in, out] : good) {
    auto route = NormalizeRoute(in);
    ASSERT_TRUE(route.ok()) << in;
    EXPECT_EQ(*route, out);
    EXPECT_EQ(*NormalizeRoute(*route), out);
  }
  for (const char* bad : {"", "/", "/x", "http://a.test/", "a.test:80/", "a..test/", "*a.test/",
                          "a.*.test/", "a.test/*x", "a.test/?q", "a.test/ b", "-a.test/", "a_b/",
                          "/*", "a*b.test/*", "a/*/b", "*.*/x"}) {
    EXPECT_FALSE(NormalizeRoute(bad).ok()) << bad;
  }
}

TEST(Names, AScriptIsALabel) {
  for (const char* good : {"a", "hello-2", "0x", "a--b"}) EXPECT_TRUE(CheckScriptName(good).ok());
  EXPECT_TRUE(CheckScriptName(std::string(63, 'a')).ok());
  for (const char* bad : {"", "A", "-a", "a-", "a.b", "a b", "a/b", "\xc3\xa4"}) {
    EXPECT_FALSE(CheckScriptName(bad).ok()) << bad;
  }
  EXPECT_FALSE(CheckScriptName(std::string(64, 'a')).ok());
}

TEST(Names, ABindingIsAnIdentifier) {
  for (const char* good : {"A", "_", "$x1", "myVar"}) EXPECT_TRUE(CheckBindingName(good).ok());
  for (const char* bad : {"", "1A", "a b", "a-b", "\xc3\xa4"}) {
    EXPECT_FALSE(CheckBindingName(bad).ok()) << bad;
  }
  EXPECT_TRUE(CheckBindingName(std::string(128, 'a')).ok());
  EXPECT_FALSE(CheckBindingName(std::string(129, 'a')).ok());
}

TEST(Names, ADateHasTenPlaces) {
  EXPECT_TRUE(CheckCompatibilityDate("2026-01-31").ok());
  for (const char* bad : {"", "soon", "2026-1-31", "2026-01-3x", "2026/01/31", "2026-01-311"}) {
    EXPECT_FALSE(CheckCompatibilityDate(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace terrella::bundle
