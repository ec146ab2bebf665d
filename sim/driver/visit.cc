#include "sim/driver/visit.h"

#include "base/status.h"
#include "http/proxy_protocol.h"
#include "sim/driver/kv_log.h"
#include "sim/driver/placing.h"
#include "sim/net/asked_at.h"
#include "sim/net/city_block.h"
#include "sim/net/path_wish.h"
#include "sim/scenario/person.h"
#include "sim/visit/waterfall.h"

namespace terrella::sim {
namespace {

float Ms(Duration duration) {
  return static_cast<float>(ToMs(duration));
}

}  // namespace

Visit::Visit(VisitContext& context, const Arrival& arrival, DoneCallback done)
    : context_(context),
      arrival_(arrival),
      done_(std::move(done)),
      deadline_(context.loop, [this] { Finish(Failure::kTimeout); }),
      alive_(std::make_shared<bool>(true)) {
  sample_.due = arrival.due;
  sample_.city = arrival.city;
  sample_.steering = arrival.steering;
}

Visit::~Visit() {
  *alive_ = false;
}

void Visit::Start() {
  const MonotonicTime due = context_.start + arrival_.due;
  deadline_.StartAt(due + context_.scenario.clients.timeout);
  if (arrival_.steering == Steering::kAnycast) {
    Call(context_.options.ingress, due);
    return;
  }
  const net::CityId resolver =
      ResolverCityOf(context_.scenario, arrival_.city, arrival_.population);
  // What is not answered is waited for.
  if (IsResolverOut(context_.scenario, *context_.world.places, resolver, arrival_.due)) return;
  context_.resolver.Resolve(
      arrival_.city, resolver, context_.scenario.requests[arrival_.request].host,
      [this, alive = alive_](const absl::StatusOr<CityResolver::Answer>& answer) {
        if (*alive) OnAddress(answer);
      });
}

net::PathWish Visit::Wish() const {
  return WishOf(context_.scenario, *context_.world.places, arrival_.city, arrival_.client,
                arrival_.population);
}

Duration Visit::ResolverDelay(const CityResolver::Answer& answer) const {
  const net::Places& places = *context_.world.places;
  const net::CityId resolver =
      ResolverCityOf(context_.scenario, arrival_.city, arrival_.population);
  const ResolverPath path(*context_.world.latency, places.PlaceOf(arrival_.city),
                          places.PlaceOf(resolver));
  double ms = path.CachedMs(Wish());
  auto site = context_.options.nodes.find(answer.address);
  if (!answer.cached && site != context_.options.nodes.end()) {
    ms += path.BehindMs(path.model.SiteAt(site->second));
  }
  return FromMs(ms);
}

void Visit::OnAddress(const absl::StatusOr<CityResolver::Answer>& answer) {
  if (!answer.ok()) {
    Finish(Failure::kDns);
    return;
  }
  SocketAddress node{answer->address, context_.options.node_port};
  // What the real look-up took is no part of the modelled one.
  const MonotonicTime asked_at = context_.start + arrival_.due + ResolverDelay(*answer);
  resolver_delay_ =
      std::make_unique<Timer>(context_.loop, [this, node, asked_at] { Call(node, asked_at); });
  resolver_delay_->StartAt(asked_at);
}

void Visit::Call(const SocketAddress& destination, MonotonicTime asked_at) {
  asked_at_ = asked_at;
  destination_ = destination;
  http::ClientRequest request = RequestOf(context_, arrival_, arrival_.request);
  if (context_.scenario.clients.keep_alive || context_.of_page) {
    PlaceBySource(context_, arrival_, destination, request);
  } else if (absl::Status status = PlaceByHeader(destination, asked_at, request); !status.ok()) {
    Finish(Failure::kConnect);
    return;
  }
  call_ = context_.client.Send(std::move(request), *this);
}

absl::Status Visit::PlaceByHeader(const SocketAddress& destination, MonotonicTime asked_at,
                                  http::ClientRequest& request) const {
  http::ProxyInfo proxy;
  proxy.source = {net::CityAddressV4(arrival_.city, arrival_.client),
                  ClientPortOf(arrival_.number)};
  proxy.destination = destination;
  net::PathWish said = Wish();
  said.faults = FaultsAt(context_.scenario, asked_at - context_.start);
  if (const std::string wish = net::PathWishText(said); !wish.empty()) {
    proxy.tlvs.push_back({.type = net::kPathWishTlv, .value = wish});
  }
  proxy.tlvs.push_back({.type = net::kAskedAtTlv, .value = net::AskedAtText(asked_at)});
  ASSIGN_OR_RETURN(request.prefix_bytes, http::EncodeProxyHeader(proxy));
  return absl::OkStatus();
}

void Visit::OnResponse(http::ResponseHead head, std::unique_ptr<http::BodySource> body) {
  sample_.status = static_cast<uint16_t>(head.status);
  if (auto ray = head.headers.Find("terrella-ray"))
    sample_.pop = context_.results.PopIndex(PopOfRay(*ray));
  if (auto version = head.headers.Find("x-terrella-version")) {
    sample_.version = context_.results.VersionIndex(*version);
  }
  if (auto cache = head.headers.Find("cf-cache-status")) {
    sample_.cache = ParseCacheStatus(*cache);
  }
  if (context_.phase_rule.Keeps(arrival_.number)) TakePhases(head.headers);
  if (auto promised = head.headers.Find("x-body-version")) body_version_ = std::string(*promised);
  if (IsOfKv()) kv_value_ = head.headers.Find(kKvWriteField).value_or("");
  body_ = std::move(body);
  body_->Read(*this);
}

void Visit::TakePhases(const http::Headers& headers) {
  double rtt_ms = 0, node_ms = 0;
  const auto field = headers.Combined("server-timing");
  for (const auto& [name, ms] : ParseServerTiming(field.value_or(""))) {
    if (name == "rtt") rtt_ms += ms;
    if (name == "worker" || name == "cold") node_ms += ms;
  }
  // What they say cannot be more than what was waited for.
  double left_ms = ToMs(context_.loop.Now() - asked_at_);
  const auto take = [&left_ms](double ms) {
    const double taken = std::clamp(ms, 0.0, std::max(0.0, left_ms));
    left_ms -= taken;
    return static_cast<float>(taken);
  };
  phases_.dns_ms = Ms(asked_at_ - (context_.start + arrival_.due));
  phases_.node_ms = take(node_ms);
  phases_.request_ms = take(rtt_ms / 2);
  take(rtt_ms / 2);  // the answer's first byte
  phases_.connect_ms = take(left_ms);
}

void Visit::OnError(const absl::Status& status) {
  Finish(status.code() == absl::StatusCode::kDataLoss ? Failure::kBroken : Failure::kConnect);
}

void Visit::OnBodyData(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > context_.options.body_bytes_max) {
    Finish(Failure::kBroken);
  } else if (!body_version_.empty()) {
    text_.append(bytes);
  }
}

void Visit::OnBodyEnd() {
  if (sample_.status >= 400) {
    Finish(Failure::kStatus);
  } else {
    Finish(IsMixed() ? Failure::kMixed : Failure::kNone);
  }
}

void Visit::OnBodyError(const absl::Status&) {
  Finish(Failure::kBroken);
}

bool Visit::IsMixed() const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (!line.empty() && line != body_version_) return true;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return false;
}

void Visit::Finish(Failure failure) {
  if (finished_) return;
  finished_ = true;
  sample_.felt = context_.loop.Now() - (context_.start + arrival_.due);
  sample_.failure = failure;
  phases_ = Phases::Of(ToMs(sample_.felt), phases_);
  deadline_.Stop();
  if (IsOfKv() && failure == Failure::kNone) context_.kv->Add(arrival_, sample_, kv_value_);
  // The end is delivered from the loop, because the call and the body are still on the stack here.
  end_ = std::make_unique<Timer>(context_.loop, [this] {
    auto done = std::move(done_);
    done(sample_, phases_);
  });
  end_->Start(Duration(0));
}

}  // namespace terrella::sim
