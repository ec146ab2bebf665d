// The image of a graph of ASes: no bytes may crash its check, and what passes it can be walked.
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "sim/bgp/as_graph.h"
#include "sim/bgp/routes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::bgp;
  std::vector<uint32_t> image(size / 4);
  if (!image.empty()) std::memcpy(image.data(), data, image.size() * 4);
  if (image.size() >= 2) std::memcpy(image.data(), "TERRASG1", 8);
  const auto graph = AsGraph::FromImage(std::move(image));
  if (!graph.ok() || (*graph)->size() == 0) return 0;
  RoutePropagator propagator(**graph);
  const Seed seeds[] = {{.as = 0},
                        {.as = static_cast<AsId>((*graph)->size() - 1),
                         .route_class = RouteClass::kPeer,
                         .length = 2,
                         .exported = false}};
  const RouteTable table = propagator.Run(seeds);
  for (AsId as = 0; as < (*graph)->size(); ++as) {
    CHECK((*graph)->Find((*graph)->AsnOf(as)) == as);
    table.ForEachNextHop(**graph, as, [&](AsId next) { CHECK(table.Reaches(next)); });
  }
  return 0;
}
