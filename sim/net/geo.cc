#include "sim/net/geo.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/status.h"

namespace terrella::net {
namespace {
double Radians(double deg) {
  return deg * (std::numbers::pi / 180);
}
}  // namespace

absl::Status CheckCoordinates(const Coordinates& at) {
  // Written so that NaN fails.
  if (!(std::abs(at.latitude_deg) <= 90)) {
    return InvalidArgument("expected a latitude between -90 and 90, got {}", at.latitude_deg);
  }
  if (!(std::abs(at.longitude_deg) <= 180)) {
    return InvalidArgument("expected a longitude between -180 and 180, got {}", at.longitude_deg);
  }
  return absl::OkStatus();
}

std::string ToString(const Coordinates& at) {
  return fmt::format("{:.2f},{:.2f}", at.latitude_deg, at.longitude_deg);
}

std::array<double, 3> UnitVector(const Coordinates& at) {
  double lat = Radians(at.latitude_deg), lon = Radians(at.longitude_deg);
  return {std::cos(lat) * std::cos(lon), std::cos(lat) * std::sin(lon), std::sin(lat)};
}

std::array<float, 3> UnitVectorF(const Coordinates& at) {
  auto [x, y, z] = UnitVector(at);
  return {static_cast<float>(x), static_cast<float>(y), static_cast<float>(z)};
}

double GreatCircleKm(const Coordinates& a, const Coordinates& b) {
  double sin_lat = std::sin(Radians(b.latitude_deg - a.latitude_deg) / 2);
  double sin_lon = std::sin(Radians(b.longitude_deg - a.longitude_deg) / 2);
  double cosines = std::cos(Radians(a.latitude_deg)) * std::cos(Radians(b.latitude_deg));
  double h = sin_lat * sin_lat + cosines * (sin_lon * sin_lon);
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::clamp(h, 0.0, 1.0)));
}

double FibreRttMs(double distance_km) {
  return 2 * distance_km / kFibreKmPerMs;
}

}  // namespace terrella::net
