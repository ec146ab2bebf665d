// Tests whether the new version has more of something bad than chance explains, node by node.
//
// On each node some of the requests were bad. If the versions were equal, the bad ones would be
// spread over both by lot alone: how many fall to the new version is hypergeometric, given how many
// there are and how many requests each version had. The sum over nodes is compared with that. So
// nodes that differ from each other, whatever their shares, say nothing about the versions
// (Simpson's paradox), and the answer is exact however few requests there were.
//
// This is Fisher's exact test, stratified (Cochran, Mantel and Haenszel); where more than
// kExactMeanMax bad requests of the new version are expected it is theirs with the normal
// distribution, which by then is as good. (With few expected it is not, however many there are in
// all: beside 1,000 of 100,000, 7 of 100 have a chance of 7e-5, and 2e-8 by the normal tail.)
//
// Thread: any; pure.
#pragma once

#include <cstdint>
#include <span>

namespace terrella::control {

// Of one node.
struct Stratum {
  uint64_t new_events = 0;  // bad requests of the new version
  uint64_t new_total = 0;   // all of its requests
  uint64_t old_events = 0;
  uint64_t old_total = 0;
};

inline constexpr double kExactMeanMax = 1000;

// The probability of at least as many bad requests at the new version, were it no worse than the
// old one. 1 when nothing can be compared.
double ChanceOfExcess(std::span<const Stratum> strata);

}  // namespace terrella::control
