// net place: the sites to add next, by what users gain.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/anycast.h"
#include "cli/commands/commands.h"
#include "sim/bgp/placement.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

Json JsonOf(const Anycast& anycast, const bgp::RttSummary& before,
            const std::vector<bgp::PlacedSite>& placed) {
  Json list = Json::array();
  const bgp::RttSummary* was = &before;
  for (const bgp::PlacedSite& site : placed) {
    const net::PopSite& at = SiteAt(anycast, site.hub);
    list.push_back({{"site", at.iata},
                    {"city", at.city},
                    {"country", at.country},
                    {"rtt_mean_ms", site.after.mean_ms},
                    {"rtt_p50_ms", site.after.p50_ms},
                    {"rtt_p90_ms", site.after.p90_ms},
                    {"gain_mean_ms", was->mean_ms - site.after.mean_ms},
                    {"gain_p50_ms", was->p50_ms - site.after.p50_ms},
                    {"gain_p90_ms", was->p90_ms - site.after.p90_ms},
                    {"served_users", site.served},
                    {"faster_users", site.faster},
                    {"slower_users", site.slower}});
    was = &site.after;
  }
  return list;
}

TextTable TableOf(const Anycast& anycast, const bgp::RttSummary& before,
                  const std::vector<bgp::PlacedSite>& placed) {
  TextTable table({{"ADD"},
                   {"CITY"},
                   {"MEAN", kRight},
                   {"P50", kRight},
                   {"P90", kRight},
                   {"GAIN", kRight},
                   {"SERVES", kRight},
                   {"FASTER", kRight},
                   {"SLOWER", kRight}});
  double was_ms = before.mean_ms;
  for (const bgp::PlacedSite& site : placed) {
    const net::PopSite& at = SiteAt(anycast, site.hub);
    table.AddRow({at.iata, fmt::format("{}, {}", at.city, at.country),
                  fmt::format("{:.1f} ms", site.after.mean_ms),
                  fmt::format("{:.0f} ms", site.after.p50_ms),
                  fmt::format("{:.0f} ms", site.after.p90_ms),
                  fmt::format("{:.2f} ms", was_ms - site.after.mean_ms), FormatUsers(site.served),
                  FormatUsers(site.faster), FormatUsers(site.slower)});
    was_ms = site.after.mean_ms;
  }
  return table;
}

ExitCode RunPlace(Invocation& in) {
  absl::StatusOr<Anycast> anycast = MakeAnycast(in, {});
  if (!anycast.ok()) return in.out.Fail(anycast.status());
  const bgp::Internet& internet = *anycast->internet;
  const auto candidates =
      ParseSites(internet.hubs(), in.args.Text("--candidates", "world-308"), &anycast->asked);
  if (!candidates.ok()) return in.out.Fail(candidates.status());
  const bgp::PlacementOptions options{.candidates = *candidates,
                                      .count = static_cast<size_t>(in.args.Number("--next", 3)),
                                      .preset = anycast->options,
                                      .threads = WhatIfThreads()};
  bgp::Catchment base;
  bgp::CatchmentEngine(internet).Run(anycast->network, base);
  const bgp::RttSummary before = bgp::Summarise(internet, base);
  const std::vector<bgp::HubId>& sites = anycast->network.sites;
  const std::vector<bgp::PlacedSite> ours = bgp::PlaceByUsers(internet, sites, options);
  const std::vector<bgp::PlacedSite> map = bgp::PlaceByDistance(internet, sites, options);
  if (in.out.json()) {
    in.out.Data("{}", Json{{"internet", internet.origin()},
                           {"preset", anycast->preset},
                           {"rtt_mean_ms", before.mean_ms},
                           {"rtt_p50_ms", before.p50_ms},
                           {"rtt_p90_ms", before.p90_ms},
                           {"add", JsonOf(*anycast, before, ours)},
                           {"by_distance", JsonOf(*anycast, before, map)}}
                          .dump(1));
    return ExitCode::kOk;
  }
  in.out.Talk(
      "{} sites announced as '{}', in {}: round trip mean {:.1f}, p50 {:.0f}, p90 {:.0f} ms",
      sites.size(), anycast->preset, internet.origin(), before.mean_ms, before.p50_ms,
      before.p90_ms);
  if (ours.empty()) {
    in.out.Talk("no candidate makes it shorter");
    return ExitCode::kOk;
  }
  in.out.Write(TableOf(*anycast, before, ours).ToString());
  if (map.empty()) return ExitCode::kOk;
  std::string names;
  for (const bgp::PlacedSite& site : map) names += " " + SiteAt(*anycast, site.hub).iata;
  in.out.Talk("by distance alone:{}, {:.2f} ms in all; these gain {:.2f} ms", names,
              before.mean_ms - map.back().after.mean_ms,
              before.mean_ms - ours.back().after.mean_ms);
  return ExitCode::kOk;
}

}  // namespace

Command NetPlaceCommand() {
  std::vector<Flag> flags = AnycastFlags();
  flags.push_back({.name = "--next",
                   .letter = 'n',
                   .value = "N",
                   .help = "sites to add (default 3)",
                   .kind = ValueKind::kNumber,
                   .min = 1,
                   .max = 50});
  flags.push_back(
      {.name = "--candidates", .value = "SITES", .help = "as --pops (default world-308)"});
  return {.name = "net place",
          .group = "Network model",
          .summary = "the sites to add next, by what users gain",
          .details =
              "Every candidate is announced as the preset announces and the whole Internet routed\n"
              "anew; the one after which users wait least is added, and the next chosen with it\n"
              "there. GAIN is what the mean round trip falls by; SERVES, FASTER and SLOWER are\n"
              "users: a site may pull some from a better one.",
          .flags = std::move(flags),
          .examples = {{"terrella net place --next 5 --pops world-12", "from twelve sites on"},
                       {"terrella net place --candidates NBO,LOS,JNB --next 1", "which of three"}},
          .run = RunPlace};
}

}  // namespace terrella::cli
