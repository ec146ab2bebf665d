// Goal: a connection is charged what its client's last mile, hour and losses say, and the same
// again when it comes again.
#include "sim/ingress/path.h"

#include <gtest/gtest.h>

#include "sim/ingress/test_world.h"
#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

class PathTest : public ::testing::Test {
 protected:
  PathTest() {
    placement_.client = *TestWorld().places->Find("Lagos");
    placement_.client_address = {net::CityAddressV4(placement_.client.city, 3), 4'711};
    placement_.by_proxy = true;
    site_.endpoint = TestWorld().model->SiteAt(*TestWorld().places->pops().Find("FRA"));
  }
  Path Draw(std::string_view wish = "", uint64_t connection = 0) {
    placement_.wish = *net::ParsePathWish(wish);
    return DrawPath(settings_, placement_, {.site = &site_}, connection);
  }

  PathSettings settings_{
      .model = *TestWorld().model, .places = *TestWorld().places, .jitter = false};
  Placement placement_;
  Site site_;
};

TEST_F(PathTest, AccessTakesThePlaceOfTheWire) {
  const double wired_ms = Draw().rtt_ms;
  EXPECT_NEAR(Draw("access=wired").rtt_ms, wired_ms, 1e-9);
  EXPECT_NEAR(Draw("access=4g").rtt_ms, wired_ms - 4 + 40, 1e-9);
  EXPECT_NEAR(Draw("access=geo").rtt_ms, wired_ms - 4 + 560, 1e-9);
  EXPECT_NEAR(Draw("access=geo;loss=0%").handshake_ms, wired_ms - 4 + 560, 1e-9);
  settings_.transport = net::Transport::kTls12;
  EXPECT_NEAR(Draw().handshake_ms, 3 * wired_ms, 1e-9);
}

TEST_F(PathTest, TheRoutersPathCountsWhenThereIsOne) {
  placement_.wish = *net::ParsePathWish("access=dsl");
  const Reach reach{.site = &site_, .path_ms = 200, .network = 64'512};
  const Path path = DrawPath(settings_, placement_, reach, 0);
  EXPECT_DOUBLE_EQ(path.rtt_ms, 218);
  EXPECT_EQ(path.mile.network, 64'512u);
}

TEST_F(PathTest, TheClockSaysWhenItIsEvening) {
  // A network of the city that is congested.
  settings_.last_mile.evening.congested_share = 1;
  ManualClock clock;
  settings_.evening = &clock;
  const double noon_ms = (clock.Advance(std::chrono::hours(11)), Draw().rtt_ms);
  EXPECT_EQ(Draw().mile.queue_ms, 0);
  clock.Advance(std::chrono::hours(9));  // 20:00 UTC is 20:14 in Lagos, by the sun
  const Path evening = Draw();
  EXPECT_GT(evening.mile.queue_ms, 0);
  EXPECT_DOUBLE_EQ(evening.rtt_ms, noon_ms + evening.mile.queue_ms);
  clock.Advance(std::chrono::hours(24));
  EXPECT_NEAR(Draw().rtt_ms, evening.rtt_ms, 1e-9);
  EXPECT_NEAR(Draw("hour=11").rtt_ms, noon_ms, 1e-9) << "a wish goes before the clock";
}

TEST_F(PathTest, LossesAreTheConnectionsOwnAndComeAgain) {
  int late = 0;
  for (uint16_t port = 1; port <= 1'000; ++port) {
    placement_.client_address.port = port;
    const Path path = Draw("loss=5%");
    EXPECT_EQ(path.handshake_ms, Draw("loss=5%", 99).handshake_ms) << "whatever its number";
    if (path.first_lost) {
      ++late;
      EXPECT_GE(path.handshake_ms, path.rtt_ms + 999.9);
    } else {
      EXPECT_NEAR(path.handshake_ms, path.rtt_ms, 1e-9);
    }
  }
  EXPECT_NEAR(late / 1'000.0, 1 - 0.95 * 0.95, 0.03);
}

TEST_F(PathTest, LinesDelayByTheLosses) {
  int late = 0;
  for (uint16_t port = 1; port <= 1'000; ++port) {
    placement_.client_address.port = port;
    const Path path = Draw("loss=2%");
    const auto line = MakeLine(settings_, path, Direction::kToClient, MonotonicTime{}, nullptr);
    const MonotonicTime now(std::chrono::seconds(9));
    line->Push(now, "one packet");
    const double took_ms = ToMs(*line->NextDue() - now);
    EXPECT_GE(took_ms, path.rtt_ms / 2 - 0.001);
    late += took_ms > path.rtt_ms / 2 + 0.001;
  }
  EXPECT_NEAR(late / 1'000.0, 0.02, 0.012);
}

}  // namespace
}  // namespace terrella::sim
