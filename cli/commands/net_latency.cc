// net latency: how far each city is from its nearest site, as a list or a map.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/anycast.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"
#include "cli/map/world_map.h"
#include "sim/net/data_dir.h"
#include "sim/net/weighted_quantile.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

struct Served {
  const net::City* city;
  const net::PopSite* site;
  double rtt_ms;
};

std::vector<Served> Serve(const World& world, std::span<const net::PopSite> sites,
                          std::string_view country) {
  std::vector<net::Endpoint> ends;
  for (const net::PopSite& site : sites) ends.push_back(world.latency->SiteAt(site));
  std::vector<Served> out;
  for (const net::City& city : world.places->cities()) {
    if (!country.empty() && city.country != country) continue;
    const net::Endpoint people = world.latency->ClientAt(city.country, city.at);
    Served served{&city, nullptr, std::numeric_limits<double>::infinity()};
    for (size_t i = 0; i < sites.size(); ++i) {
      const double rtt_ms = world.latency->RttMs(people, ends[i]);
      if (rtt_ms >= served.rtt_ms) continue;
      served.rtt_ms = rtt_ms;
      served.site = &sites[i];
    }
    out.push_back(served);
  }
  return out;
}

absl::Status WriteMap(const std::filesystem::path& file, const std::string& pops,
                      std::span<const net::PopSite> sites, const std::vector<Served>& served) {
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  ASSIGN_OR_RETURN(WorldMap map, WorldMap::Load(data));
  double users = 0, within = 0;
  std::vector<std::pair<double, double>> rtts;
  for (const Served& each : served) {
    const net::City& city = *each.city;
    rtts.emplace_back(each.rtt_ms, city.users);
    users += city.users;
    within += each.rtt_ms <= 50 ? city.users : 0;
    map.AddPeople({.at = city.at,
                   .users = static_cast<double>(city.users),
                   .slices = {{std::string(RttColor(each.rtt_ms)), 1}},
                   .title = fmt::format("{}, {}: {:.0f} ms to {}", city.name, city.country,
                                        each.rtt_ms, each.site->iata)});
  }
  for (const net::PopSite& site : sites) {
    map.AddSite({.at = site.at,
                 .name = site.iata,
                 .color = "#6b7885",
                 .title = fmt::format("{}, {}", site.iata, site.city)});
  }
  std::sort(rtts.begin(), rtts.end());
  map.SetTitle(
      fmt::format("Round-trip time to the nearest of {} sites ({})", sites.size(), pops),
      fmt::format("p50 {:.0f}, p90 {:.0f} ms; {:.0f} % of {:.0f} million users within 50 ms, last "
                  "mile included",
                  net::WeightedQuantile(rtts, users, 0.5), net::WeightedQuantile(rtts, users, 0.9),
                  100 * within / users, users / 1e6));
  for (auto& [color, text] : RttLegend()) map.AddLegend(color, text);
  map.AddLegend("", "A dot is a city, larger with more Internet users; a ring is a site.");
  return WriteFileAtomic(file, map.ToSvg());
}

void ShowWorst(Invocation& in, std::vector<Served> served, size_t count) {
  // Most time lost first: users times what they wait.
  std::stable_sort(served.begin(), served.end(), [](const Served& a, const Served& b) {
    return a.city->users * a.rtt_ms > b.city->users * b.rtt_ms;
  });
  TextTable table({{"CITY"}, {"USERS", kRight}, {"NEAREST"}, {"RTT", kRight}});
  for (size_t i = 0; i < std::min(count, served.size()); ++i) {
    const Served& each = served[i];
    table.AddRow({fmt::format("{}, {}", each.city->name, each.city->country),
                  FormatUsers(each.city->users),
                  fmt::format("{} ({})", each.site->iata, each.site->city),
                  fmt::format("{:.1f} ms", each.rtt_ms)});
  }
  in.out.Write(table.ToString());
}

ExitCode RunLatency(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const std::string pops = in.args.Text("--pops", "world-30"), country = in.args.Text("--country");
  const auto sites = world->places->pops().Preset(pops);
  if (!sites.ok()) return in.out.Fail(sites.status());
  const std::vector<Served> served = Serve(*world, *sites, country);
  if (served.empty()) {
    return in.out.Fail(ExitCode::kFailed,
                       "no city of 100,000 in '{}'; expected a code such as NG or BR", country);
  }
  if (const auto file = in.args.Find("--map")) {
    const absl::Status written = WriteMap(*file, pops, *sites, served);
    if (!written.ok()) return in.out.Fail(written);
  }
  if (in.out.json()) {
    Json list = Json::array();
    for (const Served& each : served) {
      list.push_back({{"city", each.city->name},
                      {"country", each.city->country},
                      {"users", each.city->users},
                      {"pop", each.site->iata},
                      {"rtt_ms", each.rtt_ms}});
    }
    in.out.Data("{}", list.dump(1));
    return ExitCode::kOk;
  }
  if (in.args.Has("--map")) {
    in.out.Data("{}", in.args.Text("--map"));
    return ExitCode::kOk;
  }
  in.out.Talk("cities whose users wait most in all, {} sites", sites->size());
  ShowWorst(in, served, static_cast<size_t>(in.args.Number("--count", 20)));
  return ExitCode::kOk;
}

}  // namespace

Command NetLatencyCommand() {
  return {
      .name = "net latency",
      .group = "Network model",
      .summary = "how far cities are from the nearest site, as a list or a map",
      .details =
          "Without --map the cities whose users lose most time in all are listed; --json lists\n"
          "all of 100,000 people.",
      .flags = {{.name = "--pops", .value = "NAME", .help = "the sites (default world-30)"},
                {.name = "--country", .value = "CC", .help = "only of this country, e.g. NG"},
                {.name = "--map",
                 .value = "FILE.svg",
                 .help = "draw it instead",
                 .kind = ValueKind::kFile},
                {.name = "--count",
                 .letter = 'n',
                 .value = "N",
                 .help = "how many cities (default 20)",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 5000}},
      .examples = {{"terrella net latency --pops fastly --map fastly.svg",
                    "where a network is slow"}},
      .run = RunLatency};
}

}  // namespace terrella::cli
