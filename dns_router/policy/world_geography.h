// WorldGeography: the geography of sim/net: a location per city, addresses by client prefix.
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
  // Reads the files of `data_dir`.
  static absl::StatusOr<std::shared_ptr<const WorldGeography>> Load(
      const std::filesystem::path& data_dir);

  size_t location_count() const override { return 1 + cities_.size(); }
  LocationMatch Locate(const IpAddress& address) const override;
  absl::StatusOr<LocationId> Find(std::string_view text) const override;
  std::string NameOf(LocationId location) const override;
  void RttsTo(const NodeFacts& node, std::span<float> rtt_ms) const override;

 private:
  WorldGeography() = default;

  // Shared because the parts of the model know each other.
  std::shared_ptr<const net::Places> places_;
  std::shared_ptr<const net::PrefixTable> prefixes_;
  std::shared_ptr<const net::LatencyModel> latency_;
  std::vector<net::Endpoint> cities_;  // clients, by CityId
};

}  // namespace terrella::dns
