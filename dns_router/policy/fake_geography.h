// FakeGeography: a small world for tests: named points on a line, one address block each.
//
// The round-trip time between a location and a node is the distance between their positions; a
// node's position is its longitude. Location 0, somewhere, is at position 0.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "dns_router/policy/geography.h"

namespace terrella::dns {

class FakeGeography final : public Geography {
 public:
  struct Point {
    std::string name;
    double position;
    IpPrefix block;
  };
  explicit FakeGeography(std::vector<Point> points) : points_(std::move(points)) {}

  size_t location_count() const override { return points_.size() + 1; }
  // Between the blocks everything is known to be somewhere.
  AddressRanges Ranges(IpAddress::Family family) const override {
    std::vector<PlacedPrefix> placed;
    for (size_t i = 0; i < points_.size(); ++i) {
      placed.push_back({points_[i].block, static_cast<LocationId>(i + 1)});
    }
    return Overlay({{0, kSomewhere}}, placed, family);
  }
  LocationId Locate(const IpAddress& address) const override {
    return LocationIn(Ranges(address.family()), HighBits(address));
  }
  absl::StatusOr<LocationId> Find(std::string_view text) const override {
    for (size_t i = 0; i < points_.size(); ++i) {
      if (points_[i].name == text) return static_cast<LocationId>(i + 1);
    }
    return NotFound("no place called '{}'", text);
  }
  std::string NameOf(LocationId location) const override {
    return location == kSomewhere ? "somewhere" : points_[location - 1].name;
  }
  // The country of a point is its name's first two letters; West is a continent of its own.
  std::string_view CountryOf(LocationId location) const override {
    if (location == kSomewhere) return "";
    return std::string_view(points_[location - 1].name).substr(0, 2);
  }
  int ContinentOf(std::string_view country) const override { return country == "We" ? 1 : 2; }
  void RttsTo(const NodeFacts& node, std::span<float> rtt_ms) const override {
    ++columns_built;
    for (LocationId i = 0; i < location_count(); ++i) {
      const double position = i == kSomewhere ? 0 : points_[i - 1].position;
      rtt_ms[i] = static_cast<float>(std::abs(position - node.longitude_deg));
    }
  }
  mutable int columns_built = 0;

 private:
  std::vector<Point> points_;
};

// West (-100, 10.0.0.0/8), Middle (1, 20.0.0.0/16), East (100, 30.1.0.0/20 and 2001:db8::/32).
inline FakeGeography::Point MakePoint(std::string name, double position, std::string_view block) {
  return {std::move(name), position, *IpPrefix::Parse(block)};
}
inline std::shared_ptr<const FakeGeography> MakeThreePoints() {
  return std::make_shared<FakeGeography>(std::vector<FakeGeography::Point>{
      MakePoint("West", -100, "10.0.0.0/8"), MakePoint("Middle", 1, "20.0.0.0/16"),
      MakePoint("East", 100, "30.1.0.0/20"), MakePoint("East6", 100, "2001:db8::/32")});
}

inline NodeFacts MakeNode(std::string id, double position, std::string_view address,
                          NodeState state = NodeState::kReady) {
  return {.id = std::move(id),
          .country = "",
          .latitude_deg = 0,
          .longitude_deg = position,
          .address = *IpAddress::Parse(address),
          .state = state};
}

// Nodes E (100, 127.0.0.3), M (0, 127.0.0.2) and W (-100, 127.0.0.1), all ready.
inline TopologyView MakeThreeNodeView() {
  return {.serial = 7,
          .zone = "edge.test",
          .nodes = {MakeNode("E", 100, "127.0.0.3"), MakeNode("M", 0, "127.0.0.2"),
                    MakeNode("W", -100, "127.0.0.1")},
          .hostnames = {"hello.edge.test", "*.wild.edge.test", "deep.a.b.edge.test"}};
}

}  // namespace terrella::dns
