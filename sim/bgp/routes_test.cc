// Goal: the three phases give the routes that the rules of Gao and Rexford ask for.
// Method: small graphs whose answer can be seen, then the fixed point of a slow reference in which
// each AS chooses among whole paths its neighbours tell it, on a thousand random graphs.
#include "sim/bgp/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "base/status.h"
#include "sim/bgp/test_graph.h"

namespace terrella::bgp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Row {
  RouteClass route_class;
  int length;
  bool operator==(const Row&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << static_cast<int>(row.route_class) << "/" << row.length;
}
constexpr Row kNothing{RouteClass::kNone, kUnreachable};

class Net {
 public:
  explicit Net(std::string_view text) : graph_(GraphOf(text)) {}
  Seed At(Asn asn, RouteClass route_class, int length, bool exported = true) const {
    return {.as = *graph_->Find(asn),
            .route_class = route_class,
            .length = static_cast<uint8_t>(length),
            .exported = exported};
  }
  Seed Origin(Asn asn) const { return At(asn, RouteClass::kOrigin, 0); }
  void Announce(std::vector<Seed> seeds) { table_ = RoutePropagator(*graph_).Run(seeds); }
  Row Of(Asn asn) const {
    const AsId as = *graph_->Find(asn);
    return {table_.ClassOf(as), table_.LengthOf(as)};
  }
  std::vector<Asn> NextHops(Asn asn) const {
    std::vector<Asn> out;
    table_.ForEachNextHop(*graph_, *graph_->Find(asn),
                          [&](AsId next) { out.push_back(graph_->AsnOf(next)); });
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  std::shared_ptr<const AsGraph> graph_;
  RouteTable table_;
};

TEST(Routes, PreferCustomersToPeersToProvidersWhateverTheLength) {
  // 9 is reached from 1 by a customer in three steps, by a peer in one more, by a provider in two.
  Net net("1|2|-1\n2|3|-1\n3|9|-1\n1|4|0\n4|9|-1\n5|1|-1\n5|9|-1\n6|9|0\n6|7|0\n8|6|-1");
  net.Announce({net.Origin(9)});
  EXPECT_EQ(net.Of(1), (Row{RouteClass::kCustomer, 3}));
  EXPECT_EQ(net.Of(6), (Row{RouteClass::kPeer, 1}));
  EXPECT_EQ(net.Of(9), (Row{RouteClass::kOrigin, 0}));
  EXPECT_EQ(net.Of(7), kNothing) << "a peer's route is not told to a peer (valley-free)";
  EXPECT_EQ(net.Of(8), kNothing) << "nor to a provider";
  EXPECT_THAT(net.NextHops(1), ElementsAre(2));
  EXPECT_THAT(net.NextHops(9), IsEmpty());
}

TEST(Routes, KeepAllEquallyGoodNextHops) {
  Net net("1|9|-1\n2|9|-1\n3|9|-1\n1|5|-1\n2|5|-1\n4|5|-1\n3|4|-1");
  net.Announce({net.Origin(9)});
  EXPECT_EQ(net.Of(5), (Row{RouteClass::kProvider, 2}));
  EXPECT_THAT(net.NextHops(5), ElementsAre(1, 2));
}

TEST(Routes, APrependedSessionLosesToAShorterOneOfTheSameClassOnly) {
  Net net("1|3|-1\n2|3|-1\n1|2|0");
  net.Announce({net.At(1, RouteClass::kCustomer, 1), net.At(2, RouteClass::kCustomer, 4)});
  EXPECT_EQ(net.Of(2), (Row{RouteClass::kCustomer, 4})) << "class before length";
  EXPECT_EQ(net.Of(3), (Row{RouteClass::kProvider, 2}));
  EXPECT_THAT(net.NextHops(3), ElementsAre(1));
  EXPECT_THAT(net.NextHops(2), IsEmpty());
}

TEST(Routes, ASessionThatIsNotExportedServesItsAsAlone) {
  Net net("1|2|-1\n1|3|0\n4|1|-1\n4|2|-1");
  net.Announce({net.At(1, RouteClass::kCustomer, 1, false)});
  EXPECT_EQ(net.Of(1), (Row{RouteClass::kCustomer, 1}));
  for (const Asn other : {2, 3, 4}) EXPECT_EQ(net.Of(other), kNothing) << other;
  // A shorter path through a customer wins over the silent session, and is passed on.
  net.Announce({net.At(1, RouteClass::kCustomer, 5, false), net.At(2, RouteClass::kCustomer, 1)});
  EXPECT_EQ(net.Of(1), (Row{RouteClass::kCustomer, 2}));
  EXPECT_EQ(net.Of(3), (Row{RouteClass::kPeer, 3}));
  // A longer one does not: 1 keeps its own, and 3 hears nothing.
  net.Announce({net.At(1, RouteClass::kCustomer, 1, false), net.At(2, RouteClass::kCustomer, 1)});
  EXPECT_EQ(net.Of(1), (Row{RouteClass::kCustomer, 1}));
  EXPECT_EQ(net.Of(3), kNothing);
  EXPECT_EQ(net.Of(4), (Row{RouteClass::kCustomer, 2})) << "2 exports its own";
  EXPECT_THAT(net.NextHops(4), ElementsAre(2));
}

TEST(Routes, EndWhereAPathGetsLongerThanRoutersTake) {
  std::string up, down;
  for (Asn i = 1; i < 400; ++i) up += fmt::format("{}|{}|-1\n", i, i + 1);
  Net chain(up);
  chain.Announce({chain.Origin(400)});
  EXPECT_EQ(chain.Of(400 - 254), (Row{RouteClass::kCustomer, 254}));
  EXPECT_EQ(chain.Of(400 - 255), kNothing);
  chain.Announce({chain.Origin(1)});
  EXPECT_EQ(chain.Of(255), (Row{RouteClass::kProvider, 254}));
  EXPECT_EQ(chain.Of(256), kNothing);
}

TEST(Routes, AnEmptyAnnouncementReachesNobody) {
  Net net("1|2|-1");
  net.Announce({});
  EXPECT_EQ(net.Of(1), kNothing);
}

// The reference: each AS looks at what its neighbours tell it until nobody changes his mind.
class Reference {
 public:
  Reference(const AsGraph& graph, std::span<const Seed> seeds) : graph_(graph), seeds_(seeds) {
    best_.resize(graph.size());
    for (bool changed = true; changed;) {
      changed = false;
      for (AsId as = 0; as < graph.size(); ++as) {
        const Choice choice = Choose(as);
        changed |= choice != best_[as];
        best_[as] = choice;
      }
    }
  }
  Row Of(AsId as) const { return {best_[as].route_class, best_[as].length}; }
  const std::vector<AsId>& NextHops(AsId as) const { return best_[as].from; }

 private:
  struct Choice {
    RouteClass route_class = RouteClass::kNone;
    int length = kUnreachable;
    bool exported = false;
    std::vector<AsId> from;
    bool operator==(const Choice&) const = default;
  };
  static void Consider(RouteClass route_class, int length, bool exported, std::optional<AsId> from,
                       Choice& best) {
    const auto mine = std::pair(route_class, length),
               his = std::pair(best.route_class, best.length);
    if (mine > his) return;
    if (mine < his) best = {.route_class = route_class, .length = length};
    best.exported |= exported;
    if (from) best.from.push_back(*from);
  }
  Choice Choose(AsId as) const {
    Choice best;
    for (const Seed& seed : seeds_) {
      if (seed.as == as) Consider(seed.route_class, seed.length, seed.exported, {}, best);
    }
    const auto hear = [&](std::span<const AsId> neighbours, RouteClass learned) {
      for (const AsId from : neighbours) {
        const Choice& his = best_[from];
        if (!his.exported) continue;
        if (learned != RouteClass::kProvider && his.route_class > RouteClass::kCustomer) continue;
        Consider(learned, his.length + 1, true, from, best);
      }
    };
    hear(graph_.Customers(as), RouteClass::kCustomer);
    hear(graph_.Peers(as), RouteClass::kPeer);
    hear(graph_.Providers(as), RouteClass::kProvider);
    return best;
  }

  const AsGraph& graph_;
  std::span<const Seed> seeds_;
  std::vector<Choice> best_;
};

TEST(Routes, EqualASlowReferenceOnAThousandRandomGraphs) {
  size_t reached = 0, classes[3] = {}, silent = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    CounterRandom random(seed, 1);
    const RandomGraphOptions options{.ases = static_cast<uint32_t>(1 + random.Below(60)),
                                     .provider_share = 0.02 + 0.2 * random.Uniform(),
                                     .peer_share = 0.3 * random.Uniform()};
    const auto graph = RandomGraph(seed, options);
    std::vector<Seed> seeds;
    if (seed % 2 == 0) {
      seeds.push_back({.as = static_cast<AsId>(random.Below(graph->size()))});
    } else {
      for (uint64_t n = 1 + random.Below(8); n > 0; --n) {
        seeds.push_back({.as = static_cast<AsId>(random.Below(graph->size())),
                         .route_class = random.Below(2) ? RouteClass::kPeer : RouteClass::kCustomer,
                         .length = static_cast<uint8_t>(1 + random.Below(4)),
                         .exported = random.Below(4) != 0});
      }
    }
    const RouteTable table = RoutePropagator(*graph).Run(seeds);
    const Reference reference(*graph, seeds);
    for (AsId as = 0; as < graph->size(); ++as) {
      ASSERT_EQ((Row{table.ClassOf(as), table.LengthOf(as)}), reference.Of(as))
          << "seed " << seed << " AS" << graph->AsnOf(as);
      std::vector<AsId> hops;
      table.ForEachNextHop(*graph, as, [&](AsId next) { hops.push_back(next); });
      ASSERT_EQ(hops, reference.NextHops(as)) << "seed " << seed << " AS" << graph->AsnOf(as);
      if (!table.Reaches(as)) continue;
      ++reached;
      if (table.ClassOf(as) != RouteClass::kOrigin)
        ++classes[static_cast<int>(table.ClassOf(as)) - 1];
    }
    for (const Seed& s : seeds) silent += !s.exported;
  }
  // The graphs are not trivial: every class occurs often.
  EXPECT_GT(reached, 10'000u);
  for (const size_t count : classes) EXPECT_GT(count, 1'000u);
  EXPECT_GT(silent, 300u);
}

TEST(Routes, AreTheSameWhenAPropagatorIsUsedAgain) {
  const auto graph = RandomGraph(7, {.ases = 200, .provider_share = 0.03, .peer_share = 0.02});
  RoutePropagator propagator(*graph);
  RouteTable table;
  for (AsId origin = 0; origin < graph->size(); ++origin) {
    const Seed seed{.as = origin};
    propagator.Run({&seed, 1}, table);
    ASSERT_EQ(table, RoutePropagator(*graph).Run({&seed, 1})) << origin;
  }
}

}  // namespace
}  // namespace terrella::bgp
