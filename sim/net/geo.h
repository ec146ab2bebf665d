// Points on the Earth, the distance between them, and the least time light in glass needs for it.
//
// The Earth is a sphere of mean radius: at most 0.6 % off, far below what routing adds.
#pragma once

#include <array>
#include <string>

#include "absl/status/status.h"

namespace terrella::net {

constexpr double kEarthRadiusKm = 6371.0088;

struct Coordinates {
  double latitude_deg = 0;   // -90 to 90
  double longitude_deg = 0;  // -180 to 180
  bool operator==(const Coordinates&) const = default;
};

// InvalidArgument unless both are finite and in range.
absl::Status CheckCoordinates(const Coordinates& at);

// "6.45,3.39".
std::string ToString(const Coordinates& at);

// A point as a unit vector.
std::array<double, 3> UnitVector(const Coordinates& at);
std::array<float, 3> UnitVectorF(const Coordinates& at);

// Great-circle distance (haversine formula: exact near 0, safe at antipodes).
double GreatCircleKm(const Coordinates& a, const Coordinates& b);

// Round-trip time through a straight fibre: refractive index 1.5, that is 199.86 km per ms one way.
constexpr double kFibreKmPerMs = 199.86;
double FibreRttMs(double distance_km);

}  // namespace terrella::net
