// Goal: what a client feels is what the model asks for. A hundred people of as many cities, wired
// or not, in the evening or not, on paths that lose packets or not, ask within half a second
// through a real ingress. Nothing may come early, and nothing late by a round trip or a timer more
// than the model asks for: the bounds are a fraction of what either costs, and far above what a
// busy machine adds. How late exactly is printed; scripts/bench felt holds it against 0.2 and 1 ms.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "http/proxy_protocol.h"
#include "sim/ingress/ingress.h"
#include "sim/ingress/path.h"
#include "sim/ingress/test_peers.h"
#include "sim/ingress/test_world.h"
#include "sim/net/city_block.h"
#include "sim/net/transfer_model.h"

namespace terrella::sim {
namespace {

constexpr size_t kPeople = 100;
constexpr size_t kLongBytes = 50'000;
constexpr double kLateP50MsMax = 3;
constexpr double kLateP99MsMax = 40;  // a delayed acknowledgement's time
constexpr const char* kSites[] = {"FRA", "IAD", "NRT", "GRU", "JNB"};
constexpr const char* kWishes[] = {"", "access=4g;loss=0%", "access=mix;loss=0%;hour=20",
                                   "access=dsl;loss=2%", "access=5g;loss=5%/3"};

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

// How long this thread has waited for a processor so far: what neighbours' work adds to all it
// does.
double WaitedForProcessorMs() {
  char text[128] = {};
  const int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t got = read(file, text, sizeof text - 1);
  close(file);
  unsigned long long ran_ns = 0, waited_ns = 0;
  return got > 0 && sscanf(text, "%llu %llu", &ran_ns, &waited_ns) == 2
             ? static_cast<double>(waited_ns) / 1e6
             : 0;
}

// One person: a first request, a second on the same connection, then a long answer. What should be
// felt is found on lines of their own, drawn like those of the ingress.
class Person {
 public:
  Person(EventLoop& loop, const SocketAddress& ingress, net::CityId city, std::string_view wish,
         std::function<void()> done)
      : loop_(loop), ingress_(ingress), done_(std::move(done)), start_(loop, [this] { Start(); }) {
    placement_.client = TestWorld().places->PlaceOf(city);
    placement_.client_address = {net::CityAddressV4(city, 7), 4'711};
    placement_.by_proxy = true;
    placement_.wish = *net::ParsePathWish(wish);
    proxy_ = *http::EncodeProxyHeader({.source = placement_.client_address,
                                       .destination = ingress,
                                       .tlvs = {{net::kPathWishTlv, std::string(wish)}}});
    Site site = NearestSite();
    path_ = DrawPath(settings_, placement_, {.site = &site}, 0);
  }
  void StartAfter(Duration delay) { start_.Start(delay); }
  const Path& path() const { return path_; }
  const std::string& city() const { return placement_.client.name; }
  bool loses() const { return path_.mile.loss.share > 0; }
  // Later than asked, by request; and how long the process waited for a processor meanwhile.
  struct Late {
    double ms = 0, waited_ms = 0;
  };
  std::vector<Late> late;
  bool done = false;

 private:
  static constexpr std::string_view kShort = "GET /100 HTTP/1.1\r\nhost: a\r\n\r\n";

  Site NearestSite() const {
    const net::LatencyModel& model = settings_.model;
    Site nearest;
    double nearest_ms = 1e9;
    for (const char* pop : kSites) {
      const net::Endpoint site = model.SiteAt(*settings_.places.pops().Find(pop));
      const double rtt_ms = model.RttMs(model.ClientAt(placement_.client), site);
      if (rtt_ms >= nearest_ms) continue;
      nearest_ms = rtt_ms;
      nearest.endpoint = site;
    }
    return nearest;
  }
  // When an answer to something asked at `at` should begin to arrive.
  MonotonicTime Asked(MonotonicTime at) {
    up_->Push(at, kShort);
    const MonotonicTime there = *up_->NextDue();
    up_->Pop();
    down_->Push(there, std::string(150, 'x'));
    const MonotonicTime back = *down_->NextDue();
    down_->Pop();
    return back;
  }

  void Start() {
    waited_ms_ = WaitedForProcessorMs();
    client_.emplace(loop_, ingress_);
    const MonotonicTime now = loop_.Now() - client_->SinceDialed();
    up_ = MakeLine(settings_, path_, Direction::kToSite, now + FromMs(path_.handshake_ms), nullptr);
    down_ = MakeLine(settings_, path_, Direction::kToClient, MonotonicTime{}, nullptr);
    asked_ms_ = ToMs(Asked(now) - now);
    client_->Ask(proxy_ + std::string(kShort), [this] { AfterCold(); });
  }
  void AfterCold() {
    Note(ToMs(client_->FirstByteSinceDialed()) - asked_ms_);
    if (!loses()) {
      EXPECT_NEAR(asked_ms_, net::FirstByteMs({.rtt_ms = path_.rtt_ms}), 0.001);
    }
    client_->Ask(std::string(kShort), [this] { AfterWarm(); });
    const MonotonicTime now = loop_.Now() - client_->SinceAsked();
    asked_ms_ = ToMs(Asked(now) - now);
  }
  void AfterWarm() {
    Note(ToMs(client_->FirstByteSinceAsked()) - asked_ms_);
    if (loses()) return Finish();  // how a long answer is cut in flights is the sockets' affair
    client_->Ask("GET /50000 HTTP/1.1\r\nhost: a\r\n\r\n", [this] { AfterLong(); });
  }
  void AfterLong() {
    // The window is still the initial one: only short answers went before.
    double model_ms = path_.rtt_ms * (1 + net::SlowStartRoundTrips(kLongBytes));
    Note(ToMs(client_->SinceAsked()) - model_ms);
    Finish();
  }

  void Note(double late_ms) {
    const double waited_ms = WaitedForProcessorMs();
    late.push_back({late_ms, waited_ms - waited_ms_});
    waited_ms_ = waited_ms;
  }
  void Finish() {
    done = true;
    done_();
  }

  EventLoop& loop_;
  const SocketAddress ingress_;
  const PathSettings settings_{
      .model = *TestWorld().model, .places = *TestWorld().places, .jitter = false};
  Placement placement_;
  Path path_;
  std::string proxy_;
  std::function<void()> done_;
  Timer start_;
  std::unique_ptr<DelayLine> up_, down_;
  double asked_ms_ = 0;
  double waited_ms_ = 0;  // when it last asked
  std::optional<FakeClient> client_;
};

struct Lateness {
  double p50_ms = 0, p99_ms = 0;          // of answers
  double own_p50_ms = 0, own_p99_ms = 0;  // without the waits for a processor
};

class FeltTime : public ::testing::Test {
 protected:
  FeltTime() {
    signal(SIGPIPE, SIG_IGN);
    IngressOptions options{.listen = {IpAddress::V4(0x7f000001), 0},
                           .default_place = *TestWorld().places->Find("Frankfurt"),
                           .jitter = false};
    auto ingress = Ingress::Start(loop_, TestWorld(), options);
    CHECK(ingress.ok());
    ingress_ = *std::move(ingress);
    v1::View view;
    for (const char* pop : kSites) {
      nodes_.push_back(std::make_unique<FakeNode>(loop_, "127.0.0.1"));
      AddNode(view, pop, nodes_.back()->address());
    }
    ingress_->Update(view);
  }

  Lateness Measure() {
    size_t left = kPeople;
    std::vector<std::unique_ptr<Person>> people;
    for (size_t i = 0; i < kPeople; ++i) {
      auto city = static_cast<net::CityId>(i * TestWorld().places->cities().size() / kPeople);
      people.push_back(std::make_unique<Person>(loop_, ingress_->address(), city,
                                                kWishes[i % std::size(kWishes)], [this, &left] {
                                                  if (--left == 0) loop_.Stop();
                                                }));
    }
    for (size_t i = 0; i < kPeople; ++i) people[i]->StartAfter(i * std::chrono::milliseconds(5));
    Timer give_up(loop_, [&] { loop_.Stop(); });
    give_up.Start(std::chrono::seconds(15));
    loop_.Run();
    for (const auto& person : people) {
      EXPECT_TRUE(person->done) << person->city() << " still waits after " << person->late.size()
                                << " answers, its round trip is " << person->path().rtt_ms
                                << " ms, loss " << person->path().mile.loss.share;
    }

    std::vector<double> late, own;
    int lost = 0;
    for (const auto& person : people) {
      for (const Person::Late& answer : person->late) {
        EXPECT_GE(answer.ms, -0.01) << person->city() << ": faster than " << person->path().rtt_ms;
        late.push_back(answer.ms);
        own.push_back(answer.ms - answer.waited_ms);
      }
      lost += person->path().first_lost;
    }
    const Lateness out{Quantile(late, 0.5), Quantile(late, 0.99), Quantile(own, 0.5),
                       Quantile(own, 0.99)};
    printf(
        "late at p50 %.3f ms, p99 %.3f ms of %zu answers, %d handshakes repaired; without waits "
        "for a processor: p50 %.3f ms, p99 %.3f ms\n",
        out.p50_ms, out.p99_ms, late.size(), lost, out.own_p50_ms, out.own_p99_ms);
    return out;
  }

  EventLoop loop_;
  std::unique_ptr<Ingress> ingress_;
  std::vector<std::unique_ptr<FakeNode>> nodes_;
};

TEST_F(FeltTime, IsWhatTheModelAsksForFromAHundredCities) {
  // Ahead of neighbours' work where that is allowed: then nothing needs to be forgiven.
  const sched_param first{.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO, &first);
  // A busy machine only ever adds, so one good run is proof enough.
  Lateness best;
  for (int run = 0; run < 3; ++run) {
    best = Measure();
    if (best.own_p50_ms < kLateP50MsMax && best.own_p99_ms < kLateP99MsMax) break;
  }
  EXPECT_LT(best.own_p50_ms, kLateP50MsMax);
  EXPECT_LT(best.own_p99_ms, kLateP99MsMax);
}

}  // namespace
}  // namespace terrella::sim
