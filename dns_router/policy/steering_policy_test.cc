#include "dns_router/policy/steering_policy.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::dns {
namespace {

TEST(ParsePolicies, ReadsAWholeChain) {
  const auto policies = ParsePolicies(R"(
[[policy]]
names = ["shop.edge.test", "*.Shop.edge.test"]
steps = ["up", "only FRA,LHR,CDG", "geo", "latency 20", "shed 0.7 0.9", "weighted", "first 2"]
weights = { FRA = 3, LHR = 0 }
ttl_s = 30
otherwise = "nearest"

[[policy]]
names = "docs.edge.test"
steps = ["up", "failover LHR,FRA"]
)",
                                      "dns.toml");
  ASSERT_TRUE(policies.ok()) << policies.status();
  ASSERT_EQ(policies->size(), 2u);
  const SteeringPolicy& shop = (*policies)[0];
  EXPECT_EQ(shop.names, (std::vector<std::string>{"shop.edge.test", "*.shop.edge.test"}));
  ASSERT_EQ(shop.steps.size(), 7u);
  EXPECT_EQ(shop.steps[1].nodes, (std::vector<std::string>{"FRA", "LHR", "CDG"}));
  EXPECT_EQ(shop.steps[3].high, 20);
  EXPECT_EQ(shop.steps[4].low, 0.7);
  EXPECT_EQ(shop.steps[6].count, 2u);
  EXPECT_EQ(shop.weights.at("FRA"), 3);
  EXPECT_EQ(shop.ttl_s, 30u);
  EXPECT_TRUE(shop.otherwise_nearest);
  EXPECT_FALSE((*policies)[1].otherwise_nearest);
}

TEST(ParsePolicies, TakesUpBehindStepsThatLeaveTheSameNodesEverywhere) {
  for (const char* before : {"only FRA", "failover FRA,LHR", "latency"}) {
    const auto policies = ParsePolicies(
        fmt::format("[[policy]]\nnames = \"a.edge.test\"\nsteps = [\"{}\", \"up\"]\n", before),
        "dns.toml");
    EXPECT_TRUE(policies.ok()) << policies.status();
  }
}

TEST(ParsePolicies, SaysWhereAndWhatWasExpected) {
  const struct {
    const char* body;  // behind names
    const char* complaint;
  } cases[] = {
      {"steps = [\"upp\"]", "expected up, only, geo"},
      {"steps = [\"latency 5\"]", "expected 'up' among the steps"},
      {"steps = [\"up\", \"weighted\", \"geo\"]", "only 'first' may stand behind 'weighted'"},
      {"steps = [\"latency 20\", \"up\"]", "expected 'up' in front of 'latency 20'"},
      {"steps = [\"geo\", \"up\"]", "expected 'up' in front of 'geo'"},
      {"steps = [\"only A\", \"first 1\", \"up\"]", "expected 'up' in front of 'first 1'"},
      {"steps = [\"shed 0.7 0.9\", \"up\"]", "expected 'up' in front of 'shed 0.7 0.9'"},
      {"steps = [\"up\", \"first 0\"]", "expected 1 to 64"},
      {"steps = [\"up\", \"first 65\"]", "expected 1 to 64"},
      {"steps = [\"up\", \"shed 0.9 0.7\"]", "expected two loads"},
      {"steps = [\"up\", \"shed 0.9\"]", "expected two loads"},
      {"steps = [\"up\", \"only\"]", "expected nodes"},
      {"steps = [\"up\", \"only FRA,,LHR\"]", "expected nodes"},
      {"steps = [\"up 1\"]", "takes nothing"},
      {"steps = [\"up\", \"latency fast\"]", "expected milliseconds"},
      {"steps = [\"up\"]\notherwise = \"maybe\"", "expected \"nodata\" or \"nearest\""},
      {"steps = [\"up\"]\nweights = { FRA = -1 }", "expected 0 to 1000"},
      {"steps = [\"up\"]\nttl = 3", "ttl_s"},
      {"steps = [\"up\"]\n[[policy]]\nnames = \"a.edge.test\"\nsteps = [\"up\"]",
       "has another policy already"},
  };
  for (const auto& c : cases) {
    const std::string text = std::string("[[policy]]\nnames = [\"a.edge.test\"]\n") + c.body + "\n";
    const auto policies = ParsePolicies(text, "dns.toml");
    ASSERT_FALSE(policies.ok()) << c.body;
    EXPECT_EQ(Message(policies.status()).rfind("dns.toml:", 0), 0u) << policies.status();
    EXPECT_NE(Message(policies.status()).find(c.complaint), std::string::npos)
        << policies.status() << " for " << c.body;
  }
}

}  // namespace
}  // namespace terrella::dns
