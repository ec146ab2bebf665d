// Placement: the sites to add next, by what the network's users gain.
//
// A new site attracts whom BGP sends there, who are not those who live next to it, and may pull
// people away from a better one (AnyOpt, Zhang et al. 2021). So every candidate is announced as its
// preset would and the catchment run; the one after which the mean round trip is least is added,
// and the next is chosen with it there. Choosing by distance, as a map would, is the baseline.
//
// It is greedy: no sites are swapped afterwards, and what a site costs is not known here.
//
// Thread: the functions use as many threads as they are told; results do not depend on it.
#pragma once

#include <span>
#include <vector>

#include "sim/bgp/presets.h"
#include "sim/bgp/what_if.h"

namespace terrella::bgp {

struct PlacementOptions {
  std::span<const HubId> candidates;  // those that are sites already are left out
  size_t count = 3;                   // sites to add
  PresetOptions preset;               // how they are announced
  int threads = 1;
};

struct PlacedSite {
  HubId hub = 0;
  RttSummary after;   // with it, and those before it
  double faster = 0;  // users whose round trip it shortens by more than 1 ms
  double slower = 0;  // or lengthens so
  double served = 0;  // users who reach it
};

// Fewer than count when candidates run out or none is of use.
std::vector<PlacedSite> PlaceByUsers(const Internet& internet, std::span<const HubId> sites,
                                     const PlacementOptions& options);

// The same network grown by distance alone: each next site is the one that brings users' nearest
// site nearest, in the mean.
std::vector<PlacedSite> PlaceByDistance(const Internet& internet, std::span<const HubId> sites,
                                        const PlacementOptions& options);

// Mean over all users, those without a route counted as kUnservedMs.
constexpr double kUnservedMs = 1'000;
double MeanMs(const Internet& internet, const Catchment& catchment);

}  // namespace terrella::bgp
