// Goal: requests of a kind that stands for many things are for each as often as Zipf's law says,
// and always for the same.
#include "sim/scenario/catalogue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/status.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

constexpr int kRequests = 200'000;

Scenario ScenarioOf(uint32_t objects, double zipf) {
  Scenario scenario;
  scenario.requests = {{.host = "shop", .path = "/item/{object}.css", .objects = objects}};
  scenario.requests[0].zipf = zipf;
  return scenario;
}

std::map<uint32_t, int> Counted(const Scenario& scenario) {
  const Catalogue catalogue(scenario);
  std::map<uint32_t, int> out;
  for (uint64_t number = 0; number < kRequests; ++number) ++out[catalogue.ObjectOf(0, number)];
  return out;
}

TEST(Catalogue, ThingsAreAskedForByZipfsLaw) {
  constexpr uint32_t kObjects = 1000;
  constexpr double kExponent = 0.9;
  const auto counts = Counted(ScenarioOf(kObjects, kExponent));
  EXPECT_LT(counts.rbegin()->first, kObjects);
  double sum = 0;
  for (uint32_t i = 1; i <= kObjects; ++i) sum += std::pow(i, -kExponent);
  for (const uint32_t thing : {0U, 1U, 9U, 99U}) {
    const double expected = kRequests * std::pow(thing + 1, -kExponent) / sum;
    EXPECT_NEAR(counts.at(thing), expected, 5 * std::sqrt(expected)) << thing;
  }
}

TEST(Catalogue, OfExponentZeroAllAreAskedForAlike) {
  const auto counts = Counted(ScenarioOf(10, 0));
  ASSERT_EQ(counts.size(), 10u);
  for (const auto& [thing, count] : counts) EXPECT_NEAR(count, kRequests / 10, 700) << thing;
}

TEST(Catalogue, ARequestIsAlwaysForTheSameThing) {
  const Scenario scenario = ScenarioOf(1000, 1);
  const Catalogue catalogue(scenario), again(scenario);
  Scenario other = scenario;
  other.seed = 2;
  const Catalogue of_other(other);
  int differ = 0;
  for (uint64_t number = 0; number < 100; ++number) {
    EXPECT_EQ(catalogue.ObjectOf(0, number), again.ObjectOf(0, number));
    differ += catalogue.ObjectOf(0, number) != of_other.ObjectOf(0, number);
  }
  EXPECT_GT(differ, 50);
}

TEST(Catalogue, AllTogetherHaveABound) {
  std::string text =
      "version = 1\nname = \"many\"\nduration = \"1s\"\n[clients]\ncities = [\"Lagos\"]\n";
  for (int i = 0; i < 11; ++i) {
    text += fmt::format(
        "[[request]]\nhost = \"shop\"\npath = \"/{}/{{object}}\"\nobjects = 100000\n", i);
  }
  const auto scenario = ParseScenario(text, "s.toml", *TestWorld(), "edge.test");
  ASSERT_FALSE(scenario.ok());
  EXPECT_NE(Message(scenario.status()).find("s.toml:49:11: expected at most 1000000 'objects'"),
            std::string_view::npos)
      << scenario.status();
}

TEST(Catalogue, APathNamesTheThing) {
  Scenario scenario = ScenarioOf(1000, 1);
  EXPECT_EQ(PathOf(scenario.requests[0], 12), "/item/12.css");
  scenario.requests[0] = {.host = "shop", .path = "/"};
  EXPECT_EQ(PathOf(scenario.requests[0], 0), "/");
  EXPECT_EQ(Catalogue(scenario).ObjectOf(0, 5), 0u);
}

}  // namespace
}  // namespace terrella::sim
