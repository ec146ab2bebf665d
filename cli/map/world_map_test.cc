// Goal: a map is well-formed, no name lies over another or over a site, and neighbours differ.
#include "cli/map/world_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/random.h"
#include "base/status.h"
#include "cli/map/label_layout.h"
#include "sim/net/data_dir.h"
#include "sim/net/pops.h"

namespace terrella::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Projection, KeepsTheWorldOnTheMap) {
  for (double latitude = -56; latitude <= 78; latitude += 2) {
    double before = -1;
    for (double longitude = -180; longitude <= 180; longitude += 5) {
      const Point p = Project({latitude, longitude});
      EXPECT_GE(p.x, before);
      EXPECT_TRUE(p.x >= 0 && p.x <= kMapWidthPx && p.y >= 0 && p.y <= kMapHeightPx)
          << latitude << " " << longitude << ": " << p.x << " " << p.y;
      before = p.x;
    }
  }
  EXPECT_NEAR(Project({0, 0}).x, kMapWidthPx / 2, 1e-9);
  EXPECT_LT(Project({60, 0}).y, Project({50, 0}).y);
}

TEST(LabelLayout, NamesMeetNothing) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    CounterRandom random(41, seed);
    const Box page{0, 0, 400, 300};
    LabelLayout layout(page);
    std::vector<Box> all;
    std::vector<Point> sites;
    for (int i = 0; i < 60; ++i) {
      const Point p{static_cast<double>(random.Below(400)), static_cast<double>(random.Below(300))};
      sites.push_back(p);
      all.push_back({p.x - 4, p.y - 4, p.x + 4, p.y + 4});
      layout.Reserve(all.back());
    }
    size_t placed = 0;
    for (const Point& p : sites) {
      const auto name = layout.Place(p, 4, 24, 12);
      if (!name) continue;
      ++placed;
      for (const Box& other : all) EXPECT_FALSE(name->box.Meets(other));
      EXPECT_TRUE(name->box.left >= 0 && name->box.right <= 400);
      all.push_back(name->box);
    }
    EXPECT_GE(placed, 50u);
  }
}

TEST(WorldMap, IsWrittenWhole) {
  auto map = *WorldMap::Load(*net::FindDataDir());
  map.AddPeople({.at = {6.5, 3.4},
                 .users = 5e6,
                 .slices = {{"#111111", 0.6}, {"#222222", 0.4}},
                 .outlined = true,
                 .title = "Lagos & \"others\" <here>"});
  map.AddSite({.at = {50, 8.6}, .name = "FRA", .color = "#333333", .users = 3e6});
  map.AddSite({.at = {52, 5}, .name = "AMS", .mark = WorldMap::Mark::kDropped});
  map.SetTitle("A map", "and its figures");
  map.AddLegend("#111111", "one");
  const std::string svg = map.ToSvg();
  EXPECT_THAT(svg, HasSubstr("Lagos &amp; &quot;others&quot; &lt;here&gt;"));
  EXPECT_THAT(svg, HasSubstr(">FRA</text>"));
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  // As many groups are closed as are opened.
  const auto count = [&](std::string_view what) {
    size_t n = 0;
    for (size_t at = svg.find(what); at != std::string::npos; at = svg.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<g "), count("</g>"));
  EXPECT_EQ(count("<svg "), count("</svg>"));
}

TEST(WorldMap, RefusesABrokenOutlineWithItsLine) {
  const auto error = [](const std::string& rows) {
    return std::string(Message(WorldMap::Parse("ring,latitude,longitude\n" + rows).status()));
  };
  EXPECT_EQ(error("0,1,1\n0,2,2\n1,3,3\n"), "");
  EXPECT_THAT(error("1,1,1\n"), HasSubstr("land.csv:2: expected rings one by one"));
  EXPECT_THAT(error("0,1,1\n2,1,1\n"), HasSubstr("land.csv:3: expected rings one by one"));
  EXPECT_THAT(error("0,91,1\n"), HasSubstr("land.csv:2"));
  EXPECT_THAT(error("0,1\n"), HasSubstr("land.csv:2"));
}

TEST(SiteColors, NeighboursDiffer) {
  const auto pops = *net::Pops::Load(*net::FindDataDir());
  std::vector<net::Coordinates> places;
  for (const net::PopSite& site : pops->sites().first(100)) places.push_back(site.at);
  const std::vector<std::string> colors = SiteColors(places);
  size_t alike = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    size_t nearest = i == 0 ? 1 : 0;
    for (size_t j = 0; j < places.size(); ++j) {
      if (j != i && net::GreatCircleKm(places[i], places[j]) <
                        net::GreatCircleKm(places[i], places[nearest])) {
        nearest = j;
      }
    }
    alike += colors[i] == colors[nearest];
  }
  EXPECT_EQ(alike, 0u);
}

TEST(RttColors, RiseThroughTheWholeScale) {
  std::set<std::string> seen;
  for (const auto& [color, text] : RttLegend()) seen.insert(color);
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(RttColor(0), RttLegend().front().first);
  EXPECT_EQ(RttColor(1e9), RttLegend().back().first);
  EXPECT_EQ(RttColor(39.9), RttLegend()[2].first);
}

}  // namespace
}  // namespace terrella::cli
