#include "sim/chaos/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
using Faults = std::vector<TimelineEvent>;

bool Has(const Faults& faults, const std::string& target) {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const TimelineEvent& event) { return event.target == target; });
}

TEST(Shrink, LeavesWhatIsNeededInItsOrder) {
  CounterRandom random(301);
  for (int round = 0; round < 50; ++round) {
    Faults faults;
    for (uint64_t i = 0; i < 3 + random.Below(40); ++i) {
      faults.push_back({.at = i * 700ms, .target = std::to_string(i)});
    }
    const std::string a = std::to_string(random.Below(faults.size()));
    const std::string b = std::to_string(random.Below(faults.size()));
    size_t asked = 0;
    const Faults least = Shrink(faults, [&](const Faults& some) {
      ++asked;
      EXPECT_TRUE(std::is_sorted(some.begin(), some.end(),
                                 [](const auto& x, const auto& y) { return x.at < y.at; }));
      return Has(some, a) && Has(some, b);
    });
    EXPECT_EQ(least.size(), a == b ? 1u : 2u);
    EXPECT_TRUE(Has(least, a) && Has(least, b));
    EXPECT_LT(asked, 200u);
  }
}

TEST(Shrink, RoundsTimesWhereItStillFails) {
  const Faults faults = {{.at = 1300ms, .target = "a"}, {.at = 4600ms, .target = "b"}};
  const Faults least = Shrink(faults, [](const Faults& some) {
    return some.size() == 2 && some[1].at < 4700ms;  // "b" must not move to 5 s
  });
  ASSERT_EQ(least.size(), 2u);
  EXPECT_EQ(least[0].at, 1s);
  EXPECT_EQ(least[1].at, 4600ms);
}

TEST(Shrink, MayLeaveNothing) {
  EXPECT_TRUE(Shrink({{.target = "a"}}, [](const Faults&) { return true; }).empty());
}

}  // namespace
}  // namespace terrella::sim
