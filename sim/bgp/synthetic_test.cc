// Goal: the synthetic Internet has the shape it promises, and the same seed gives the same bytes.
#include "sim/bgp/synthetic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "sim/bgp/routes.h"
#include "sim/bgp/test_world.h"

namespace terrella::bgp {
namespace {

TEST(Synthetic, HasTheShapeOfTheInternet) {
  const Synthetic made = MakeSynthetic(*TestHubs(), {.ases = 8'000, .seed = 2});
  const AsGraph& graph = *made.graph;
  ASSERT_EQ(graph.size(), 8'000u);
  double without_provider = 0, without_customer = 0, one_provider = 0, one_cell = 0;
  for (AsId as = 0; as < graph.size(); ++as) {
    without_provider += graph.Providers(as).empty();
    without_customer += graph.Customers(as).empty();
    one_provider += graph.Providers(as).size() == 1;
    one_cell += made.footprint->CellsOf(graph.AsnOf(as)).size() == 1;
  }
  const double count = static_cast<double>(graph.size());
  EXPECT_NEAR(without_provider / count, 0.006, 0.002);
  EXPECT_NEAR(without_customer / count, 0.84, 0.05);
  EXPECT_NEAR(one_provider / count, 0.42, 0.03);
  EXPECT_NEAR(one_cell / count, 0.64, 0.03);
  EXPECT_NEAR(static_cast<double>(graph.peer_links()) / static_cast<double>(graph.provider_links()),
              2.06, 0.05);

  RoutePropagator propagator(graph);
  CounterRandom random(1);
  double hops = 0, reached = 0;
  for (int i = 0; i < 50; ++i) {
    const Seed seed{.as = static_cast<AsId>(random.Below(graph.size()))};
    const RouteTable table = propagator.Run({&seed, 1});
    for (AsId as = 0; as < graph.size(); ++as) {
      if (table.Reaches(as)) hops += table.LengthOf(as);
    }
    reached += static_cast<double>(table.CountReached());
  }
  EXPECT_GT(reached / (50 * count), 0.99);
  EXPECT_GE(hops / reached, 3.0);
  EXPECT_LE(hops / reached, 3.8);
}

TEST(Synthetic, GivesEveryCityItsUsers) {
  const auto internet = TestInternet();
  double users = 0;
  for (const net::City& city : TestHubs()->places().cities()) users += city.users;
  EXPECT_GT(internet->users(), 0.4 * users);  // not every city has one of these few networks
  EXPECT_LE(internet->users(), users);
  for (const Stop& stop : internet->stops()) {
    ASSERT_TRUE(std::isfinite(stop.access_ms) && stop.access_ms >= 0);
    ASSERT_TRUE(stop.users == 0 || stop.access_ms > 0);
  }
}

TEST(Synthetic, IsTheSameForTheSameSeedOnly) {
  const auto words = [](uint64_t seed) {
    const Synthetic made = MakeSynthetic(*TestHubs(), {.ases = 600, .seed = seed});
    std::vector<uint64_t> out;
    for (AsId as = 0; as < made.graph->size(); ++as) {
      for (const AsId provider : made.graph->Providers(as)) out.push_back(provider);
      for (const AsId peer : made.graph->Peers(as)) out.push_back(peer);
      for (const Cell& cell : made.footprint->CellsOf(made.graph->AsnOf(as))) {
        out.push_back(cell.users);
      }
    }
    return out;
  };
  EXPECT_EQ(words(7), words(7));
  EXPECT_NE(words(7), words(8));
}

}  // namespace
}  // namespace terrella::bgp
