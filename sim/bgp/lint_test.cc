// Goal: each known ill is found in a network that has it, and the change it names mends it as it
// says; a healthy network has none of it.
#include "sim/bgp/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/bgp/placement.h"
#include "sim/bgp/test_world.h"

namespace terrella::bgp {
namespace {

class LintTest : public testing::Test {
 protected:
  AnycastNetwork Preset(std::string_view name, size_t sites) const {
    return MakeNetwork(internet_, FirstHubs(sites), *FindPreset(name));
  }
  std::vector<Finding> Find(const AnycastNetwork& network, int threads = 1) const {
    return Lint(internet_, network, {.preset = *FindPreset("cdn"), .threads = threads});
  }
  static const Finding* Of(const std::vector<Finding>& findings, LintKind kind) {
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const Finding& f) { return f.kind == kind; });
    return found == findings.end() ? nullptr : &*found;
  }
  double MeanOf(const AnycastNetwork& network) const {
    Catchment out;
    CatchmentEngine(internet_).Run(network, out);
    return MeanMs(internet_, out);
  }
  const Internet& internet_ = *TestInternet();
};

TEST_F(LintTest, FindsACarrierThatHearsTheNetworkAtFewOfItsPlaces) {
  AnycastNetwork network = Preset("startup", 20);
  const AsId carrier = network.sessions.front().as;
  std::erase_if(network.sessions,
                [&](const Session& s) { return s.as == carrier && s.site % 5 != 1; });
  const std::vector<Finding> findings = Find(network);
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) {
    return f.kind == LintKind::kPolarised && f.as == carrier;
  });
  ASSERT_NE(found, findings.end());
  EXPECT_GT(found->users, 0.002 * internet_.users());
  EXPECT_GT(found->before_ms, found->after_ms);
  AnycastNetwork mended = network;
  mended.sessions.insert(mended.sessions.end(), found->add.begin(), found->add.end());
  EXPECT_NEAR(MeanOf(network) - MeanOf(mended), found->mean_gain_ms, 0.01);
}

TEST_F(LintTest, FindsATransitOfOneSiteThatPullsPeopleFromAfar) {
  AnycastNetwork network = Preset("startup", 20);
  // The carrier with most customers beside the two in use, at one site only.
  AsId extra = 0;
  for (AsId as = 0; as < internet_.graph().size(); ++as) {
    const bool used = std::any_of(network.sessions.begin(), network.sessions.end(),
                                  [&](const Session& s) { return s.as == as; });
    if (!used && (extra == 0 || internet_.graph().Customers(as).size() >
                                    internet_.graph().Customers(extra).size())) {
      extra = as;
    }
  }
  network.sessions.push_back({.site = 19, .as = extra});
  const std::vector<Finding> findings = Find(network);
  const Finding* found = Of(findings, LintKind::kOneOff);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->as, extra);
  EXPECT_THAT(found->heard_at, testing::ElementsAre(19));
  EXPECT_TRUE(found->remove || !found->add.empty());
}

TEST_F(LintTest, FindsASiteThatNobodyReachesAndWhoWouldComeByWhom) {
  AnycastNetwork network = Preset("startup", 20);
  std::erase_if(network.sessions, [](const Session& s) { return s.site == 2; });
  const std::vector<Finding> findings = Find(network);
  const Finding* found = Of(findings, LintKind::kIdle);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->site, 2);
  EXPECT_FALSE(found->add.empty());
  EXPECT_GT(found->mean_gain_ms, 0);
}

TEST_F(LintTest, FindsASiteThatHangsOnOneSession) {
  AnycastNetwork network = Preset("startup", 12);
  const AsId first = network.sessions.front().as;
  std::erase_if(network.sessions, [&](const Session& s) { return s.site == 0 && s.as != first; });
  const std::vector<Finding> findings = Find(network);
  const auto found = std::find_if(findings.begin(), findings.end(), [](const Finding& f) {
    return f.kind == LintKind::kOneSession && f.site == 0;
  });
  ASSERT_NE(found, findings.end());
  EXPECT_EQ(found->as, first);
  ASSERT_EQ(found->add.size(), 1u);
  EXPECT_NE(found->add[0].as, first);
}

TEST_F(LintTest, FindsAContinentWithoutASite) {
  const Hubs& hubs = internet_.hubs();
  const std::vector<HubId> sites = {*hubs.Find("FRA"), *hubs.Find("IAD"), *hubs.Find("LHR")};
  const std::vector<Finding> findings = Find(MakeNetwork(internet_, sites, *FindPreset("cdn")));
  const Finding* found = Of(findings, LintKind::kFar);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->continent, net::Continent::kAsia) << "most time is lost there";
  EXPECT_EQ(hubs.SiteOf(*found->new_site).continent, net::Continent::kAsia);
  EXPECT_GT(found->mean_gain_ms, 5);
}

TEST_F(LintTest, EveryChangeHelpsAsMuchAsItSaysOnAnyNumberOfThreads) {
  const AnycastNetwork network = Preset("cdn", 20);
  const std::vector<Finding> one = Find(network, 1), four = Find(network, 4);
  ASSERT_EQ(one.size(), four.size());
  const double before = MeanOf(network);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].mean_gain_ms, four[i].mean_gain_ms);
    EXPECT_GT(one[i].mean_gain_ms, 0);
    EXPECT_GE(one[i].users, 0.002 * internet_.users());
    if (one[i].kind == LintKind::kOneSession || one[i].kind == LintKind::kFar) continue;
    AnycastNetwork mended = one[i].remove ? Without(network, *one[i].remove) : network;
    mended.sessions.insert(mended.sessions.end(), one[i].add.begin(), one[i].add.end());
    EXPECT_NEAR(before - MeanOf(mended), one[i].mean_gain_ms, 0.01);
  }
}

TEST_F(LintTest, OneCarrierAtEverySiteIsNotPolarised) {
  EXPECT_EQ(Of(Find(Preset("startup", 30)), LintKind::kPolarised), nullptr);
}

}  // namespace
}  // namespace terrella::bgp
