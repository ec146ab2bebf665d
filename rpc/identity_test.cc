#include "rpc/identity.h"

#include <gtest/gtest.h>

namespace terrella::rpc {
namespace {

TEST(Identity, ComesBackFromItsUri) {
  for (const Identity& identity :
       {Identity::Node("world", "FRA"), Identity::Node("a-b_c.1", "fra.1"),
        Identity::Service("world", std::string(kControlPlane)),
        Identity::Service("world", std::string(kDnsRouter)), Identity::Operator("world")}) {
    const auto again = ParseIdentity(ToUri(identity));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, identity);
  }
  EXPECT_EQ(ToUri(Identity::Node("world", "FRA")), "edge://world/node/FRA");
  EXPECT_EQ(ToUri(Identity::Operator("world")), "edge://world/operator");
}

TEST(Identity, IsNothingElse) {
  for (const char* uri :
       {"", "edge://", "edge://world", "edge://world/", "edge:///operator", "EDGE://world/operator",
        "edge://world/operator/", "edge://world/node/", "edge://world/node/a/b",
        "edge://world/node/a b", "edge://world/service/thief", "edge://world/admin",
        "https://world/node/FRA", "edge://wor%6cd/operator", "edge://u@world/operator",
        "edge://world:1/operator", "edge://world/node/FRA?x", "edge://world/node/FRA#x"}) {
    EXPECT_FALSE(ParseIdentity(uri).ok()) << uri;
  }
  EXPECT_FALSE(ParseIdentity("edge://world/node/" + std::string(65, 'a')).ok());
}

}  // namespace
}  // namespace terrella::rpc
