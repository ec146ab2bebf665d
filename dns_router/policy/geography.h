// Geography: what steering asks of the model of the world: where an address is and how far a node
// is.
//
// The world is a finite list of locations, so that everything about a location is computed when the
// view changes and a query only indexes an array. Location 0 stands for "somewhere": addresses of
// no known place.
//
// Thread: implementations are immutable, any.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "dns_router/policy/address_ranges.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

class Geography {
 public:
  virtual ~Geography() = default;
  virtual size_t location_count() const = 0;  // at least 1
  // Where all addresses of a family are.
  virtual AddressRanges Ranges(IpAddress::Family family) const = 0;
  // Where one is: as in Ranges.
  virtual LocationId Locate(const IpAddress& address) const = 0;
  // What a person typed: "Lagos". NotFound with a suggestion.
  virtual absl::StatusOr<LocationId> Find(std::string_view text) const = 0;
  virtual std::string NameOf(LocationId location) const = 0;
  // ISO 3166-1 alpha-2; "" for somewhere.
  virtual std::string_view CountryOf(LocationId location) const = 0;
  // A number for the continent of a country, below 0 when not known.
  virtual int ContinentOf(std::string_view country) const = 0;
  // Modelled base round-trip time in ms from every location to the node; rtt_ms has
  // location_count().
  virtual void RttsTo(const NodeFacts& node, std::span<float> rtt_ms) const = 0;
};

}  // namespace terrella::dns
