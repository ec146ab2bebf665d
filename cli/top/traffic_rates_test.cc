// Rates of one router, of several, and of one that started anew.
#include "cli/top/traffic_rates.h"

#include <gtest/gtest.h>

namespace terrella::cli {
namespace {

v1::GetTrafficResponse Answer(double uptime_s, uint64_t queries, uint64_t refused,
                              uint64_t serial = 1) {
  v1::GetTrafficResponse out;
  out.set_instance("dns-1");
  out.set_zone("edge.test");
  out.set_uptime_s(uptime_s);
  out.set_view_serial(serial);
  out.set_queries(queries);
  if (refused > 0) {
    auto& count = *out.add_rcodes();
    count.set_what("REFUSED");
    count.set_count(refused);
  }
  auto& node = *out.add_nodes();
  node.set_node("FRA");
  node.set_state(serial == 1 ? v1::NODE_STATE_READY : v1::NODE_STATE_DOWN);
  node.set_answers(queries - refused);
  auto& name = *out.add_names();
  name.set_what("a.edge.test");
  name.set_per_s(7);
  name.set_per_s_error(1);
  return out;
}

TEST(TrafficRates, AreDifferencesOverTheTimeBetween) {
  const TrafficRates rates = RatesBetween(Answer(10, 100, 0), Answer(12, 300, 20));
  EXPECT_EQ(rates.queries_per_s, 100);
  EXPECT_EQ(rates.rcodes.at("REFUSED"), 10);
  EXPECT_EQ(rates.nodes.at("FRA").answers_per_s, 90);
  EXPECT_EQ(rates.names.at("a.edge.test").per_s, 7) << "is a rate already";
}

TEST(TrafficRates, OfARouterThatStartedAnewAreSinceItsStart) {
  const TrafficRates rates = RatesBetween(Answer(1000, 5'000'000, 7), Answer(0.5, 50, 0));
  EXPECT_EQ(rates.queries_per_s, 100);
  EXPECT_EQ(rates.nodes.at("FRA").answers_per_s, 100);
}

TEST(TrafficRates, AddUpAndBelieveTheNewestView) {
  TrafficRates sum;
  Add(sum, RatesBetween(Answer(1, 0, 0, 2), Answer(2, 10, 0, 2)));
  Add(sum, RatesBetween(Answer(1, 0, 0, 1), Answer(2, 30, 0, 1)));
  EXPECT_EQ(sum.routers.size(), 2u);
  EXPECT_EQ(sum.queries_per_s, 40);
  EXPECT_EQ(sum.view_serial, 2u);
  EXPECT_EQ(sum.nodes.at("FRA").state, v1::NODE_STATE_DOWN);
  EXPECT_EQ(sum.nodes.at("FRA").answers_per_s, 40);
  EXPECT_EQ(sum.names.at("a.edge.test").per_s, 14);
  EXPECT_EQ(sum.names.at("a.edge.test").per_s_error, 2);
}

TEST(TrafficRates, RankByWhatIsCertain) {
  const std::map<std::string, TrafficRates::Item> items = {
      {"flood", {100, 99}}, {"steady", {50, 1}}, {"tie", {50, 1}}};
  const auto ranked = Ranked(items);
  EXPECT_EQ(ranked[0].first, "steady");
  EXPECT_EQ(ranked[1].first, "tie");
  EXPECT_EQ(ranked[2].first, "flood");
}

}  // namespace
}  // namespace terrella::cli
