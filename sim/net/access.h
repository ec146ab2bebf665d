// AccessType: what a person's last mile is made of, and what it adds to every round trip.
//
// The figures are assumptions: typical unloaded medians of the technology, since no table by
// country was found. Load is not in them: a full queue in a home router adds hundreds of ms to any
// of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace terrella::net {

enum class AccessType : uint8_t { kFibre, kCable, kDsl, k5g, k4g, kLowOrbit, kGeostationary };

struct Access {
  AccessType type;
  std::string_view name;
  double rtt_ms;
};
constexpr std::array<Access, 7> kAccessTypes = {{{AccessType::kFibre, "fibre", 3},
                                                 {AccessType::kCable, "cable", 12},
                                                 {AccessType::kDsl, "dsl", 18},
                                                 {AccessType::k5g, "5g", 15},
                                                 {AccessType::k4g, "4g", 40},
                                                 {AccessType::kLowOrbit, "leo", 30},
                                                 // Up and down twice at 35,786 km and the speed of
                                                 // light: 477 ms, and the modems.
                                                 {AccessType::kGeostationary, "geo", 560}}};

constexpr std::optional<Access> FindAccess(std::string_view name) {
  for (const Access& access : kAccessTypes) {
    if (access.name == name) return access;
  }
  return std::nullopt;
}

}  // namespace terrella::net
