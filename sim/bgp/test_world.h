// For tests: the hubs of the data in the tree, and a small synthetic Internet on them.
#pragma once

#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "base/check.h"
#include "sim/bgp/synthetic.h"

namespace terrella::bgp {

inline std::shared_ptr<const Hubs> TestHubs() {
  static const std::shared_ptr<const Hubs> hubs = [] {
    const char* root = std::getenv("TERRELLA_SOURCE_DIR");
    const std::filesystem::path data = std::filesystem::path(root == nullptr ? "." : root) / "data";
    auto places = net::Places::Load(data);
    auto latency = net::LatencyModel::Load(data);
    CHECK(places.ok() && latency.ok());
    auto made = Hubs::Make(*places, *latency);
    CHECK(made.ok());
    return *made;
  }();
  return hubs;
}

inline std::shared_ptr<const Internet> TestInternet() {
  static const std::shared_ptr<const Internet> internet =
      MakeSyntheticInternet(TestHubs(), {.ases = 1'000, .seed = 4});
  return internet;
}

inline std::vector<HubId> FirstHubs(size_t count) {
  std::vector<HubId> out;
  for (HubId hub = 0; hub < count; ++hub) out.push_back(hub);
  return out;
}

}  // namespace terrella::bgp
