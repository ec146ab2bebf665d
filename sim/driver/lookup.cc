#include "sim/driver/lookup.h"

#include <utility>

#include "sim/scenario/person.h"

namespace terrella::sim {

Lookup::Lookup(const VisitContext& context, const Arrival& arrival, Callback callback)
    : context_(context),
      arrival_(arrival),
      callback_(std::move(callback)),
      alive_(std::make_shared<bool>(true)) {}

Lookup::~Lookup() {
  *alive_ = false;
}

void Lookup::Start(const std::string& host, MonotonicTime wanted) {
  if (arrival_.steering == Steering::kAnycast) {
    callback_(Failure::kNone, context_.options.ingress, wanted);
    return;
  }
  const net::CityId resolver =
      ResolverCityOf(context_.scenario, arrival_.city, arrival_.population);
  // What is not answered is waited for.
  if (IsResolverOut(context_.scenario, *context_.world.places, resolver, wanted - context_.start)) {
    return;
  }
  context_.resolver.Resolve(arrival_.city, resolver, host,
                            [this, alive = alive_, wanted](const auto& answer) {
                              if (*alive) OnAddress(answer, wanted);
                            });
}

Duration Lookup::ResolverDelay(const CityResolver::Answer& answer) const {
  const net::Places& places = *context_.world.places;
  const net::CityId resolver =
      ResolverCityOf(context_.scenario, arrival_.city, arrival_.population);
  const ResolverPath path(*context_.world.latency, places.PlaceOf(arrival_.city),
                          places.PlaceOf(resolver));
  double ms = path.CachedMs(
      WishOf(context_.scenario, places, arrival_.city, arrival_.client, arrival_.population));
  auto site = context_.options.nodes.find(answer.address);
  if (!answer.cached && site != context_.options.nodes.end()) {
    ms += path.BehindMs(path.model.SiteAt(site->second));
  }
  return FromMs(ms);
}

void Lookup::OnAddress(const absl::StatusOr<CityResolver::Answer>& answer, MonotonicTime wanted) {
  if (!answer.ok()) {
    callback_(Failure::kDns, {}, wanted);
    return;
  }
  const SocketAddress node{answer->address, context_.options.node_port};
  // What the real look-up took is no part of the modelled one.
  const MonotonicTime asked_at = wanted + ResolverDelay(*answer);
  delay_ = std::make_unique<Timer>(
      context_.loop, [this, node, asked_at] { callback_(Failure::kNone, node, asked_at); });
  delay_->StartAt(asked_at);
}

}  // namespace terrella::sim
