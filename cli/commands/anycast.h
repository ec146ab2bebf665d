// The anycast network that `net catchment` and its siblings ask about, from their flags.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/commands/invocation.h"
#include "sim/bgp/internet.h"
#include "sim/bgp/network.h"
#include "sim/bgp/presets.h"

namespace terrella::cli {

// --preset, --pops, --ases, --seed.
std::vector<Flag> AnycastFlags();

// Sites by their hubs, under the names they were asked for: one that only an operator has is at a
// hub with another code, or none.
using SitesByHub = std::map<bgp::HubId, const net::PopSite*>;

struct Anycast {
  std::shared_ptr<const bgp::Internet> internet;
  bgp::AnycastNetwork network;
  std::string preset;
  bgp::PresetOptions options;  // the preset's, drawn by --seed
  SitesByHub asked;
};

// "world-30", "42", "fastly", or codes with commas between, as --pops has them. Adds to `asked`.
absl::StatusOr<std::vector<bgp::HubId>> ParseSites(const bgp::Hubs& hubs, const std::string& text,
                                                   SitesByHub* asked);

// `also`: sites by IATA code that the network has beside those of --pops.
absl::StatusOr<Anycast> MakeAnycast(const Invocation& in, const std::vector<std::string>& also);

// The site at a code. NOT_FOUND when the network has none there.
absl::StatusOr<bgp::SiteId> SiteOf(const Anycast& anycast, const std::string& iata);
// The site at a hub, as it was asked for.
const net::PopSite& SiteAt(const Anycast& anycast, bgp::HubId hub);
std::string NameOf(const Anycast& anycast, bgp::SiteId site);  // "FRA", "-" for kNoSite

// Threads for what-if questions: all cores, at most eight.
int WhatIfThreads();

// "1.2 M", "830 k", "12".
std::string FormatUsers(double users);

}  // namespace terrella::cli
