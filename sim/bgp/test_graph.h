// For tests: graphs written as CAIDA writes them, and random ones.
#pragma once

#include <memory>
#include <string_view>

#include "base/check.h"
#include "base/random.h"
#include "sim/bgp/as_graph_builder.h"
#include "sim/bgp/as_rel_text.h"

namespace terrella::bgp {

// "1|2|-1\n2|3|0".
inline std::shared_ptr<const AsGraph> GraphOf(std::string_view text) {
  auto graph = ParseAsRel(text, "graph");
  CHECK(graph.ok());
  return *graph;
}

struct RandomGraphOptions {
  uint32_t ases = 30;
  double provider_share = 0.1;  // of pairs that are provider and customer
  double peer_share = 0.1;
};

// Providers have lower numbers before a shuffle, so that there is no circle.
inline std::shared_ptr<const AsGraph> RandomGraph(uint64_t seed,
                                                  const RandomGraphOptions& options) {
  CounterRandom random(seed);
  std::vector<Asn> numbers(options.ases);
  for (Asn i = 0; i < options.ases; ++i) {
    numbers[i] = i + 1;
    std::swap(numbers[i], numbers[random.Below(i + 1)]);
  }
  AsGraphBuilder builder;
  for (const Asn number : numbers) builder.AddAs(number);
  for (uint32_t a = 0; a < options.ases; ++a) {
    for (uint32_t b = a + 1; b < options.ases; ++b) {
      const double draw = random.Uniform();
      if (draw < options.provider_share) {
        builder.AddProviderLink(numbers[a], numbers[b]);
      } else if (draw < options.provider_share + options.peer_share) {
        builder.AddPeerLink(numbers[a], numbers[b]);
      }
    }
  }
  auto graph = builder.Build();
  CHECK(graph.ok());
  return *graph;
}

}  // namespace terrella::bgp
