// Goal: the synthetic Internet has the shape it promises, and the same seed gives the same bytes.
// Goal of the footprint's tests: what was written comes back, anything else is refused.
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
  double people = 0;
  for (const net::City& city : TestHubs()->places().cities()) people += city.population;
  EXPECT_GT(internet->users(), 0.5 * people * 0.6);
  EXPECT_LT(internet->users(), people);
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

TEST(AsFootprint, GivesBackItsCellsAndRefusesDamage) {
  const Asn asn[] = {5, 9};
  const std::vector<Cell> cells[] = {
      {{.latitude_cdeg = -3392, .longitude_cdeg = 15121, .country = {'A', 'U'}, .users = 7}},
      {{.latitude_cdeg = 9000, .longitude_cdeg = -18000, .country = {'U', 'S'}, .users = 1},
       {.country = {'G', 'H'}, .users = 2}}};
  const std::vector<uint32_t> words = FootprintWords(asn, cells);
  const auto footprint = AsFootprint::FromWords(words);
  ASSERT_TRUE(footprint.ok()) << footprint.status();
  EXPECT_EQ((*footprint)->CellsOf(9).size(), 2u);
  EXPECT_EQ((*footprint)->CellsOf(5)[0].country_code(), "AU");
  EXPECT_NEAR((*footprint)->CellsOf(5)[0].at().latitude_deg, -33.92, 1e-9);
  EXPECT_TRUE((*footprint)->CellsOf(6).empty());
  const struct {
    size_t word;
    uint32_t value;
  } damages[] = {{0, 1},
                 {2, 3},
                 {3, 2},
                 {8, 9},
                 {9, 5},
                 {10, 1},
                 {11, 0},
                 {12, 4},
                 {13, 9001},
                 {14, 0x10000 | 'A'},
                 {14, 'a' | 'U' << 8},
                 {13, 0x8000u << 16},
                 {2, 0xffffffffu},
                 {3, 0xffffffffu}};
  for (const auto& damage : damages) {
    std::vector<uint32_t> bad = words;
    bad[damage.word] = damage.value;
    EXPECT_FALSE(AsFootprint::FromWords(bad).ok()) << damage.word << " " << damage.value;
  }
  for (size_t size = 0; size < words.size(); ++size) {
    EXPECT_FALSE(
        AsFootprint::FromWords({words.begin(), words.begin() + static_cast<long>(size)}).ok());
  }
}

}  // namespace
}  // namespace terrella::bgp
