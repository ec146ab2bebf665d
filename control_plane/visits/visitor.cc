#include "control_plane/visits/visitor.h"

#include <thread>

#include "base/event_loop.h"
#include "base/file.h"
#include "base/status.h"
#include "base/utf8.h"
#include "sim/net/data_dir.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"
#include "sim/visit/fetcher.h"
#include "sim/visit/http_url.h"
#include "sim/visit/waterfall.h"

namespace terrella::control {
namespace {

constexpr size_t kBodyBytesMax = 64 << 20;
constexpr size_t kBodyBytesShown = 4096;
constexpr size_t kHeaderBytesShown = 4096;
constexpr size_t kUrlBytesMax = 4096;
constexpr size_t kAuthorityBytesMax = 64 << 10;

void AddHeaders(const http::Headers& headers, v1::VisitResponse& out) {
  size_t bytes = 0;
  for (const auto& field : headers.fields()) {
    bytes += field.name.size() + field.value.size();
    if (bytes > kHeaderBytesShown) return;
    v1::VisitHeader& header = *out.add_headers();
    header.set_name(Utf8Text(field.name, kHeaderBytesShown));
    header.set_value(Utf8Text(field.value, kHeaderBytesShown));
  }
}

v1::VisitResponse ResponseOf(const sim::FetchPlan& plan, const sim::FetchResult& result,
                             double rtt_ms) {
  v1::VisitResponse out;
  out.set_city(plan.from.name);
  out.set_country(plan.from.country);
  out.set_latitude_deg(plan.from.at.latitude_deg);
  out.set_longitude_deg(plan.from.at.longitude_deg);
  out.set_status(static_cast<uint32_t>(result.head.status));
  const auto text = [&](std::string_view field) {
    return Utf8Text(result.head.headers.Find(field).value_or(""), 128);
  };
  out.set_ray(text("terrella-ray"));
  out.set_version_id(text("x-terrella-version"));
  out.set_pop(std::string(sim::PopOfRay(out.ray())));
  out.set_rtt_ms(rtt_ms);
  if (result.dns) {
    v1::VisitDns& dns = *out.mutable_dns();
    dns.set_address(result.dns->address.ToString());
    dns.set_pop(result.dns->pop);
    dns.set_ttl_s(result.dns->ttl_s);
    dns.set_scope_bits(static_cast<uint32_t>(result.dns->scope_bits));
  }
  for (const std::string& line : result.why) out.add_why(Utf8Text(line, 256));
  const sim::Waterfall waterfall = sim::MakeWaterfall(result, rtt_ms);
  for (const sim::Waterfall::Phase& phase : waterfall.phases) {
    v1::VisitPhase& shown = *out.add_phases();
    shown.set_name(phase.name);
    shown.set_start_ms(phase.start_ms);
    shown.set_duration_ms(phase.duration_ms);
    shown.set_note(phase.note);
  }
  out.set_total_ms(waterfall.total_ms);
  AddHeaders(result.head.headers, out);
  out.set_body(Utf8Text(result.body, kBodyBytesShown));
  out.set_body_bytes(result.body.size());
  return out;
}

}  // namespace

class Visitor::Impl {
 public:
  explicit Impl(VisitorOptions options)
      : options_(std::move(options)), thread_([this] { loop_.Run(); }) {}
  ~Impl() {
    loop_.Post([this] {
      Stop();
      loop_.Stop();
    });
    thread_.join();
  }

  void Stop() {
    stopped_ = true;
    for (auto& [id, visit] : visits_) visit.done(absl::CancelledError("the network stops"));
    visits_.clear();
  }

  void Post(std::function<void()> task) { loop_.Post(std::move(task)); }

  void Begin(const v1::VisitRequest& request, Pops pops, Done done) {
    if (stopped_) return done(absl::CancelledError("the network stops"));
    if (visits_.size() >= options_.visits_max) {
      return done(ResourceExhausted("{} visits are under way already", options_.visits_max));
    }
    absl::Status ready = LoadWorld();
    if (!ready.ok()) return done(std::move(ready));
    absl::StatusOr<sim::FetchPlan> plan = PlanOf(request);
    if (!plan.ok()) return done(plan.status());
    plan->pops = std::move(pops);
    const uint64_t id = next_id_++;
    Visiting& visit = visits_[id];
    visit.plan = *plan;
    visit.done = std::move(done);
    visit.fetching = sim::Fetching::Start(
        loop_, *std::move(plan), *places_, *latency_,
        [this, id](absl::StatusOr<sim::FetchResult> result) { End(id, std::move(result)); });
  }

 private:
  absl::StatusOr<std::shared_ptr<const http::ClientTls>> Tls() const {
    absl::StatusOr<std::string> pem = NotFound("no file was named");
    if (!options_.authority.empty()) pem = ReadFile(options_.authority, kAuthorityBytesMax);
    if (!pem.ok()) {
      return FailedPrecondition("https is not to be had here (--visit-ca: {}); use http://",
                                Message(pem.status()));
    }
    return http::ClientTls::Make(*pem);
  }

  struct Visiting {
    sim::FetchPlan plan;
    Done done;
    std::unique_ptr<sim::Fetching> fetching;
  };

  absl::Status LoadWorld() {
    if (latency_ != nullptr) return absl::OkStatus();
    std::filesystem::path data = options_.data;
    if (data.empty()) {
      ASSIGN_OR_RETURN(data, net::FindDataDir());
    }
    ASSIGN_OR_RETURN(places_, net::Places::Load(data));
    ASSIGN_OR_RETURN(latency_, net::LatencyModel::Load(data));
    return absl::OkStatus();
  }

  absl::StatusOr<sim::FetchPlan> PlanOf(const v1::VisitRequest& request) const {
    if (request.url().size() > kUrlBytesMax) {
      return InvalidArgument("a URL has at most {} bytes here", kUrlBytesMax);
    }
    sim::FetchPlan plan;
    absl::StatusOr<net::Place> place = places_->Find(request.place());
    if (!place.ok()) return InvalidArgument("{}", Message(place.status()));
    plan.from = *std::move(place);
    ASSIGN_OR_RETURN(const sim::HttpUrl url, sim::ParseHttpUrl(request.url()));
    if (url.port && *url.port != options_.ingress.port) {
      return InvalidArgument("the network serves port {}, not {}; leave the port out",
                             options_.ingress.port, *url.port);
    }
    if (!request.access().empty()) {
      RETURN_IF_ERROR(net::ReadPathWish("access", request.access(), &plan.wish));
    }
    if (url.secure) {
      ASSIGN_OR_RETURN(plan.tls, Tls());
    }
    plan.host = url.host;
    plan.head.method = "GET";
    plan.head.host = url.authority();
    plan.head.target = url.target;
    plan.head.headers.Append("accept", "*/*");
    plan.head.headers.Append("user-agent", "terrella");
    plan.via = request.anycast() ? sim::Via::kAnycast : sim::Via::kDns;
    plan.explain = true;
    plan.ingress = options_.ingress;
    plan.dns = options_.dns;
    plan.node_port = options_.ingress.port;
    plan.timeout = options_.timeout;
    plan.body_bytes_max = kBodyBytesMax;
    return plan;
  }

  void End(uint64_t id, absl::StatusOr<sim::FetchResult> result) {
    // Its callback, which is on the stack, is the fetching's own.
    auto ended = std::make_shared<Visiting>(std::move(visits_.extract(id).mapped()));
    loop_.Defer([ended] {});
    if (!result.ok()) return ended->done(result.status());
    // What the ingress says it added is what was felt, whatever the access; without it, the model.
    double rtt_ms = sim::FeltRttMs(*result);
    const std::string pop(sim::PopOfRay(result->head.headers.Find("terrella-ray").value_or("")));
    if (const net::PopSite* site = places_->pops().Find(pop); rtt_ms == 0 && site != nullptr) {
      rtt_ms = latency_->RttMs(latency_->ClientAt(ended->plan.from), latency_->SiteAt(*site));
    }
    ended->done(ResponseOf(ended->plan, *result, rtt_ms));
  }

  const VisitorOptions options_;
  EventLoop loop_;
  // Of the loop's thread.
  std::shared_ptr<const net::Places> places_;
  std::shared_ptr<const net::LatencyModel> latency_;  // null until the first visit
  bool stopped_ = false;
  uint64_t next_id_ = 0;
  std::map<uint64_t, Visiting> visits_;
  std::thread thread_;  // last
};

Visitor::Visitor(VisitorOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Visitor::~Visitor() = default;

void Visitor::Stop() {
  impl_->Post([impl = impl_.get()] { impl->Stop(); });
}

void Visitor::Visit(v1::VisitRequest request, Pops pops, Done done) {
  impl_->Post([impl = impl_.get(), request = std::move(request), pops = std::move(pops),
               done = std::move(done)]() mutable {
    impl->Begin(request, std::move(pops), std::move(done));
  });
}

}  // namespace terrella::control
