#include "control_plane/wan/wan.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "sim/net/handshake.h"
#include "sim/net/places.h"
#include "sim/net/pops.h"
#include "sim/net/transfer_model.h"

namespace terrella::control {
namespace {

constexpr size_t kRelaysMax = 64;

absl::StatusOr<WanSite> FindHome(const net::LatencyModel& latency, const net::Places& places,
                                 const std::string& text) {
  if (const net::PopSite* site = places.pops().Find(text)) {
    return WanSite{site->city, latency.SiteAt(*site)};
  }
  absl::StatusOr<net::Place> place = places.Find(text);
  if (!place.ok()) return InvalidArgument("home: {}", Message(place.status()));
  return WanSite{place->name, latency.SiteAt(place->country, place->at)};
}

absl::StatusOr<std::vector<WanSite>> FindRelays(const net::LatencyModel& latency,
                                                const net::Pops& pops, const std::string& text) {
  if (text.empty()) return std::vector<WanSite>{};
  const auto sites = pops.Select(text);
  if (!sites.ok()) return InvalidArgument("relays: {}", Message(sites.status()));
  if (sites->size() > kRelaysMax) {
    return InvalidArgument("relays: {} of them, at most {}", sites->size(), kRelaysMax);
  }
  std::vector<WanSite> relays;
  for (const net::PopSite& site : *sites) relays.push_back({site.iata, latency.SiteAt(site)});
  return relays;
}

Duration TimeToLeave(uint64_t bytes, double bits_per_s) {
  return FromMs(static_cast<double>(bytes) * 8 / bits_per_s * 1000);
}

}  // namespace

MonotonicTime WanFlow::Leg::ArrivalOf(uint64_t bytes) const {
  const int rounds = net::SlowStartRoundTrips(bytes);
  return begun + FromMs(rtt_ms * rounds + rtt_ms / 2) + TimeToLeave(bytes, uplink_bits_per_s);
}

// The relay can pass on no byte before it has it, nor more than its own window lets it.
MonotonicTime WanFlow::ArrivalOf(uint64_t bytes) const {
  const MonotonicTime by_window = last.ArrivalOf(bytes);
  if (!first) return by_window;
  return std::max(by_window, first->ArrivalOf(bytes) + FromMs(last.rtt_ms / 2));
}

absl::StatusOr<std::unique_ptr<Wan>> Wan::Load(const WanOptions& options) {
  ASSIGN_OR_RETURN(auto latency, net::LatencyModel::Load(options.data));
  ASSIGN_OR_RETURN(auto places, net::Places::Load(options.data));
  ASSIGN_OR_RETURN(WanSite home, FindHome(*latency, *places, options.home));
  ASSIGN_OR_RETURN(std::vector<WanSite> relays,
                   FindRelays(*latency, places->pops(), options.relays));
  return std::make_unique<Wan>(std::move(latency), std::move(home), std::move(relays));
}

Wan::Wan(std::shared_ptr<const net::LatencyModel> latency, WanSite home,
         std::vector<WanSite> relays, const WanLimits& limits)
    : latency_(std::move(latency)),
      home_(std::move(home)),
      relays_(std::move(relays)),
      limits_(limits),
      relay_senders_(relays_.size()) {}

WanWay Wan::WayTo(std::string_view country, const net::Coordinates& at) const {
  const net::Endpoint node = latency_->SiteAt(country, at);
  WanWay way{
      .relay = std::nullopt, .home_rtt_ms = 0, .node_rtt_ms = latency_->RttMs(home_.at, node)};
  for (size_t i = 0; i < relays_.size(); ++i) {
    const double rtt_ms = latency_->RttMs(relays_[i].at, node);
    if (rtt_ms >= way.node_rtt_ms) continue;
    way = {
        .relay = i, .home_rtt_ms = latency_->RttMs(home_.at, relays_[i].at), .node_rtt_ms = rtt_ms};
  }
  return way;
}

const std::string& Wan::SenderOf(const WanWay& way) const {
  return way.relay ? relays_[*way.relay].name : home_.name;
}

// What waits drains whatever comes later; what is promised for later does not hold up what is there
// now.
MonotonicTime Wan::Enqueue(Sender& sender, MonotonicTime now, MonotonicTime at,
                           uint64_t bytes) const {
  const Duration waits = std::max(Duration(0), sender.free - now);
  sender.free = now + waits + TimeToLeave(bytes, limits_.uplink_bits_per_s);
  return at + waits;
}

MonotonicTime Wan::CopyBegun(Sender& relay, MonotonicTime now, MonotonicTime asked,
                             const std::string& content, uint64_t bytes) {
  const auto [copy, added] = relay.copies.try_emplace(content);
  if (!added) return copy->second;
  copy->second = Enqueue(home_sender_, now, asked, bytes);
  const MonotonicTime begun = copy->second;
  relay.oldest.push_back(content);
  if (relay.oldest.size() > limits_.copies_max) {
    relay.copies.erase(relay.oldest.front());
    relay.oldest.pop_front();
  }
  return begun;
}

WanFlow::Leg Wan::LastLeg(const WanWay& way, MonotonicTime now, MonotonicTime at, uint64_t bytes) {
  Sender& sender = way.relay ? relay_senders_[*way.relay] : home_sender_;
  return {.begun = Enqueue(sender, now, at, bytes),
          .rtt_ms = way.node_rtt_ms,
          .uplink_bits_per_s = limits_.uplink_bits_per_s};
}

WanFlow Wan::Send(MonotonicTime now, const WanWay& way, const std::string& content,
                  uint64_t bytes) {
  WanFlow flow;
  MonotonicTime at = now;
  if (way.relay) {
    const MonotonicTime begun = CopyBegun(relay_senders_[*way.relay], now, now, content, bytes);
    flow.first = {begun, way.home_rtt_ms, limits_.uplink_bits_per_s};
    at = std::max(now, begun) + FromMs(way.home_rtt_ms / 2);
  }
  flow.last = LastLeg(way, now, at, bytes);
  return flow;
}

WanFlow Wan::Fetch(MonotonicTime now, const WanWay& way, const std::string& content,
                   uint64_t bytes) {
  WanFlow flow;
  MonotonicTime at = now + FromMs(way.node_rtt_ms / 2);
  if (way.relay) {
    const Duration to_home = FromMs(way.home_rtt_ms / 2);
    const MonotonicTime begun =
        CopyBegun(relay_senders_[*way.relay], now, at + to_home, content, bytes);
    flow.first = {begun, way.home_rtt_ms, limits_.uplink_bits_per_s};
    at = std::max(at, begun + to_home);
  }
  flow.last = LastLeg(way, now, at, bytes);
  return flow;
}

MonotonicTime Wan::Return(MonotonicTime now, const WanWay& way, uint64_t bytes) const {
  const int rounds = net::SlowStartRoundTrips(bytes);
  return now + way.OneWay() + FromMs(std::max(way.home_rtt_ms, way.node_rtt_ms) * rounds);
}

Duration Wan::Connecting(const WanWay& way) const {
  return FromMs(way.node_rtt_ms * net::HandshakeRoundTrips(net::Transport::kTls13));
}

}  // namespace terrella::control
