#include "sim/ingress/catchment.h"

#include <fmt/format.h>

#include <utility>

#include "base/status.h"
#include "http/message/headers.h"

namespace terrella::sim {
namespace {

absl::StatusOr<Site> SiteOf(const v1::NodeInfo& info, const net::LatencyModel& model) {
  Site site{.id = info.id(), .pop = info.pop()};
  ASSIGN_OR_RETURN(site.address.ip, IpAddress::Parse(info.address()));
  if (info.port() == 0 || info.port() > 65535) {
    return InvalidArgument("expected a port of 1 to 65535, got {}", info.port());
  }
  site.address.port = static_cast<uint16_t>(info.port());
  net::Coordinates at{info.latitude_deg(), info.longitude_deg()};
  RETURN_IF_ERROR(net::CheckCoordinates(at));
  site.endpoint = model.SiteAt(info.country(), at);
  return site;
}

}  // namespace

void Catchment::Update(const v1::View& view, MonotonicTime now,
                       std::vector<std::string>* complaints) {
  std::map<std::string, Entry> before = std::exchange(entries_, {});
  has_view_ = true;
  for (const v1::Node& node : view.nodes()) {
    absl::StatusOr<Site> site = SiteOf(node.info(), model_);
    if (!site.ok()) {
      complaints->push_back(fmt::format("node {}: {}", node.info().id(), Message(site.status())));
      continue;
    }
    Entry entry{.site = *std::move(site)};
    auto old = before.find(entry.site.id);
    bool was_announced = old != before.end() && old->second.announced;
    entry.announced = node.state() == v1::NODE_STATE_READY ||
                      (node.state() == v1::NODE_STATE_SYNCING && was_announced);
    if (old != before.end()) {
      entry.heard_until = was_announced ? now + convergence_ : old->second.heard_until;
      before.erase(old);
    }
    entries_.emplace(entry.site.id, std::move(entry));
  }
  // Nodes that left the view are still heard for a while.
  for (auto& [id, entry] : before) {
    if (entry.announced) entry.heard_until = now + convergence_;
    entry.announced = false;
    if (entry.heard_until > now) entries_.emplace(id, std::move(entry));
  }
}

const Site* Catchment::Nearest(const net::Endpoint& client, MonotonicTime now) const {
  const Site* nearest = nullptr;
  double nearest_ms = 0;
  for (const auto& [id, entry] : entries_) {
    if (!entry.announced && now >= entry.heard_until) continue;
    double rtt_ms = model_.RttMs(client, entry.site.endpoint);
    if (nearest == nullptr || rtt_ms < nearest_ms) {
      nearest = &entry.site;
      nearest_ms = rtt_ms;
    }
  }
  return nearest;
}

std::vector<Catchment::Known> Catchment::Sites() const {
  std::vector<Known> sites;
  for (const auto& [id, entry] : entries_) sites.push_back({&entry.site, entry.announced});
  return sites;
}

const Site* Catchment::ByAddress(const IpAddress& ip) const {
  for (const auto& [id, entry] : entries_) {
    if (entry.site.address.ip == ip) return &entry.site;
  }
  return nullptr;
}

const Site* Catchment::ByName(std::string_view name) const {
  for (const auto& [id, entry] : entries_) {
    if (http::EqualsIgnoreCase(entry.site.pop, name) || http::EqualsIgnoreCase(id, name)) {
      return &entry.site;
    }
  }
  return nullptr;
}

std::vector<std::string> Catchment::Names() const {
  std::vector<std::string> names;
  for (const auto& [id, entry] : entries_) names.push_back(entry.site.pop);
  return names;
}

}  // namespace terrella::sim
