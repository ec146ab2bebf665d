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
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ip_address.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

using LocationId = uint32_t;
constexpr LocationId kSomewhere = 0;

struct LocationMatch {
  LocationId location = kSomewhere;
  int prefix_bits = 0;  // every address with these leading bits is at the same location
};

class Geography {
 public:
  virtual ~Geography() = default;
  virtual size_t location_count() const = 0;  // at least 1
  virtual LocationMatch Locate(const IpAddress& address) const = 0;
  // What a person typed: "Lagos". NotFound with a suggestion.
  virtual absl::StatusOr<LocationId> Find(std::string_view text) const = 0;
  virtual std::string NameOf(LocationId location) const = 0;
  // Modelled base round-trip time in ms from every location to the node; rtt_ms has
  // location_count().
  virtual void RttsTo(const NodeFacts& node, std::span<float> rtt_ms) const = 0;
};

}  // namespace terrella::dns
