#include "sim/visit/fetcher.h"

#include <algorithm>
#include <charconv>

#include "base/random.h"
#include "base/status.h"
#include "http/client/client.h"
#include "http/proxy_protocol.h"
#include "sim/net/city_block.h"
#include "sim/net/path_wish.h"
#include "sim/resolver/stub_resolver.h"

namespace terrella::sim {
namespace {

constexpr int kNoError = 0, kNameError = 3, kRefused = 5;  // RFC 1035 section 4.1.1
// Ports people seem to connect from; for logs, no socket is bound to them.
constexpr uint64_t kClientPortMin = 10'000, kClientPorts = 20'000;

// The router's lines are numbered, since records have no order.
int NumberOf(const std::string& line) {
  int number = 0;
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

class Journey final : public Fetching, public http::ResponseObserver {
 public:
  Journey(EventLoop& loop, FetchPlan plan, const net::Places& places,
          const net::LatencyModel& latency, Callback callback)
      : loop_(loop),
        plan_(std::move(plan)),
        places_(places),
        latency_(latency),
        callback_(std::move(callback)),
        client_(loop),
        report_(loop, [this] { Report(); }),
        deadline_(loop, [this] {
          End(DeadlineExceeded("no whole answer within {:.0f} s", ToMs(plan_.timeout) / 1000));
        }) {}

  void Begin() {
    deadline_.Start(plan_.timeout);
    if (plan_.via == Via::kAnycast) {
      Call(plan_.ingress);
    } else {
      Resolve();
    }
  }

 private:
  void Resolve() {
    auto resolver = StubResolver::Create(loop_, {.server = plan_.dns});
    if (!resolver.ok()) return End(resolver.status());
    resolver_ = *std::move(resolver);
    asked_ = loop_.Now();
    resolver_->Resolve(plan_.host, net::CityBlockV4(plan_.from.city),
                       [this](absl::StatusOr<DnsAnswer> answer) { OnAnswer(std::move(answer)); });
    if (!plan_.explain) return;
    resolver_->ResolveTexts("_explain." + plan_.host, net::CityBlockV4(plan_.from.city),
                            [this](absl::StatusOr<DnsAnswer> answer) {
                              if (!answer.ok()) return;  // the visit does without
                              result_.why = std::move(answer->texts);
                              std::ranges::sort(result_.why, {}, NumberOf);
                            });
  }

  void OnAnswer(absl::StatusOr<DnsAnswer> answer) {
    const std::string& name = plan_.host;
    if (!answer.ok()) {
      return End(Unavailable("the DNS router at {} does not answer: {}", plan_.dns.ToString(),
                             Message(answer.status())));
    }
    if (answer->rcode == kNameError) {
      return End(NotFound(
          "there is no name {} (NXDOMAIN); 'terrella versions' shows what is deployed", name));
    }
    if (answer->rcode == kRefused) {
      return End(NotFound("{} is outside the network's zone (REFUSED)", name));
    }
    if (answer->rcode != kNoError || answer->addresses.empty()) {
      return End(Unavailable("the DNS router has no node for {} (rcode {}, {} addresses)", name,
                             answer->rcode, answer->addresses.size()));
    }
    DnsFacts facts{.address = answer->addresses.front(),
                   .ttl_s = answer->ttl_s,
                   .scope_bits = answer->scope_bits,
                   .router_ms = ToMs(loop_.Now() - asked_)};
    if (const auto pop = plan_.pops.find(facts.address.ToString()); pop != plan_.pops.end()) {
      facts.pop = pop->second;
    }
    facts.modelled_ms = ResolverMs(facts.pop);
    result_.dns = facts;
    const SocketAddress node{facts.address, plan_.node_port};
    dns_delay_ = std::make_unique<Timer>(loop_, [this, node] { Call(node); });
    dns_delay_->StartAt(asked_ + FromMs(facts.modelled_ms));
  }

  // The provider's resolver stands in the person's city; its question goes as far as the PoP that
  // the answer names.
  double ResolverMs(const std::string& pop) const {
    const net::Endpoint resolver = latency_.SiteAt(plan_.from.country, plan_.from.at);
    double ms = latency_.RttMs(latency_.ClientAt(plan_.from), resolver);
    if (const net::PopSite* site = places_.pops().Find(pop)) {
      ms += latency_.RttMs(resolver, latency_.SiteAt(*site));
    }
    return ms;
  }

  void Call(const SocketAddress& destination) {
    const uint64_t random = RandomU64();
    http::ProxyInfo proxy;
    proxy.source = {net::CityAddressV4(plan_.from.city, static_cast<uint32_t>(random >> 32)),
                    static_cast<uint16_t>(kClientPortMin + random % kClientPorts)};
    proxy.destination = destination;
    if (const std::string wish = net::PathWishText(plan_.wish); !wish.empty()) {
      proxy.tlvs.push_back({.type = net::kPathWishTlv, .value = wish});
    }
    absl::StatusOr<std::string> prefix = http::EncodeProxyHeader(proxy);
    if (!prefix.ok()) return End(prefix.status());
    http::ClientRequest request;
    request.to = plan_.ingress;
    request.prefix_bytes = *std::move(prefix);
    request.head = plan_.head;
    request.tls = plan_.tls;
    request.tls_host = plan_.host;
    if (!plan_.body.empty()) request.body = http::MakeStringBody(plan_.body);
    call_ = client_.Send(std::move(request), *this);
  }

  void OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) override {
    const http::CallTimings& timings = call_->timings();
    if (plan_.tls != nullptr && timings.connected) {
      result_.secured_ms = ToMs(*timings.connected - timings.started);
    }
    result_.first_byte_ms = ToMs(timings.first_byte.value_or(loop_.Now()) - timings.started);
    result_.head = std::move(head);
    collector_ = std::make_unique<http::Collector>(
        std::move(body), plan_.body_bytes_max, [this](absl::Status status, std::string bytes) {
          result_.last_byte_ms = ToMs(loop_.Now() - call_->timings().started);
          result_.body = std::move(bytes);
          End(std::move(status));
        });
    collector_->Start();
  }

  void OnError(const absl::Status& status) override {
    if (status.code() != absl::StatusCode::kUnavailable) return End(status);
    End(Unavailable("no answer through the ingress at {}: {}", plan_.ingress.ToString(),
                    Message(status)));
  }

  void End(absl::Status status) {
    if (ended_) return;
    ended_ = true;
    outcome_ = std::move(status);
    deadline_.Stop();
    report_.Start(Duration::zero());  // from a stack that is nobody's
  }

  void Report() {
    const Callback callback = std::move(callback_);
    if (outcome_.ok()) {
      callback(std::move(result_));
    } else {
      callback(outcome_);
    }
  }

  EventLoop& loop_;
  const FetchPlan plan_;
  const net::Places& places_;
  const net::LatencyModel& latency_;
  Callback callback_;
  http::Client client_;
  Timer report_, deadline_;
  std::unique_ptr<StubResolver> resolver_;
  MonotonicTime asked_{};
  std::unique_ptr<Timer> dns_delay_;
  std::unique_ptr<http::Call> call_;
  std::unique_ptr<http::Collector> collector_;
  FetchResult result_;
  absl::Status outcome_;
  bool ended_ = false;
};

}  // namespace

absl::StatusOr<FetchResult> Fetch(const FetchPlan& plan, const net::Places& places,
                                  const net::LatencyModel& latency) {
  EventLoop loop;
  absl::StatusOr<FetchResult> out = Internal("the fetch has not ended");
  const std::unique_ptr<Fetching> fetching =
      Fetching::Start(loop, plan, places, latency, [&](absl::StatusOr<FetchResult> result) {
        out = std::move(result);
        loop.Stop();
      });
  loop.Run();
  return out;
}

std::unique_ptr<Fetching> Fetching::Start(EventLoop& loop, FetchPlan plan,
                                          const net::Places& places,
                                          const net::LatencyModel& latency, Callback callback) {
  auto journey =
      std::make_unique<Journey>(loop, std::move(plan), places, latency, std::move(callback));
  journey->Begin();
  return journey;
}

}  // namespace terrella::sim
