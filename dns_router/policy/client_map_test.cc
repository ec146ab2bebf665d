// Cells are judged by a checker that knows only addresses and rankings: it samples both ends of
// every range and of every cell.
#include "dns_router/policy/client_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/random.h"
#include "dns_router/policy/fake_geography.h"
#include "dns_router/policy/snapshot.h"

namespace terrella::dns {
namespace {

// Ranges as given; location i is at position i.
class RangesGeography final : public Geography {
 public:
  RangesGeography(size_t locations, AddressRanges v4, AddressRanges v6)
      : locations_(locations), v4_(std::move(v4)), v6_(std::move(v6)) {}
  size_t location_count() const override { return locations_; }
  AddressRanges Ranges(IpAddress::Family family) const override {
    return family == IpAddress::Family::kV4 ? v4_ : v6_;
  }
  LocationId Locate(const IpAddress& address) const override {
    return LocationIn(Ranges(address.family()), HighBits(address));
  }
  absl::StatusOr<LocationId> Find(std::string_view) const override { return NotFound("no names"); }
  std::string NameOf(LocationId location) const override { return fmt::format("{}", location); }
  std::string_view CountryOf(LocationId) const override { return ""; }
  int ContinentOf(std::string_view) const override { return -1; }
  void RttsTo(const NodeFacts& node, std::span<float> rtt_ms) const override {
    for (size_t i = 0; i < locations_; ++i) {
      rtt_ms[i] = static_cast<float>(std::abs(static_cast<double>(i) - node.longitude_deg));
    }
  }

 private:
  size_t locations_;
  AddressRanges v4_, v6_;
};

IpAddress V4(uint64_t high_bits) {
  return IpAddress::V4(static_cast<uint32_t>(high_bits >> 32));
}

using Cells = std::map<uint64_t, std::pair<int, LocationId>>;  // by first key: bits, location

// What Find says at every range's ends and around, until nothing new comes up.
Cells CellsOf(const ClientMap& map) {
  Cells cells;
  for (uint64_t key = 0;;) {
    const ClientMap::Cell cell = map.Find(V4(key));
    const uint64_t rest = cell.prefix_bits == 0 ? UINT64_MAX : UINT64_MAX >> cell.prefix_bits;
    cells[key & ~rest] = {cell.prefix_bits, cell.location};
    if ((key | rest) == UINT64_MAX) return cells;
    key = (key | rest) + 1;
  }
}

std::vector<NodeIndex> OrderAt(const Ranking& ranking, LocationId location) {
  const auto order = ranking.At(location);
  return {order.begin(), order.end()};
}

// The first thing wrong with `cells` for these ranges; "" when nothing is.
std::string Complaint(const Cells& cells, const AddressRanges& ranges, const Ranking& ranking) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].location == kUnplaced) continue;
    const uint64_t last = i + 1 < ranges.size() ? ranges[i + 1].first - 1 : UINT64_MAX;
    for (auto it = std::prev(cells.upper_bound(ranges[i].first));
         it != cells.end() && it->first <= last; ++it) {
      if (OrderAt(ranking, it->second.second) != OrderAt(ranking, ranges[i].location)) {
        return fmt::format("{}/{} overlaps another ranking", V4(it->first).ToString(),
                           it->second.first);
      }
    }
  }
  return "";
}

// The fewest disjoint blocks by the definition, on the 256 blocks of a /8 world.
size_t FewestBlocks(const std::vector<int>& classes, size_t from, size_t size) {
  std::set<int> placed(classes.begin() + static_cast<ptrdiff_t>(from),
                       classes.begin() + static_cast<ptrdiff_t>(from + size));
  placed.erase(-1);
  if (placed.size() <= 1) return 1;
  return FewestBlocks(classes, from, size / 2) + FewestBlocks(classes, from + size / 2, size / 2);
}

std::vector<NodeFacts> ThreeNodes() {
  return {MakeNode("A", 0, "127.0.0.1"), MakeNode("B", 5, "127.0.0.2"),
          MakeNode("C", 9, "127.0.0.3")};
}

TEST(ClientMap, CutsRandomWorldsIntoTheFewestCellsAndNeverAcrossRankings) {
  CounterRandom random(7);
  for (int round = 0; round < 300; ++round) {
    AddressRanges ranges;
    for (uint64_t top = 0; top < 256; ++top) {
      const bool same = top > 0 && random.Below(3) > 0;
      const bool unplaced = random.Below(4) == 0;
      const LocationId location = same       ? ranges.back().location
                                  : unplaced ? kUnplaced
                                             : static_cast<LocationId>(random.Below(10));
      if (ranges.empty() || ranges.back().location != location) {
        ranges.push_back({top << 56, location});
      }
    }
    const RangesGeography geography(10, ranges, {{0, 0}});
    const auto ranking = Ranking::Build(geography, ThreeNodes(), nullptr);
    const auto map = ClientMap::Build(geography, *ranking);
    const Cells cells = CellsOf(*map);
    ASSERT_EQ(Complaint(cells, ranges, *ranking), "") << "round " << round;
    ASSERT_EQ(cells.size(), map->cell_count(IpAddress::Family::kV4));

    std::map<std::vector<NodeIndex>, int> class_of;
    std::vector<int> classes;
    for (uint64_t top = 0; top < 256; ++top) {
      const LocationId location = LocationIn(ranges, top << 56);
      const int next = static_cast<int>(class_of.size());
      classes.push_back(
          location == kUnplaced
              ? -1
              : class_of.try_emplace(OrderAt(*ranking, location), next).first->second);
    }
    ASSERT_EQ(cells.size(), FewestBlocks(classes, 0, 256)) << "round " << round;
  }
}

TEST(ClientMap, CheckerComplainsAboutACellThatIsTooLarge) {
  const AddressRanges ranges = {{0, 1}, {uint64_t{10} << 56, 8}, {uint64_t{11} << 56, 1}};
  const RangesGeography geography(10, ranges, {{0, 0}});
  const auto ranking = Ranking::Build(geography, ThreeNodes(), nullptr);
  EXPECT_EQ(Complaint({{0, {0, 1}}}, ranges, *ranking), "0.0.0.0/0 overlaps another ranking");
  EXPECT_EQ(Complaint(CellsOf(*ClientMap::Build(geography, *ranking)), ranges, *ranking), "");
}

TEST(ClientMap, GivesUnplacedAddressesToTheirNeighbours) {
  const AddressRanges ranges = {{0, kUnplaced},
                                {uint64_t{10} << 56, 8},
                                {uint64_t{11} << 56, kUnplaced},
                                {uint64_t{128} << 56, 1},
                                {uint64_t{129} << 56, kUnplaced}};
  const RangesGeography geography(10, ranges, {{0, kUnplaced}});
  const auto map = ClientMap::Build(geography, *Ranking::Build(geography, ThreeNodes(), nullptr));
  EXPECT_EQ(map->cell_count(IpAddress::Family::kV4), 2u);
  EXPECT_EQ(map->Find(*IpAddress::Parse("99.0.0.1")).location, 8u);
  EXPECT_EQ(map->Find(*IpAddress::Parse("99.0.0.1")).prefix_bits, 1);
  EXPECT_EQ(map->Find(*IpAddress::Parse("200.0.0.1")).location, 1u);
  // A family of which nothing is known is one cell.
  EXPECT_EQ(map->cell_count(IpAddress::Family::kV6), 1u);
  EXPECT_EQ(map->Find(*IpAddress::Parse("2001:db8::1")).location, kSomewhere);
}

TEST(ClientMap, FindsIpv6InsideAndOutsideOfGlobalUnicast) {
  std::vector<PlacedPrefix> placed;
  for (LocationId i = 0; i < 200; ++i) {
    std::array<uint8_t, 16> bytes{0x20, 0x01, static_cast<uint8_t>(i), 0, 0, 0, 0, 0};
    placed.push_back({{IpAddress::V6(bytes), 64}, 1 + i % 9});
  }
  placed.push_back({*IpPrefix::Parse("fd74::/16"), 3});
  placed.push_back({*IpPrefix::Parse("ffff::/16"), 4});
  const AddressRanges v6 = Overlay({{0, 0}}, placed, IpAddress::Family::kV6);
  const RangesGeography geography(10, {{0, 0}}, v6);
  const auto ranking = Ranking::Build(geography, ThreeNodes(), nullptr);
  const auto map = ClientMap::Build(geography, *ranking);
  for (const PlacedPrefix& p : placed) {
    EXPECT_EQ(OrderAt(*ranking, map->Find(p.prefix.address).location),
              OrderAt(*ranking, p.location))
        << p.prefix.ToString();
  }
  EXPECT_EQ(map->Find(*IpAddress::Parse("::1")).location, kSomewhere);
  EXPECT_EQ(map->Find(*IpAddress::Parse("3fff:ffff::")).location, kSomewhere);
}

TEST(ClientMap, StaysWhenANodeFailsSoThatCachedScopesStayValid) {
  std::vector<std::string> ignored;
  const auto geography = MakeThreePoints();
  const auto before = *Snapshot::Build(MakeThreeNodeView(), geography, {}, nullptr, &ignored);
  TopologyView view = MakeThreeNodeView();
  view.nodes[0].state = NodeState::kDown;
  const auto after = *Snapshot::Build(view, geography, {}, before.get(), &ignored);
  EXPECT_EQ(&before->clients(), &after->clients());
  view.nodes.pop_back();
  const auto fewer = *Snapshot::Build(view, geography, {}, after.get(), &ignored);
  EXPECT_NE(&fewer->clients(), &after->clients());
}

}  // namespace
}  // namespace terrella::dns
