// Hubs: the places where networks hand traffic to each other, and how far apart they are.
//
// Networks meet in buildings of a few hundred cities: here, at all sites a network can have
// (sim/net/pops.h), and in cities of many users that are far from any site of their country, as all
// of mainland China is. Whatever moves between ASes moves from hub to hub, so a path's latency is a
// sum of entries of one table.
//
// Thread: immutable after Make, any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"

namespace terrella::bgp {

using HubId = uint16_t;
constexpr size_t kHubsMax = 512;

// A set of hubs.
class HubSet {
 public:
  void Add(HubId hub) { words_[hub / 64] |= uint64_t{1} << (hub % 64); }
  bool Has(HubId hub) const { return words_[hub / 64] >> (hub % 64) & 1; }
  HubSet operator&(const HubSet& other) const;
  template <class Visit>
  void ForEach(Visit visit) const;
  // Whether it has at most `count` members.
  bool AtMost(int count) const;
  bool operator==(const HubSet&) const = default;

 private:
  std::array<uint64_t, kHubsMax / 64> words_{};
};

class Hubs {
 public:
  // InvalidArgument unless the sites of `places` are 1 to kHubsMax.
  static absl::StatusOr<std::shared_ptr<const Hubs>> Make(
      std::shared_ptr<const net::Places> places, std::shared_ptr<const net::LatencyModel> latency);

  size_t size() const { return count_; }
  // The hubs where a network can have a site come first, in the order of presets.
  size_t site_count() const { return places_->pops().sites().size(); }
  // Of a hub where no site can be: the city, with "" as its code.
  const net::PopSite& SiteOf(HubId hub) const { return sites_[hub]; }
  // The hub at a site, or nearest to a site that only an operator has.
  std::optional<HubId> Find(std::string_view iata) const;
  HubId Nearest(const net::Coordinates& at) const;

  // Where the packets of people at a place enter: of the nearest few hubs, the one soonest reached.
  struct Access {
    HubId hub = 0;
    float rtt_ms = 0;  // last mile included
  };
  Access AccessOf(std::string_view country, const net::Coordinates& at) const;

  // Base round trip from hub to hub; 0 from one to itself.
  float RttMs(HubId a, HubId b) const { return rtt_ms_[a * count_ + b]; }
  float Km(HubId a, HubId b) const { return km_[a * count_ + b]; }
  // All hubs by rising round-trip time from this one, itself first.
  std::span<const HubId> ByRtt(HubId from) const {
    return std::span(by_rtt_).subspan(from * count_, count_);
  }
  // The member of a set that is nearest to `from`; nothing when it is empty.
  std::optional<HubId> NearestIn(const HubSet& set, HubId from) const;
  // From people at a place to a server at a hub, last mile included.
  float AccessMs(std::string_view country, const net::Coordinates& at, HubId hub) const;

  const net::Places& places() const { return *places_; }
  const net::LatencyModel& latency() const { return *latency_; }

 private:
  Hubs() = default;
  void AddCities();
  void Measure();
  std::shared_ptr<const net::Places> places_;
  std::shared_ptr<const net::LatencyModel> latency_;
  size_t count_ = 0;
  std::vector<net::PopSite> sites_;
  std::vector<std::array<float, 3>> on_sphere_;
  std::vector<net::Endpoint> endpoints_;
  std::vector<float> rtt_ms_, km_;
  std::vector<HubId> by_rtt_;
};

template <class Visit>
void HubSet::ForEach(Visit visit) const {
  for (size_t word = 0; word < words_.size(); ++word) {
    for (uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
      visit(static_cast<HubId>(word * 64 + static_cast<size_t>(__builtin_ctzll(bits))));
    }
  }
}

}  // namespace terrella::bgp
