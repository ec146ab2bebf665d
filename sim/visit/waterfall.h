// Waterfall: where the time of one request went, phase by phase.
//
// What can be measured is (DNS delay, TLS's handshake, first byte, last byte, the node's own
// server-timing); the split of the way there and back comes from the model's round-trip time. The
// phases add up to the total.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/visit/fetcher.h"

namespace terrella::sim {

struct Waterfall {
  struct Phase {
    std::string name;  // "dns", "connect", "tls" (of https), "request", "edge", "response", "body"
    double start_ms = 0;
    double duration_ms = 0;
    std::string note;
  };
  std::vector<Phase> phases;
  double total_ms = 0;
};

// Times a server-timing field gives (W3C Server Timing): milliseconds of each named metric.
std::vector<std::pair<std::string, double>> ParseServerTiming(std::string_view field);

// The round trip that the ingress says it made felt; 0 when it does not.
double FeltRttMs(const FetchResult& result);

// "4f0c...-FRA" -> "FRA"; "" when it is no ray.
std::string_view PopOfRay(std::string_view ray);

// `rtt_ms` is the modelled round trip between person and node; 0 when it is not known.
Waterfall MakeWaterfall(const FetchResult& result, double rtt_ms);

// One line a phase with a bar drawn to scale within `columns`.
std::string DrawWaterfall(const Waterfall& waterfall, int columns);

}  // namespace terrella::sim
