#include "cli/study/variation.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

using Values = std::vector<double>;

Values ValuesOf(std::string_view text) {
  const auto variation = ParseVariation(text);
  return variation.ok() ? variation->values : Values{};
}
std::string WrongOf(std::string_view text) {
  const auto variation = ParseVariation(text);
  return variation.ok() ? "" : std::string(Message(variation.status()));
}

TEST(Variation, HasRangesStepsAndLists) {
  EXPECT_EQ(ValuesOf("pops=10..100"), (Values{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}));
  EXPECT_EQ(ValuesOf("pops=10..30:5"), (Values{10, 15, 20, 25, 30}));
  EXPECT_EQ(ValuesOf("pops=1..3"), (Values{1, 2, 3})) << "whole ones, each once";
  EXPECT_EQ(ValuesOf("loss=0,0.5,2"), (Values{0, 0.5, 2}));
  EXPECT_EQ(ValuesOf("hour=20..20"), (Values{20}));
  EXPECT_EQ(ParseVariation("ttl=5")->field, "ttl");
}

TEST(Variation, SaysWhatIsWrong) {
  EXPECT_NE(WrongOf("pop=1").find("did you mean 'pops'?"), std::string::npos);
  for (const char* text : {"pops", "pops=", "pops=a", "pops=1,", "pops=..5", "pops=5..",
                           "pops=9..1", "pops=1..9:0", "pops=1..9:x", "loss=nan", "loss=inf"}) {
    EXPECT_NE(WrongOf(text).find("expected e.g."), std::string::npos) << text;
  }
  EXPECT_NE(WrongOf("pops=0").find("of 1 to 308"), std::string::npos);
  EXPECT_NE(WrongOf("pops=1.5").find("whole numbers"), std::string::npos);
  EXPECT_NE(WrongOf("rate=1..100000:1").find("1000 are the most"), std::string::npos);
}

TEST(Variation, SetsEveryField) {
  const auto places = *net::Places::Load(*net::FindDataDir());
  for (const VariedField& field : VariedFields()) {
    sim::Scenario scenario;
    sim::EngineOptions options;
    options.services = {{{.service_ms = {1, 2}}}};
    const double value = field.min + 1;
    ASSERT_TRUE(Vary(field.name, value, *places, scenario, options).ok()) << field.name;
    const sim::ServiceProfile& service = options.services[0][0];
    const double set[] = {static_cast<double>(options.pops.size()),
                          scenario.clients.rate_per_s,
                          service.cpu_ms,
                          service.service_ms.size() == 1 ? service.service_ms[0] : -1,
                          static_cast<double>(service.response_bytes),
                          scenario.network.wish.loss ? 100 * scenario.network.wish.loss->share : -1,
                          scenario.network.wish.hour_utc.value_or(-1),
                          ToMs(options.times.dns_ttl) / 1000,
                          ToMs(options.times.convergence),
                          ToMs(scenario.clients.timeout) / 1000,
                          static_cast<double>(scenario.seed)};
    const auto index = static_cast<size_t>(&field - VariedFields().data());
    EXPECT_NEAR(set[index], value, 1e-6 * value) << field.name;
  }
}

}  // namespace
}  // namespace terrella::cli
