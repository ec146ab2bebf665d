#include "sim/scenario/assertion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/status.h"

namespace terrella::sim {
namespace {

TEST(Assertion, ReadsMetricSelectorOperatorAndValue) {
  auto a = ParseAssertion("p95_ms.Lagos < 120");
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->metric, Metric::kP95Ms);
  EXPECT_EQ(a->selector, "Lagos");
  EXPECT_EQ(a->comparison, Comparison::kLess);
  EXPECT_EQ(a->value, 120);
  auto city = ParseAssertion("  p50_ms.São Paulo<=1.5 ");
  ASSERT_TRUE(city.ok()) << city.status();
  EXPECT_EQ(city->selector, "São Paulo");
  EXPECT_EQ(city->comparison, Comparison::kLessEqual);
  EXPECT_DOUBLE_EQ(ParseAssertion("errors < 0.1%")->value, 0.001);
}

TEST(Assertion, ReadsSelectorsPhaseAndBaseline) {
  auto a = ParseAssertion("p95_ms.DE & dns @ dark < baseline * 1.1");
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->Subject(), "p95_ms.DE&dns@dark");
  EXPECT_EQ(a->Selectors(), (std::vector<std::string_view>{"DE", "dns"}));
  EXPECT_EQ(a->phase, "dark");
  EXPECT_TRUE(a->Holds(10.9, 10));
  EXPECT_FALSE(a->Holds(11.1, 10));
  EXPECT_FALSE(a->Holds(1, std::nan("")));
  EXPECT_TRUE(ParseAssertion("p50_ms <= baseline + 5")->Holds(15, 10));
  EXPECT_FALSE(ParseAssertion("p50_ms < baseline - 20%")->Holds(9.9, 10));
  EXPECT_TRUE(ParseAssertion("requests == baseline")->Holds(10, 10));
}

TEST(Assertion, RefusesWithAReason) {
  EXPECT_EQ(Message(ParseAssertion("p96_ms < 3").status()),
            "'p96_ms' is not a metric; did you mean 'p90_ms'?");
  for (const char* bad : {"", "p95_ms", "p95_ms <", "p95_ms < fast", "p95_ms. < 3", "< 3",
                          "p95_ms = 3", "errors < %", "errors < nan", "errors < inf"}) {
    EXPECT_FALSE(ParseAssertion(bad).ok()) << bad;
  }
}

TEST(Assertion, ComparesAndFailsWithoutAValue) {
  EXPECT_TRUE(ParseAssertion("requests >= 5")->Holds(5));
  EXPECT_FALSE(ParseAssertion("requests > 5")->Holds(5));
  EXPECT_TRUE(ParseAssertion("requests != 5")->Holds(6));
  EXPECT_TRUE(ParseAssertion("requests == 5")->Holds(5));
  EXPECT_FALSE(ParseAssertion("p50_ms < 5")->Holds(std::nan("")));
  EXPECT_FALSE(ParseAssertion("p50_ms != 5")->Holds(std::nan("")));
}

}  // namespace
}  // namespace terrella::sim
