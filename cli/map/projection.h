// The Natural Earth projection (Šavrič, Jenny, Patterson 2011): a compromise that leaves room for
// Europe and keeps the poles small. Pixels from the top left corner of the map.
#pragma once

#include "sim/net/geo.h"

namespace terrella::cli {

constexpr double kMapWidthPx = 1200, kMapHeightPx = 512;

struct Point {
  double x = 0, y = 0;
};
// Points north of 80 or south of 57 degrees fall outside the map.
Point Project(const net::Coordinates& at);

}  // namespace terrella::cli
