#include "cli/commands/anycast.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/status.h"
#include "cli/commands/as_data.h"
#include "cli/commands/world.h"
#include "sim/bgp/load_internet.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

constexpr int64_t kAsesDefault = 2'000;

absl::StatusOr<std::shared_ptr<const bgp::Internet>> MakeInternet(
    const Invocation& in, std::shared_ptr<const bgp::Hubs> hubs) {
  bgp::InternetSource source{.ases = static_cast<uint32_t>(in.args.Number("--ases", kAsesDefault)),
                             .seed = static_cast<uint64_t>(in.args.Number("--seed", 1))};
  if (!in.args.Has("--ases") && !in.args.Has("--seed")) {
    ASSIGN_OR_RETURN(source.graph, ImportedGraphPath());
    ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
    source.footprint = data / "as_footprint.bin";
  }
  return bgp::LoadInternet(std::move(hubs), source);
}

}  // namespace

absl::StatusOr<std::vector<bgp::HubId>> ParseSites(const bgp::Hubs& hubs, const std::string& text,
                                                   SitesByHub* asked) {
  std::vector<bgp::HubId> out;
  const net::Pops& pops = hubs.places().pops();
  const bool codes = text.find(',') != std::string::npos || pops.Find(text) != nullptr;
  if (!codes) {
    ASSIGN_OR_RETURN(const auto sites, pops.Preset(text));
    for (const net::PopSite& site : sites) {
      const bgp::HubId hub = *hubs.Find(site.iata);
      // Two sites of an operator may be nearest to one hub.
      if (std::find(out.begin(), out.end(), hub) == out.end()) out.push_back(hub);
      asked->try_emplace(hub, &site);
    }
    return out;
  }
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    ASSIGN_OR_RETURN(const net::PopSite* site, pops.Get(text.substr(at, end - at)));
    const bgp::HubId hub = *hubs.Find(site->iata);
    if (std::find(out.begin(), out.end(), hub) != out.end()) {
      return InvalidArgument("expected each site once, got {} again", site->iata);
    }
    out.push_back(hub);
    asked->try_emplace(hub, site);
    at = end + 1;
  }
  return out;
}

std::vector<Flag> AnycastFlags() {
  return {{.name = "--preset",
           .value = "NAME",
           .help = "how the network is announced (default cdn)",
           .kind = ValueKind::kChoice,
           .choices = {"cdn", "root", "startup", "regional"}},
          {.name = "--pops",
           .value = "SITES",
           .help = "world-12, world-30, a count, fastly, or FRA,LOS,... (default world-30)"},
          {.name = "--ases",
           .value = "N",
           .help = "size of the synthetic Internet (default 2000)",
           .kind = ValueKind::kNumber,
           .min = 500,
           .max = 200'000},
          {.name = "--seed",
           .value = "N",
           .help = "of the synthetic Internet and the preset's sessions (default 1)",
           .kind = ValueKind::kNumber,
           .min = 0}};
}

absl::StatusOr<Anycast> MakeAnycast(const Invocation& in, const std::vector<std::string>& also) {
  ASSIGN_OR_RETURN(const World world, LoadWorld());
  ASSIGN_OR_RETURN(const auto hubs, bgp::Hubs::Make(world.places, world.latency));
  Anycast out;
  ASSIGN_OR_RETURN(std::vector<bgp::HubId> sites,
                   ParseSites(*hubs, in.args.Text("--pops", "world-30"), &out.asked));
  for (const std::string& iata : also) {
    ASSIGN_OR_RETURN(const net::PopSite* site, world.places->pops().Get(iata));
    const bgp::HubId hub = *hubs->Find(site->iata);
    if (std::find(sites.begin(), sites.end(), hub) != sites.end()) {
      return InvalidArgument("expected a new site, but {} is there already", site->iata);
    }
    sites.push_back(hub);
    out.asked.try_emplace(hub, site);
  }
  out.preset = in.args.Text("--preset", "cdn");
  ASSIGN_OR_RETURN(out.options, bgp::FindPreset(out.preset));
  out.options.seed = static_cast<uint64_t>(in.args.Number("--seed", 1));
  ASSIGN_OR_RETURN(out.internet, MakeInternet(in, hubs));
  out.network = bgp::MakeNetwork(*out.internet, sites, out.options);
  return out;
}

absl::StatusOr<bgp::SiteId> SiteOf(const Anycast& anycast, const std::string& iata) {
  const bgp::Hubs& hubs = anycast.internet->hubs();
  ASSIGN_OR_RETURN(const net::PopSite* site, hubs.places().pops().Get(iata));
  const std::optional<bgp::SiteId> id = anycast.network.SiteAt(*hubs.Find(site->iata));
  if (!id) return NotFound("the network has no site {}; see --pops", site->iata);
  return *id;
}

const net::PopSite& SiteAt(const Anycast& anycast, bgp::HubId hub) {
  const auto asked = anycast.asked.find(hub);
  return asked != anycast.asked.end() ? *asked->second : anycast.internet->hubs().SiteOf(hub);
}

std::string NameOf(const Anycast& anycast, bgp::SiteId site) {
  if (site == bgp::kNoSite) return "-";
  const net::PopSite& at = SiteAt(anycast, anycast.network.sites[site]);
  return at.iata.empty() ? at.city : at.iata;
}

int WhatIfThreads() {
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
}

std::string FormatUsers(double users) {
  if (users >= 1e6) return fmt::format("{:.1f} M", users / 1e6);
  if (users >= 1e3) return fmt::format("{:.0f} k", users / 1e3);
  return fmt::format("{:.0f}", users);
}

}  // namespace terrella::cli
