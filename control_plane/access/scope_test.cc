#include "control_plane/access/scope.h"

#include <gtest/gtest.h>

namespace terrella::control {
namespace {

TEST(Scope, SaysWhatItWasReadFrom) {
  for (const char* text : {"admin", "script:shop:deploy", "script:*:read", "script:shop-*:deploy",
                           "kv:a:b:read", "kv:*:write", "route:www.example.com/shop/*", "route:*",
                           "dns:read", "dns:write", "node:drain", "node:sync", "network:read"}) {
    const auto scope = ParseScope(text);
    ASSERT_TRUE(scope.ok()) << scope.status();
    EXPECT_EQ(ScopeText(*scope), text);
  }
}

TEST(Scope, RefusesWhatIsNotOne) {
  for (const std::string& text :
       {std::string(), std::string("script"), std::string("script:shop"),
        std::string("script::read"), std::string("script:shop:write"), std::string("dns:x:read"),
        std::string("admin:x"), std::string("Script:shop:read"), std::string("kv:a b:read"),
        std::string("kv:a\nb:read"), std::string("route:"), std::string("route:a b"),
        "script:" + std::string(300, 'a') + ":read"}) {
    EXPECT_EQ(ParseScope(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Scope, GlobsCoverWhatTheyMatch) {
  struct Row {
    const char* glob;
    const char* text;
    bool matches;
  };
  constexpr Row kRows[] = {
      {"*", "", true},
      {"*", "shop", true},
      {"shop", "shop", true},
      {"shop", "shop2", false},
      {"shop-*", "shop-", true},
      {"shop-*", "shop", false},
      {"shop-*", "", false},
      {"*-dev", "a-dev", true},
      {"*-dev", "a-devx", false},
      {"a*b*c", "aXbYc", true},
      {"a*b*c", "acb", false},
      {"a*b*c", "abbc", true},
      {"**", "x", true},
      {"", "", true},
      {"", "x", false},
      {"?", "x", false},
      {"[a]", "a", false},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(GlobMatches(row.glob, row.text), row.matches) << row.glob << " " << row.text;
  }
}

TEST(Scope, AGlobOfManyStarsTakesNoTime) {
  std::string glob;
  for (int i = 0; i < 100; ++i) glob += "*a";
  EXPECT_FALSE(GlobMatches(glob + "b", std::string(10'000, 'a')));
}

TEST(Scope, WhatChangesAlsoReadsAndNeverTheOtherWay) {
  const auto covers = [](const char* text, Grant needed, const char* resource) {
    return Covers(*ParseScope(text), needed, resource);
  };
  EXPECT_TRUE(covers("script:shop:deploy", Grant::kScriptRead, "shop"));
  EXPECT_FALSE(covers("script:shop:read", Grant::kScriptDeploy, "shop"));
  EXPECT_FALSE(covers("script:shop:deploy", Grant::kScriptDeploy, "blog"));
  EXPECT_FALSE(covers("script:shop:deploy", Grant::kScriptRead, ""));
  EXPECT_TRUE(covers("script:*:read", Grant::kScriptRead, ""));
  EXPECT_TRUE(covers("kv:a:write", Grant::kKvRead, "a"));
  EXPECT_FALSE(covers("kv:*:write", Grant::kScriptDeploy, "a"));
  EXPECT_FALSE(covers("node:drain", Grant::kNodeSync, "FRA"));
  EXPECT_FALSE(covers("node:sync", Grant::kNodeDrain, "FRA"));
  EXPECT_TRUE(covers("node:drain", Grant::kNetworkRead, ""));
  EXPECT_TRUE(covers("dns:read", Grant::kKnown, ""));
  for (const Grant all :
       {Grant::kScriptDeploy, Grant::kKvWrite, Grant::kDnsWrite, Grant::kNodeDrain,
        Grant::kNodeSync, Grant::kNetworkRead, Grant::kAdmin}) {
    EXPECT_TRUE(covers("admin", all, "x"));
    EXPECT_EQ(covers("script:*:deploy", all, "x"), all == Grant::kScriptDeploy);
  }
}

}  // namespace
}  // namespace terrella::control
