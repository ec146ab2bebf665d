// Goal: what a client feels is what the model says. A hundred cities ask within half a second
// through a real ingress; nothing may come early, and at the median nothing more than 2 ms late.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sim/ingress/ingress.h"
#include "sim/ingress/test_peers.h"
#include "sim/ingress/test_world.h"
#include "sim/net/city_block.h"
#include "sim/net/transfer_model.h"

namespace terrella::sim {
namespace {

constexpr size_t kCities = 100;
constexpr size_t kLongBytes = 50'000;

struct Felt {
  std::string city;
  double rtt_ms = 0;
  double cold_ms = 0, warm_ms = 0, long_ms = 0;  // later than the model says
};

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// One person: a first request, a second on the same connection, then a long answer.
class Person {
 public:
  Person(EventLoop& loop, const SocketAddress& ingress, net::CityId city, double rtt_ms,
         std::function<void()> done)
      : loop_(loop),
        ingress_(ingress),
        address_(net::CityAddressV4(city, 7)),
        done_(std::move(done)),
        start_(loop, [this] { Start(); }) {
    felt.city = TestWorld().places->cities()[city].name;
    felt.rtt_ms = rtt_ms;
  }
  void StartAfter(Duration delay) { start_.Start(delay); }
  Felt felt;

 private:
  static constexpr std::string_view kShort = "GET /100 HTTP/1.1\r\nhost: a\r\n\r\n";

  void Start() {
    client_.emplace(loop_, ingress_, address_);
    client_->Ask(std::string(kShort), [this] { AfterCold(); });
  }
  void AfterCold() {
    net::Transfer cold{.rtt_ms = felt.rtt_ms};
    felt.cold_ms = ToMs(client_->FirstByteSinceDialed()) - net::FirstByteMs(cold);
    client_->Ask(std::string(kShort), [this] { AfterWarm(); });
  }
  void AfterWarm() {
    net::Transfer warm{.warm = true, .rtt_ms = felt.rtt_ms};
    felt.warm_ms = ToMs(client_->FirstByteSinceAsked()) - net::FirstByteMs(warm);
    client_->Ask("GET /50000 HTTP/1.1\r\nhost: a\r\n\r\n", [this] { AfterLong(); });
  }
  void AfterLong() {
    // The window is still the initial one: only short answers went before.
    double model_ms = felt.rtt_ms * (1 + net::SlowStartRoundTrips(kLongBytes));
    felt.long_ms = ToMs(client_->SinceAsked()) - model_ms;
    done_();
  }

  EventLoop& loop_;
  const SocketAddress ingress_;
  const IpAddress address_;
  std::function<void()> done_;
  Timer start_;
  std::optional<FakeClient> client_;
};

TEST(FeltTime, EqualsTheModelFromAHundredCities) {
  signal(SIGPIPE, SIG_IGN);
  EventLoop loop;
  IngressOptions options{.listen = {IpAddress::V4(0x7f000001), 0},
                         .default_place = *TestWorld().places->Find("Frankfurt"),
                         .jitter = false};
  auto ingress = Ingress::Start(loop, TestWorld(), options);
  ASSERT_TRUE(ingress.ok()) << Message(ingress.status());
  std::vector<std::unique_ptr<FakeNode>> nodes;
  v1::View view;
  for (const char* pop : {"FRA", "IAD", "NRT", "GRU", "JNB"}) {
    nodes.push_back(std::make_unique<FakeNode>(loop, "127.0.0.1"));
    AddNode(view, pop, nodes.back()->address());
  }
  (*ingress)->Update(view);

  const net::LatencyModel& model = *TestWorld().model;
  size_t left = kCities;
  std::vector<std::unique_ptr<Person>> people;
  for (size_t i = 0; i < kCities; ++i) {
    auto city = static_cast<net::CityId>(i * TestWorld().places->cities().size() / kCities);
    net::Endpoint client = model.ClientAt(TestWorld().places->PlaceOf(city));
    double rtt_ms = 1e9;
    for (const char* pop : {"FRA", "IAD", "NRT", "GRU", "JNB"}) {
      const net::PopSite* site = TestWorld().places->pops().Find(pop);
      rtt_ms = std::min(rtt_ms, model.RttMs(client, model.SiteAt(*site)));
    }
    people.push_back(
        std::make_unique<Person>(loop, (*ingress)->address(), city, rtt_ms, [&left, &loop] {
          if (--left == 0) loop.Stop();
        }));
    people.back()->StartAfter(i * std::chrono::milliseconds(5));
  }
  Timer give_up(loop, [&] { loop.Stop(); });
  give_up.Start(std::chrono::seconds(20));
  loop.Run();
  ASSERT_EQ(left, 0u);

  std::vector<double> cold, warm, slow;
  for (const auto& person : people) {
    const Felt& felt = person->felt;
    for (double late_ms : {felt.cold_ms, felt.warm_ms, felt.long_ms}) {
      EXPECT_GE(late_ms, -0.01) << felt.city << ": faster than the model's " << felt.rtt_ms;
    }
    cold.push_back(felt.cold_ms);
    warm.push_back(felt.warm_ms);
    slow.push_back(felt.long_ms);
  }
  EXPECT_LT(Median(cold), 2);
  EXPECT_LT(Median(warm), 2);
  EXPECT_LT(Median(slow), 2);
  RecordProperty("cold_late_ms_p50", std::to_string(Median(cold)));
  printf("late at p50: first request %.3f ms, second %.3f ms, long answer %.3f ms; p100 %.3f ms\n",
         Median(cold), Median(warm), Median(slow),
         std::max({*std::max_element(cold.begin(), cold.end()),
                   *std::max_element(warm.begin(), warm.end()),
                   *std::max_element(slow.begin(), slow.end())}));
  people.clear();
  nodes.clear();
}

}  // namespace
}  // namespace terrella::sim
