#include "cli/study/pop_order.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

class PopOrderTest : public testing::Test {
 protected:
  std::vector<std::string> Order(double rtt_ms) {
    std::vector<net::PopSite> sites;
    for (const char* code : {"JNB", "FRA", "AMS", "NRT", "SYD"}) {
      sites.push_back(*world_.places->pops().Find(code));
    }
    std::vector<std::string> out;
    for (const net::PopSite& site : OrderByGain(sites, scenario_, world_, rtt_ms)) {
      out.push_back(site.iata);
    }
    return out;
  }
  void AddPeople(const char* city, double weight) {
    scenario_.clients.cities.push_back({world_.places->Find(city)->city, weight});
  }

  const sim::EngineWorld world_{*net::Places::Load(*net::FindDataDir()),
                                *net::LatencyModel::Load(*net::FindDataDir())};
  sim::Scenario scenario_;
};

TEST_F(PopOrderTest, MostPeopleFirstAndNoSiteTwice) {
  AddPeople("Frankfurt am Main", 10);
  AddPeople("Tokyo", 30);
  AddPeople("Johannesburg", 20);
  const auto order = Order(20);
  ASSERT_EQ(order.size(), 5u);
  EXPECT_EQ(order[0], "NRT");
  EXPECT_EQ(order[1], "JNB");
  EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 5u);
}

// Amsterdam would be second by people near it, but Frankfurt has them already.
TEST_F(PopOrderTest, ASiteThatOthersSpareComesLate) {
  AddPeople("Frankfurt am Main", 100);
  AddPeople("Amsterdam", 90);
  AddPeople("Sydney", 1);
  const auto order = Order(40);
  EXPECT_EQ(order[1], "SYD");
}

}  // namespace
}  // namespace terrella::cli
