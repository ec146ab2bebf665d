// net: the network model by itself; needs no cluster.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/net_end.h"
#include "cli/commands/net_pairs.h"
#include "cli/commands/world.h"
#include "sim/net/city_block.h"
#include "sim/net/relay.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

std::string PresetOf(const Invocation& in, const char* otherwise) {
  return in.args.Text("--pops", in.args.Text("--preset", otherwise));
}

ExitCode RunRttPairs(Invocation& in, const World& world, const std::string& file) {
  if (in.args.Has("A")) {
    return in.out.Fail(ExitCode::kUsage, "expected either two places or --pairs, got both");
  }
  const absl::StatusOr<std::string> csv = ReadFile(file);
  if (!csv.ok()) return in.out.Fail(csv.status());
  const absl::StatusOr<std::string> out = in.out.json()
                                              ? PredictPairsJson(*csv, file, *world.latency)
                                              : PredictPairs(*csv, file, *world.latency);
  if (!out.ok()) return in.out.Fail(out.status());
  in.out.Write(*out);
  return ExitCode::kOk;
}

// The direct way, and with --relays the fastest by one of them.
struct Way {
  net::Detour detour;
  std::string relay;  // IATA code; "" for the direct way
};

absl::StatusOr<Way> FindWay(const Invocation& in, const World& world, const net::Endpoint& from,
                            const net::Endpoint& to) {
  std::span<const net::PopSite> sites;
  if (const auto preset = in.args.Find("--relays")) {
    ASSIGN_OR_RETURN(sites, world.places->pops().Preset(*preset));
  }
  std::vector<net::Endpoint> relays;
  for (const net::PopSite& site : sites) relays.push_back(world.latency->SiteAt(site));
  Way out{.detour = net::BestDetour(*world.latency, from, to, relays)};
  if (out.detour.relay) out.relay = sites[*out.detour.relay].iata;
  return out;
}

ExitCode RunRtt(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  if (const auto file = in.args.Find("--pairs")) return RunRttPairs(in, *world, *file);
  if (!in.args.Has("B")) {
    return in.out.Fail(ExitCode::kUsage, "expected two places, or --pairs FILE.csv");
  }
  const absl::StatusOr<End> a = FindEnd(*world, in.args.Text("A"));
  if (!a.ok()) return in.out.Fail(a.status());
  const absl::StatusOr<End> b = FindEnd(*world, in.args.Text("B"));
  if (!b.ok()) return in.out.Fail(b.status());
  const absl::StatusOr<Way> way =
      FindWay(in, *world, WithAccess(in, *a).endpoint, WithAccess(in, *b).endpoint);
  if (!way.ok()) return in.out.Fail(way.status());
  const double rtt_ms = way->detour.direct_ms;
  const double km = net::GreatCircleKm(a->endpoint.at, b->endpoint.at);
  if (in.out.json()) {
    Json out = {{"from", a->name},
                {"to", b->name},
                {"rtt_ms", rtt_ms},
                {"distance_km", km},
                {"fibre_rtt_ms", net::FibreRttMs(km)}};
    if (in.args.Has("--relays")) {
      out["detour"] = {{"relay", way->relay.empty() ? Json() : Json(way->relay)},
                       {"rtt_ms", way->detour.ms},
                       {"gain", way->detour.gain()}};
    }
    in.out.Data("{}", out.dump());
    return ExitCode::kOk;
  }
  in.out.Data("{:.1f} ms", rtt_ms);
  in.out.Talk("{} to {}: {:.0f} km, {:.1f} ms at the speed of light in glass", a->name, b->name, km,
              net::FibreRttMs(km));
  if (!way->relay.empty()) {
    in.out.Data("{:.1f} ms by way of {}, {:.0f} % less", way->detour.ms, way->relay,
                100 * way->detour.gain());
  } else if (in.args.Has("--relays")) {
    in.out.Data("no relay is faster");
  }
  for (const End* end : {&*a, &*b}) {
    if (!end->also.empty()) in.out.Talk("{}", end->also);
  }
  return ExitCode::kOk;
}

ExitCode RunNearest(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const absl::StatusOr<End> client = FindEnd(*world, in.args.Text("CITY"));
  if (!client.ok()) return in.out.Fail(client.status());
  const auto sites = world->places->pops().Preset(PresetOf(in, "world-30"));
  if (!sites.ok()) return in.out.Fail(sites.status());
  std::vector<std::pair<double, const net::PopSite*>> ranked;
  for (const net::PopSite& site : *sites) {
    ranked.emplace_back(world->latency->RttMs(client->endpoint, world->latency->SiteAt(site)),
                        &site);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  ranked.resize(std::min(ranked.size(), static_cast<size_t>(in.args.Number("--count", 5))));
  Json list = Json::array();
  TextTable table({{"POP"}, {"CITY"}, {"RTT", kRight}, {"DISTANCE", kRight}});
  for (const auto& [rtt_ms, site] : ranked) {
    const double km = net::GreatCircleKm(client->endpoint.at, site->at);
    list.push_back({{"pop", site->iata},
                    {"city", site->city},
                    {"country", site->country},
                    {"rtt_ms", rtt_ms},
                    {"distance_km", km}});
    table.AddRow({site->iata, fmt::format("{}, {}", site->city, site->country),
                  fmt::format("{:.1f} ms", rtt_ms), fmt::format("{:.0f} km", km)});
  }
  if (in.out.json()) {
    in.out.Data("{}", list.dump(2));
  } else {
    in.out.Talk("from {}", client->name);
    if (!client->also.empty()) in.out.Talk("{}", client->also);
    in.out.Write(table.ToString());
  }
  return ExitCode::kOk;
}

ExitCode RunCities(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const std::string country = in.args.Text("--country");
  Json list = Json::array();
  TextTable table({{"CITY"},
                   {"COUNTRY"},
                   {"PEOPLE", kRight},
                   {"LATITUDE", kRight},
                   {"LONGITUDE", kRight},
                   {"ADDRESSES"}});
  const std::span<const net::City> cities = world->places->cities();
  std::vector<net::CityId> order(cities.size());
  for (net::CityId id = 0; id < cities.size(); ++id) order[id] = id;
  std::stable_sort(order.begin(), order.end(), [&](net::CityId a, net::CityId b) {
    return cities[a].population > cities[b].population;
  });
  for (const net::CityId id : order) {
    const net::City& city = cities[id];
    if (!country.empty() && city.country != country) continue;
    const std::string block = net::CityBlockV4(id).ToString();
    if (in.out.json()) {
      list.push_back({{"id", id},
                      {"name", city.name},
                      {"country", city.country},
                      {"continent", net::ContinentCode(city.continent)},
                      {"latitude_deg", city.at.latitude_deg},
                      {"longitude_deg", city.at.longitude_deg},
                      {"population", city.population},
                      {"users", city.users},
                      {"addresses", block}});
    } else {
      table.AddRow({city.name, city.country, fmt::format("{}", city.population),
                    fmt::format("{:.2f}", city.at.latitude_deg),
                    fmt::format("{:.2f}", city.at.longitude_deg), block});
    }
  }
  if (in.out.json()) {
    in.out.Data("{}", list.dump(1));
    return ExitCode::kOk;
  }
  if (table.rows() == 0) {
    return in.out.Fail(ExitCode::kFailed,
                       "no city of 100,000 in '{}'; expected a code such as NG or BR", country);
  }
  in.out.Write(table.ToString());
  return ExitCode::kOk;
}

ExitCode RunPops(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const auto sites = world->places->pops().Preset(PresetOf(in, "world-308"));
  if (!sites.ok()) return in.out.Fail(sites.status());
  Json list = Json::array();
  TextTable table(
      {{"POP"}, {"CITY"}, {"COUNTRY"}, {"CONTINENT"}, {"LATITUDE", kRight}, {"LONGITUDE", kRight}});
  for (const net::PopSite& site : *sites) {
    list.push_back({{"pop", site.iata},
                    {"city", site.city},
                    {"country", site.country},
                    {"continent", net::ContinentCode(site.continent)},
                    {"latitude_deg", site.at.latitude_deg},
                    {"longitude_deg", site.at.longitude_deg}});
    table.AddRow({site.iata, site.city, site.country,
                  std::string(net::ContinentCode(site.continent)),
                  fmt::format("{:.2f}", site.at.latitude_deg),
                  fmt::format("{:.2f}", site.at.longitude_deg)});
  }
  if (in.out.json()) {
    in.out.Data("{}", list.dump(1));
  } else {
    in.out.Write(table.ToString());
  }
  return ExitCode::kOk;
}

// --pops, as the other commands of the model call it; --preset, as `terrella up` does.
std::vector<Flag> PresetFlags(const char* otherwise) {
  return {{.name = "--pops",
           .value = "NAME",
           .help = fmt::format("world-12, world-30, world-100, world-308, a count, fastly, "
                               "cloudfront, ... (default {})",
                               otherwise)},
          {.name = "--preset", .value = "NAME", .help = "the same"}};
}

std::vector<Flag> operator+(std::vector<Flag> flags, Flag more) {
  flags.push_back(std::move(more));
  return flags;
}

}  // namespace

Command NetRttCommand() {
  return {
      .name = "net rtt",
      .group = "Network model",
      .summary = "modelled round-trip time between two places or PoPs",
      .details =
          "A code in capitals is a PoP (a server in a data centre), anything else a place where\n"
          "people are: a city, a country, an airport, or latitude,longitude.\n"
          "--pairs takes a table with the header lat1,lon1,country1,lat2,lon2,country2 and prints\n"
          "it with predicted_rtt_ms appended: between servers, without last mile and jitter.",
      .positionals = {{.name = "A", .kind = ValueKind::kPlace, .required = false},
                      {.name = "B", .kind = ValueKind::kPlace, .required = false}},
      .flags = {{.name = "--pairs",
                 .value = "FILE.csv",
                 .help = "a table of pairs instead of A and B",
                 .kind = ValueKind::kFile},
                AccessFlag(),
                {.name = "--relays",
                 .value = "SITES",
                 .help = "also the fastest way by one of these: world-30, world-308 or a count"}},
      .examples = {{"terrella net rtt Lagos FRA", "a person in Lagos and the Frankfurt PoP"},
                   {"terrella net rtt Lagos FRA --access 4g", "the same person by telephone"},
                   {"terrella net rtt CPT GRU --relays world-308",
                    "smart routing between two PoPs"},
                   {"terrella net rtt --pairs mine.csv", "beside measurements of your own"}},
      .run = RunRtt};
}

Command NetNearestCommand() {
  return {.name = "net nearest",
          .group = "Network model",
          .summary = "the PoPs nearest to a place by modelled latency",
          .positionals = {{.name = "CITY", .kind = ValueKind::kCity}},
          .flags = PresetFlags("world-30") + Flag{.name = "--count",
                                                  .letter = 'n',
                                                  .value = "N",
                                                  .help = "how many (default 5)",
                                                  .kind = ValueKind::kNumber,
                                                  .min = 1,
                                                  .max = 1000},
          .examples = {{"terrella net nearest 'São Paulo' --pops world-100",
                        "accents may be left out"}},
          .run = RunNearest};
}

Command NetCitiesCommand() {
  return {.name = "net cities",
          .group = "Network model",
          .summary = "list the cities, most people first, with their address blocks",
          .flags = {{.name = "--country", .value = "CC", .help = "only of this country, e.g. NG"}},
          .examples = {{"terrella net cities --country NG", "those of Nigeria, most people first"}},
          .run = RunCities};
}

Command NetPopsCommand() {
  return {.name = "net pops",
          .group = "Network model",
          .summary = "list the sites a network can have",
          .flags = PresetFlags("world-308"),
          .examples = {{"terrella net pops --preset world-12", "the twelve sites of that preset"}},
          .run = RunPops};
}

}  // namespace terrella::cli
