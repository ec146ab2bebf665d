// WorldGeography: the geography of sim/net: a location per city, addresses by client prefix.
//
// Of what is known of an address the most special counts: the operator's own prefixes, the blocks
// of the simulated cities, the private blocks, and last the country table.
//
// Somewhere (location 0) is as far from a node as people are on average, so an unknown client gets
// the node that serves the world best.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "dns_router/policy/geography.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"
#include "sim/net/prefix_table.h"

namespace terrella::dns {

class WorldGeography final : public Geography {
 public:
  struct Options {
    std::filesystem::path data_dir;
    std::filesystem::path prefixes;  // a file as policy/prefix_places.h reads; empty: none
    bool builtin_prefixes = true;    // whether the country table of data_dir is used
  };
  static absl::StatusOr<std::shared_ptr<const WorldGeography>> Load(const Options& options);

  size_t location_count() const override { return 1 + cities_.size(); }
  AddressRanges Ranges(IpAddress::Family family) const override;
  LocationId Locate(const IpAddress& address) const override;
  absl::StatusOr<LocationId> Find(std::string_view text) const override;
  std::string NameOf(LocationId location) const override;
  std::string_view CountryOf(LocationId location) const override;
  int ContinentOf(std::string_view country) const override;
  void RttsTo(const NodeFacts& node, std::span<float> rtt_ms) const override;

 private:
  WorldGeography() = default;

  // Shared because the parts of the model know each other.
  std::shared_ptr<const net::Places> places_;
  std::shared_ptr<const net::PrefixTable> prefixes_;  // null: not used
  std::shared_ptr<const net::LatencyModel> latency_;
  std::vector<net::Endpoint> cities_;  // clients, by CityId
  std::vector<PlacedPrefix> placed_;   // over the table, in this order
};

}  // namespace terrella::dns
