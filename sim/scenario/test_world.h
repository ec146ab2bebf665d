// TestWorld: the real cities and sites, loaded once for the tests of this folder.
#pragma once

#include <memory>

#include "base/check.h"
#include "sim/net/data_dir.h"
#include "sim/net/places.h"

namespace terrella::sim {

inline std::shared_ptr<const net::Places> TestWorld() {
  static const std::shared_ptr<const net::Places> places = [] {
    auto dir = net::FindDataDir();
    CHECK(dir.ok());
    auto loaded = net::Places::Load(*dir);
    CHECK(loaded.ok());
    return *loaded;
  }();
  return places;
}

}  // namespace terrella::sim
