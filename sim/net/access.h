// AccessType: what a person's last mile is made of: what it adds to every round trip, and how many
// packets it loses.
//
// The figures are assumptions: typical unloaded medians of the technology, and losses of the order
// that its retransmissions on the air or the wire leave over, since no table by country was found.
// Load is not in them (evening_queue.h): a full queue in a home router adds hundreds of ms to any
// of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/net/gilbert.h"

namespace terrella::net {

enum class AccessType : uint8_t { kFibre, kCable, kDsl, k5g, k4g, kLowOrbit, kGeostationary };

struct Access {
  AccessType type;
  std::string_view name;
  double rtt_ms;
  LossRates loss;
};
constexpr size_t kAccessTypeCount = 7;
constexpr std::array<Access, kAccessTypeCount> kAccessTypes = {
    {{AccessType::kFibre, "fibre", 3, {.share = 0.0001, .burst = 2}},
     {AccessType::kCable, "cable", 12, {.share = 0.0005, .burst = 2}},
     {AccessType::kDsl, "dsl", 18, {.share = 0.001, .burst = 2}},
     {AccessType::k5g, "5g", 15, {.share = 0.001, .burst = 3}},
     {AccessType::k4g, "4g", 40, {.share = 0.003, .burst = 3}},
     // Handovers between satellites every 15 s lose runs of packets.
     {AccessType::kLowOrbit, "leo", 30, {.share = 0.005, .burst = 5}},
     // Up and down twice at 35,786 km and the speed of light: 477 ms, and the modems.
     {AccessType::kGeostationary, "geo", 560, {.share = 0.005, .burst = 3}}}};

constexpr std::optional<Access> FindAccess(std::string_view name) {
  for (const Access& access : kAccessTypes) {
    if (access.name == name) return access;
  }
  return std::nullopt;
}
constexpr const Access& AccessOf(AccessType type) {
  return kAccessTypes[static_cast<size_t>(type)];
}

}  // namespace terrella::net
