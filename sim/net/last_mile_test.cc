// Goal: people get the access, the evening and the loss that their country, network and wish say,
// and the same whenever they are asked about.
#include "sim/net/last_mile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/status.h"

namespace terrella::net {
namespace {

using ::testing::HasSubstr;

Place At(double longitude_deg, CityId city = 5) {
  return {.name = "Bonn", .country = "DE", .at = {50, longitude_deg}, .city = city};
}

TEST(EveningQueue, IsThereInOneNetworkOfTenAndOnlyInTheEvening) {
  int congested = 0;
  std::vector<double> peaks;
  for (uint64_t network = 0; network < 20'000; ++network) {
    const double peak_ms = EveningPeakMs({}, network);
    if (peak_ms == 0) continue;
    ++congested;
    peaks.push_back(peak_ms);
    EXPECT_EQ(EveningQueueMs({}, network, 12, 0), 0);
    EXPECT_DOUBLE_EQ(EveningQueueMs({}, network, 21, 0), peak_ms);
    EXPECT_DOUBLE_EQ(EveningQueueMs({}, network, 6, -135), EveningQueueMs({}, network, 21, 0 + 0.0))
        << "21:00 at 135 W is 6:00 UTC";
    EXPECT_LE(peak_ms, kEveningPeakMsMax);
  }
  EXPECT_NEAR(congested / 20'000.0, 0.10, 0.01);
  std::sort(peaks.begin(), peaks.end());
  EXPECT_NEAR(peaks[peaks.size() / 2], 3, 0.3);
}

TEST(EveningQueue, RisesAndFallsWithoutSteps) {
  EXPECT_EQ(EveningShape(17), 0);
  EXPECT_NEAR(EveningShape(19), 0.5, 1e-9);
  EXPECT_EQ(EveningShape(21), 1);
  EXPECT_NEAR(EveningShape(23), 0.5, 1e-9);
  EXPECT_EQ(EveningShape(25), 0);
  for (double hour = -30; hour < 60; hour += 0.01) {
    const double shape = EveningShape(hour);
    EXPECT_GE(shape, 0);
    EXPECT_LE(shape, 1);
    EXPECT_NEAR(shape, EveningShape(hour + 0.01), 0.01) << hour;
    EXPECT_NEAR(shape, EveningShape(hour + 24), 1e-6) << hour;
  }
}

TEST(AccessMix, FollowsHowManyPeopleUseTheInternet) {
  for (double percent : {-5.0, 0.0, 40.0, 65.0, 90.0, 100.0}) {
    const AccessMix mix = AccessMixOf(percent);
    double sum = 0;
    for (double share : mix) sum += share;
    EXPECT_NEAR(sum, 1, 1e-9);
    std::map<AccessType, int> drawn;
    CounterRandom random(2);
    for (int i = 0; i < 50'000; ++i) ++drawn[DrawAccess(mix, random)];
    for (size_t i = 0; i < mix.size(); ++i) {
      EXPECT_NEAR(drawn[static_cast<AccessType>(i)] / 50'000.0, mix[i], 0.01);
    }
  }
  const auto share = [](double percent, AccessType type) {
    return AccessMixOf(percent)[static_cast<size_t>(type)];
  };
  EXPECT_GT(share(30, AccessType::k4g), 0.5);
  EXPECT_LT(share(95, AccessType::k4g), 0.25);
}

TEST(LastMile, IsWiredWithoutLossAndWithoutEveningUnlessAsked) {
  const LastMile mile = LastMileOf({}, {}, At(7), 92, 1);
  EXPECT_EQ(mile.access, "wired");
  EXPECT_EQ(mile.rtt_ms, 4);
  EXPECT_EQ(mile.queue_ms, 0);
  EXPECT_EQ(mile.loss.share, 0);
}

TEST(LastMile, AWishGoesBeforeTheNetworksSettings) {
  LastMileOptions options{.loss = LossRates{0.02, 1}};
  options.access = *ParseAccessChoice("geo");
  EXPECT_EQ(LastMileOf(options, {}, At(7), 92, 1).rtt_ms, 560);
  EXPECT_EQ(LastMileOf(options, {}, At(7), 92, 1).loss.share, 0.02);
  const PathWish wish = *ParsePathWish("access=4g;loss=3%/2");
  EXPECT_EQ(LastMileOf(options, wish, At(7), 92, 1).access, "4g");
  EXPECT_EQ(LastMileOf(options, wish, At(7), 92, 1).loss.share, 0.03);
  EXPECT_EQ(LastMileOf({}, *ParsePathWish("access=4g"), At(7), 92, 1).loss.share, 0.003);
}

TEST(LastMile, PeopleOfACityDifferAndStayTheSame) {
  LastMileOptions options{.hour_utc = 20.5};
  options.access.kind = AccessChoice::Kind::kMix;
  std::map<std::string_view, int> accesses;
  std::map<uint64_t, double> queues;
  for (uint64_t client = 0; client < 2'000; ++client) {
    const LastMile mile = LastMileOf(options, {}, At(7), 92, client);
    const LastMile again = LastMileOf(options, {}, At(7), 92, client);
    EXPECT_EQ(mile.access, again.access);
    EXPECT_EQ(mile.network, again.network);
    ++accesses[mile.access];
    const auto [at, fresh] = queues.try_emplace(mile.network, mile.queue_ms);
    EXPECT_EQ(at->second, mile.queue_ms) << "a network has one queue";
  }
  EXPECT_EQ(accesses.size(), kAccessTypeCount);
  EXPECT_EQ(queues.size(), kNetworksPerCity);
  EXPECT_EQ(LastMileOf(options, {}, At(7), 92, 1, 64'512).network, 64'512u);
}

TEST(PathWish, IsReadBackFromItsText) {
  for (const char* text : {"", "access=mix", "loss=0.5%", "hour=20:30", "access=wired;loss=1%/4",
                           "hour=0;access=5g;loss=0%"}) {
    const auto wish = ParsePathWish(text);
    ASSERT_TRUE(wish.ok()) << text << ": " << wish.status();
    const auto again = ParsePathWish(PathWishText(*wish));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(*again == *wish) << text << " " << PathWishText(*wish);
  }
}

TEST(PathWish, SaysWhatWasExpected) {
  const std::pair<const char*, const char*> rows[] = {
      {"access=carrier-pigeon", "access: expected an access: wired, mix, fibre"},
      {"access=", "access: expected"},
      {"loss=1", "loss: expected a share of packets such as 1%"},
      {"loss=60%", "at most 50%"},
      {"loss=-1%", "loss: expected"},
      {"loss=nan%", "loss: expected"},
      {"loss=1%/0", "loss: expected"},
      {"loss=1%x", "loss: expected"},
      {"hour=24", "hour: expected an hour of UTC"},
      {"hour=12:60", "hour: expected"},
      {"hour=-1", "hour: expected"},
      {"hour=", "hour: expected"},
      {"distance=3", "expected access, loss or hour, got 'distance'"},
      {"access", "access: expected"},
      {";", "expected access, loss or hour, got ''"},
  };
  for (const auto& [text, message] : rows) {
    EXPECT_THAT(std::string(Message(ParsePathWish(text).status())), HasSubstr(message)) << text;
  }
  EXPECT_FALSE(ParsePathWish(std::string(kPathWishBytesMax + 1, ';')).ok());
}

}  // namespace
}  // namespace terrella::net
