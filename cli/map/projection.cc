#include "cli/map/projection.h"

#include <numbers>

namespace terrella::cli {

Point Project(const net::Coordinates& at) {
  constexpr double kRadians = std::numbers::pi / 180, kScale = kMapWidthPx / 2 / 2.7354;
  constexpr double kTop = 1.3270;  // y of 80 degrees north
  const double longitude = at.longitude_deg * kRadians, latitude = at.latitude_deg * kRadians;
  const double p2 = latitude * latitude, p4 = p2 * p2, p6 = p2 * p4, p8 = p4 * p4;
  const double x = longitude * (0.8707 - 0.131979 * p2 - 0.013791 * p4 + 0.003971 * p6 * p4 -
                                0.001529 * p6 * p6);
  const double y =
      latitude * (1.007226 + 0.015085 * p2 - 0.044475 * p6 + 0.028874 * p8 - 0.005916 * p4 * p6);
  return {kMapWidthPx / 2 + kScale * x, kScale * (kTop - y)};
}

}  // namespace terrella::cli
