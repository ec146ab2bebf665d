#include "edge_node/shard/routing_table.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

const RoutingTable& Table() {
  static const RoutingTable table({
      {"hello.edge.test/*", "hello"},
      {"edge.test/api/*", "api"},
      {"edge.test/api/v2/*", "api2"},
      {"edge.test/api/v2/exact", "exact"},
      {"*.edge.test/*", "wild"},
      {"*.deep.edge.test/*", "deep"},
      {"*.edge.test/only/*", "wild-only"},
      {"Other.Test/*", "other"},
      {"other.test/*", "second"},
      {"*/ping", "ping"},
      {"nonsense", "never"},
  });
  return table;
}

struct Case {
  const char* host;
  const char* target;
  const char* script;  // null: none
};

class RoutingTableCases : public ::testing::TestWithParam<Case> {};

TEST_P(RoutingTableCases, MostSpecificWins) {
  const Case& c = GetParam();
  const std::string* found = Table().Find(NormalizeHost(c.host), c.target);
  EXPECT_STREQ(found == nullptr ? nullptr : found->c_str(), c.script) << c.host << c.target;
}

INSTANTIATE_TEST_SUITE_P(
    Table, RoutingTableCases,
    ::testing::Values(
        Case{"hello.edge.test", "/", "hello"}, Case{"HELLO.edge.TEST:8080", "/x", "hello"},
        Case{"hello.edge.test.", "/x?y", "hello"},  // an absolute name
        Case{"edge.test", "/api/", "api"}, Case{"edge.test", "/api", nullptr},
        Case{"edge.test", "/api/v2/x", "api2"}, Case{"edge.test", "/api/v2/exact", "exact"},
        Case{"edge.test", "/api/v2/exact?q=1", "exact"},
        Case{"edge.test", "/api/v2/exact/", "api2"},
        Case{"edge.test", "/API/", nullptr},  // paths are bytes
        Case{"edge.test", "/", nullptr},      // "*." wants a label before it
        Case{"a.edge.test", "/", "wild"}, Case{"a.b.edge.test", "/", "wild"},
        Case{"a.edge.test", "/only/x", "wild-only"}, Case{"x.deep.edge.test", "/only/x", "deep"},
        Case{"deep.edge.test", "/", "wild"}, Case{"badedge.test", "/", nullptr},
        Case{"other.test", "/", "other"},  // the first of two equal patterns
        Case{"127.0.0.1:80", "/ping", "ping"}, Case{"[::1]:80", "/ping", "ping"},
        Case{"", "/ping", "ping"}, Case{"nowhere", "/", nullptr}, Case{"nonsense", "/", nullptr}));

TEST(NormalizeHost, KeepsIpv6AndCutsPorts) {
  EXPECT_EQ(NormalizeHost("[FD74::1]:8080"), "fd74::1");
  EXPECT_EQ(NormalizeHost("::1"), "::1");
  EXPECT_EQ(NormalizeHost("A.b:1"), "a.b");
  EXPECT_EQ(NormalizeHost("["), "");
}

TEST(RoutingTable, EmptyTableFindsNothing) {
  EXPECT_EQ(RoutingTable().Find("a", "/"), nullptr);
}

}  // namespace
}  // namespace terrella::edge
