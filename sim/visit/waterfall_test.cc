#include "sim/visit/waterfall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace terrella::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

double Sum(const Waterfall& waterfall) {
  double ms = 0;
  for (const Waterfall::Phase& phase : waterfall.phases) ms += phase.duration_ms;
  return ms;
}

FetchResult Result(double first_byte_ms, double last_byte_ms, const char* timing) {
  FetchResult result;
  result.first_byte_ms = first_byte_ms;
  result.last_byte_ms = last_byte_ms;
  result.head.headers.Append("server-timing", timing);
  return result;
}

TEST(ServerTiming, ReadsDurationsAndSkipsTheRest) {
  EXPECT_THAT(
      ParseServerTiming("edge;desc=\"FRA\", cold;dur=12.50, worker;dur=1.25, x;dur=-1, y;dur=abc"),
      ElementsAre(Pair("cold", 12.5), Pair("worker", 1.25)));
  EXPECT_THAT(ParseServerTiming(""), ElementsAre());
  EXPECT_THAT(ParseServerTiming(",;,=;dur="), ElementsAre());
}

TEST(Ray, NamesThePop) {
  EXPECT_EQ(PopOfRay("00ab12-FRA"), "FRA");
  EXPECT_EQ(PopOfRay("nothing"), "");
}

TEST(Waterfall, HasTheHandshakeOfTls) {
  FetchResult result;
  result.secured_ms = 210;
  result.first_byte_ms = 310;
  result.last_byte_ms = 310;
  const Waterfall waterfall = MakeWaterfall(result, 100);
  ASSERT_EQ(waterfall.phases.size(), 6u);
  EXPECT_EQ(waterfall.phases[1].name, "tls");
  EXPECT_DOUBLE_EQ(waterfall.phases[1].start_ms, 100);
  EXPECT_DOUBLE_EQ(waterfall.phases[1].duration_ms, 110);
  EXPECT_DOUBLE_EQ(waterfall.total_ms, 310);
}

TEST(Waterfall, SplitsTheTimeToTheFirstByte) {
  FetchResult result = Result(205, 255, "worker;dur=4, cold;dur=1");
  result.dns = DnsFacts{.modelled_ms = 30, .router_ms = 0.2};
  const Waterfall waterfall = MakeWaterfall(result, 100);
  ASSERT_EQ(waterfall.phases.size(), 6u);
  EXPECT_EQ(waterfall.phases[0].duration_ms, 30);   // dns
  EXPECT_EQ(waterfall.phases[1].duration_ms, 100);  // connect
  EXPECT_EQ(waterfall.phases[2].duration_ms, 50);   // request
  EXPECT_EQ(waterfall.phases[3].duration_ms, 5);    // edge
  EXPECT_EQ(waterfall.phases[4].duration_ms, 50);   // response
  EXPECT_EQ(waterfall.phases[5].duration_ms, 50);   // body
  EXPECT_EQ(waterfall.phases[4].start_ms, 185);
  EXPECT_EQ(waterfall.total_ms, 285);
}

TEST(Waterfall, NeverClaimsMoreThanWasMeasured) {
  for (const double rtt_ms : {0.0, 3.0, 1e6}) {
    const Waterfall waterfall = MakeWaterfall(Result(10, 12, "worker;dur=1e9"), rtt_ms);
    EXPECT_DOUBLE_EQ(Sum(waterfall), 12) << rtt_ms;
    for (const Waterfall::Phase& phase : waterfall.phases)
      EXPECT_GE(phase.duration_ms, 0) << phase.name;
  }
}

TEST(Waterfall, IsDrawnOneLineAPhase) {
  const std::string text = DrawWaterfall(MakeWaterfall(Result(10, 12, ""), 5), 100);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
  EXPECT_THAT(text, ::testing::HasSubstr("total        12.00 ms"));
}

}  // namespace
}  // namespace terrella::sim
