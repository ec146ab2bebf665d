#include "sim/bgp/hubs.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <utility>

#include "base/status.h"

namespace terrella::bgp {
namespace {

// With more common hubs than this, walking all hubs from the nearest on finds one sooner.
constexpr int kFewHubs = 8;
// A city becomes a hub when it has so many users, so far from other hubs of its country.
constexpr double kCityUsersMin = 500'000, kCityKmMin = 400;
// Hubs that people at a place may enter at.
constexpr size_t kAccessHubs = 5;

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

absl::StatusOr<std::shared_ptr<const Hubs>> Hubs::Make(
    std::shared_ptr<const net::Places> places, std::shared_ptr<const net::LatencyModel> latency) {
  std::shared_ptr<Hubs> hubs(new Hubs);
  const std::span<const net::PopSite> sites = places->pops().sites();
  if (sites.empty() || sites.size() > kHubsMax) {
    return InvalidArgument("pops.csv: expected 1 to {} sites, got {}", kHubsMax, sites.size());
  }
  hubs->places_ = std::move(places);
  hubs->latency_ = std::move(latency);
  hubs->sites_.assign(sites.begin(), sites.end());
  hubs->AddCities();
  for (const net::PopSite& site : hubs->sites_) {
    hubs->on_sphere_.push_back(net::UnitVectorF(site.at));
    hubs->endpoints_.push_back(hubs->latency_->SiteAt(site));
  }
  hubs->Measure();
  return hubs;
}

void Hubs::AddCities() {
  std::vector<const net::City*> cities;
  for (const net::City& city : places_->cities()) {
    if (city.users >= kCityUsersMin) cities.push_back(&city);
  }
  std::stable_sort(cities.begin(), cities.end(),
                   [](const net::City* a, const net::City* b) { return a->users > b->users; });
  for (const net::City* city : cities) {
    if (sites_.size() == kHubsMax) return;
    const bool served = std::any_of(sites_.begin(), sites_.end(), [&](const net::PopSite& site) {
      return site.country == city->country && net::GreatCircleKm(site.at, city->at) <= kCityKmMin;
    });
    if (served) continue;
    sites_.push_back({.city = city->name,
                      .country = city->country,
                      .continent = city->continent,
                      .at = city->at});
  }
}

void Hubs::Measure() {
  const size_t count = count_ = sites_.size();
  rtt_ms_.resize(count * count);
  km_.resize(count * count);
  by_rtt_.resize(count * count);
  for (size_t a = 0; a < count; ++a) {
    for (size_t b = 0; b < a; ++b) {
      const double rtt_ms = latency_->RttMs(endpoints_[a], endpoints_[b]);
      const double km = net::GreatCircleKm(sites_[a].at, sites_[b].at);
      rtt_ms_[a * count + b] = rtt_ms_[b * count + a] = static_cast<float>(rtt_ms);
      km_[a * count + b] = km_[b * count + a] = static_cast<float>(km);
    }
  }
  for (size_t a = 0; a < count; ++a) {
    const std::span<HubId> order = std::span(by_rtt_).subspan(a * count, count);
    std::iota(order.begin(), order.end(), HubId{0});
    const float* row = rtt_ms_.data() + a * count;
    std::stable_sort(order.begin(), order.end(), [&](HubId x, HubId y) {
      return std::pair(row[x], x != a) < std::pair(row[y], y != a);
    });
  }
}

std::optional<HubId> Hubs::Find(std::string_view iata) const {
  const net::PopSite* site = places_->pops().Find(iata);
  if (site == nullptr) return std::nullopt;
  const std::span<const net::PopSite> hubs = places_->pops().sites();
  const bool is_hub =
      !std::less<>()(site, hubs.data()) && std::less<>()(site, hubs.data() + hubs.size());
  return is_hub ? static_cast<HubId>(site - hubs.data()) : Nearest(site->at);
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

Hubs::Access Hubs::AccessOf(std::string_view country, const net::Coordinates& at) const {
  const std::array<float, 3> point = net::UnitVectorF(at);
  std::vector<std::pair<float, HubId>> near;
  near.reserve(count_);
  for (size_t hub = 0; hub < count_; ++hub) {
    const auto& p = on_sphere_[hub];
    near.emplace_back(-(p[0] * point[0] + p[1] * point[1] + p[2] * point[2]), hub);
  }
  const size_t few = std::min(kAccessHubs, count_);
  std::partial_sort(near.begin(), near.begin() + static_cast<ptrdiff_t>(few), near.end());
  const net::Endpoint client = latency_->ClientAt(country, at);
  Access best;
  for (size_t i = 0; i < few; ++i) {
    const HubId hub = near[i].second;
    const auto rtt_ms = static_cast<float>(latency_->RttMs(client, endpoints_[hub]));
    if (i == 0 || rtt_ms < best.rtt_ms) best = {.hub = hub, .rtt_ms = rtt_ms};
  }
  return best;
}

float Hubs::AccessMs(std::string_view country, const net::Coordinates& at, HubId hub) const {
  return static_cast<float>(latency_->RttMs(latency_->ClientAt(country, at), endpoints_[hub]));
}

}  // namespace terrella::bgp
