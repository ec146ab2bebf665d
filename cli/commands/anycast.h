// The anycast network that `net catchment` and `net failures` ask about, from their flags.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/commands/invocation.h"
#include "sim/bgp/internet.h"
#include "sim/bgp/network.h"

namespace terrella::cli {

// --preset, --pops, --ases, --seed.
std::vector<Flag> AnycastFlags();

struct Anycast {
  std::shared_ptr<const bgp::Internet> internet;
  bgp::AnycastNetwork network;
  std::string preset;
};

// `also`: sites by IATA code that the network has beside those of --pops.
absl::StatusOr<Anycast> MakeAnycast(const Invocation& in, const std::vector<std::string>& also);

// The site at a code. NOT_FOUND when the network has none there.
absl::StatusOr<bgp::SiteId> SiteOf(const Anycast& anycast, const std::string& iata);
std::string NameOf(const Anycast& anycast, bgp::SiteId site);  // "FRA", "-" for kNoSite

// Threads for what-if questions: all cores, at most eight.
int WhatIfThreads();

// "1.2 M", "830 k", "12".
std::string FormatUsers(double users);

}  // namespace terrella::cli
