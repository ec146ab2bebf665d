#include "sim/bgp/hubs.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace terrella::bgp {
namespace {

// With more common hubs than this, walking all hubs from the nearest on finds one sooner.
constexpr int kFewHubs = 8;

}  // namespace

bool HubSet::AtMost(int count) const {
  for (const uint64_t word : words_) {
    count -= std::popcount(word);
    if (count < 0) return false;
  }
  return true;
}

HubSet HubSet::operator&(const HubSet& other) const {
  HubSet both;
  for (size_t i = 0; i < words_.size(); ++i) both.words_[i] = words_[i] & other.words_[i];
  return both;
}

std::shared_ptr<const Hubs> Hubs::Make(std::shared_ptr<const net::Places> places,
                                       std::shared_ptr<const net::LatencyModel> latency) {
  std::shared_ptr<Hubs> hubs(new Hubs);
  const std::span<const net::PopSite> sites = places->pops().sites();
  CHECK(!sites.empty() && sites.size() <= kHubsMax);
  hubs->count_ = sites.size();
  for (const net::PopSite& site : sites) {
    hubs->on_sphere_.push_back(net::UnitVectorF(site.at));
    hubs->endpoints_.push_back(latency->SiteAt(site));
  }
  const size_t count = sites.size();
  hubs->rtt_ms_.resize(count * count);
  hubs->km_.resize(count * count);
  hubs->by_rtt_.resize(count * count);
  for (size_t a = 0; a < count; ++a) {
    for (size_t b = 0; b < a; ++b) {
      const double rtt_ms = latency->RttMs(hubs->endpoints_[a], hubs->endpoints_[b]);
      const double km = net::GreatCircleKm(sites[a].at, sites[b].at);
      hubs->rtt_ms_[a * count + b] = hubs->rtt_ms_[b * count + a] = static_cast<float>(rtt_ms);
      hubs->km_[a * count + b] = hubs->km_[b * count + a] = static_cast<float>(km);
    }
  }
  for (size_t a = 0; a < count; ++a) {
    const std::span<HubId> order = std::span(hubs->by_rtt_).subspan(a * count, count);
    std::iota(order.begin(), order.end(), HubId{0});
    const float* row = hubs->rtt_ms_.data() + a * count;
    std::stable_sort(order.begin(), order.end(), [&](HubId x, HubId y) {
      return std::pair(row[x], x != a) < std::pair(row[y], y != a);
    });
  }
  hubs->places_ = std::move(places);
  hubs->latency_ = std::move(latency);
  return hubs;
}

std::optional<HubId> Hubs::Find(std::string_view iata) const {
  const net::PopSite* site = places_->pops().Find(iata);
  if (site == nullptr) return std::nullopt;
  return static_cast<HubId>(site - places_->pops().sites().data());
}

HubId Hubs::Nearest(const net::Coordinates& at) const {
  const std::array<float, 3> point = net::UnitVectorF(at);
  size_t best = 0;
  float best_cosine = -2;
  for (size_t hub = 0; hub < count_; ++hub) {
    const auto& p = on_sphere_[hub];
    const float cosine = p[0] * point[0] + p[1] * point[1] + p[2] * point[2];
    if (cosine > best_cosine) {
      best_cosine = cosine;
      best = hub;
    }
  }
  return static_cast<HubId>(best);
}

std::optional<HubId> Hubs::NearestIn(const HubSet& set, HubId from) const {
  if (set.Has(from)) return from;
  std::optional<HubId> best;
  const float* row = rtt_ms_.data() + from * count_;
  if (!set.AtMost(kFewHubs)) {
    for (const HubId hub : ByRtt(from)) {
      if (set.Has(hub)) return hub;
    }
  }
  set.ForEach([&](HubId hub) {
    if (!best || row[hub] < row[*best]) best = hub;
  });
  return best;
}

float Hubs::AccessMs(std::string_view country, const net::Coordinates& at, HubId hub) const {
  return static_cast<float>(latency_->RttMs(latency_->ClientAt(country, at), endpoints_[hub]));
}

}  // namespace terrella::bgp
