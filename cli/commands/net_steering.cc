// net steering: how good the site is that DNS names, by how people's questions reach it.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"
#include "sim/net/dns_steering.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

constexpr net::SteeringWay kWays[] = {net::SteeringWay::kDirect, net::SteeringWay::kIsp,
                                      net::SteeringWay::kPublic, net::SteeringWay::kEcsCountry,
                                      net::SteeringWay::kEcs};

std::string_view Explain(net::SteeringWay way) {
  switch (way) {
    case net::SteeringWay::kDirect:
      return "their own city is known";
    case net::SteeringWay::kIsp:
      return "resolver of their network";
    case net::SteeringWay::kPublic:
      return "public resolver, without ECS";
    case net::SteeringWay::kEcsCountry:
      return "public, ECS, blocks by country";
    case net::SteeringWay::kEcs:
      return "public, ECS, blocks by city";
  }
  return "";
}

// Some of the users: who they are, and what each way gives them.
struct Group {
  std::string who;
  std::vector<net::SteeringQuality> ways;  // as kWays
  double resolver_km_mean = 0;
};

Group MakeGroup(const World& world, std::span<const net::SteeredCity> cities, std::string who,
                const std::function<bool(const net::SteeredCity&)>& counts) {
  Group group{.who = std::move(who), .ways = {}};
  for (const net::SteeringWay way : kWays) {
    group.ways.push_back(net::QualityOf(*world.places, cities, way, counts));
  }
  double users = 0;
  for (const net::SteeredCity& city : cities) {
    if (!counts(city)) continue;
    const double count = world.places->cities()[city.city].users;
    users += count;
    group.resolver_km_mean += count * city.resolver_km;
  }
  group.resolver_km_mean /= std::max(users, 1.0);
  return group;
}

// Times by which passing the block on divides the mean round trip and distance of a group.
double RttGain(const Group& group) {
  return group.ways[2].rtt_mean_ms / group.ways[4].rtt_mean_ms;
}
double KmGain(const Group& group) {
  return group.ways[2].km_mean / group.ways[4].km_mean;
}

Json ToJson(const Group& group) {
  Json out{{"users", group.ways[0].users}};
  if (group.ways[0].users == 0) return out;
  out["resolver_km_mean"] = group.resolver_km_mean;
  for (size_t i = 0; i < std::size(kWays); ++i) {
    const net::SteeringQuality& quality = group.ways[i];
    out["ways"].push_back({{"way", net::SteeringWayName(kWays[i])},
                           {"rtt_mean_ms", quality.rtt_mean_ms},
                           {"rtt_p50_ms", quality.rtt_p50_ms},
                           {"rtt_p90_ms", quality.rtt_p90_ms},
                           {"misdirected", quality.misdirected},
                           {"over_25_ms", quality.over_25_ms},
                           {"distance_mean_km", quality.km_mean},
                           {"distance_p50_km", quality.km_p50}});
  }
  out["ecs_divides_rtt_by"] = RttGain(group);
  out["ecs_divides_distance_by"] = KmGain(group);
  return out;
}

void Show(Invocation& in, const Group& group) {
  if (group.ways[0].users == 0) {
    in.out.Data("{}: nobody", group.who);
    return;
  }
  in.out.Data("{}: {:.0f} million users, {:.0f} km from their public resolver in the mean",
              group.who, group.ways[0].users / 1e6, group.resolver_km_mean);
  TextTable table({{"WHAT DNS KNOWS"},
                   {"RTT P50", kRight},
                   {"P90", kRight},
                   {"MEAN", kRight},
                   {"MISDIRECTED", kRight},
                   {"BY > 25 MS", kRight},
                   {"SITE AT", kRight}});
  for (size_t i = 0; i < std::size(kWays); ++i) {
    const net::SteeringQuality& quality = group.ways[i];
    table.AddRow({std::string(Explain(kWays[i])), fmt::format("{:.1f} ms", quality.rtt_p50_ms),
                  fmt::format("{:.1f} ms", quality.rtt_p90_ms),
                  fmt::format("{:.1f} ms", quality.rtt_mean_ms),
                  fmt::format("{:.1f} %", 100 * quality.misdirected),
                  fmt::format("{:.1f} %", 100 * quality.over_25_ms),
                  fmt::format("{:.0f} km", quality.km_mean)});
  }
  in.out.Write(table.ToString());
  in.out.Data("ECS divides their mean round trip by {:.2f}, the distance to their site by {:.1f}",
              RttGain(group), KmGain(group));
}

ExitCode RunSteering(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const std::string pops = in.args.Text("--pops", "world-30");
  const std::string resolver_pops = in.args.Text("--resolvers", "google-dns");
  const std::string country = in.args.Text("--country");
  const auto sites = world->places->pops().Preset(pops);
  if (!sites.ok()) return in.out.Fail(sites.status());
  const auto resolvers = world->places->pops().Preset(resolver_pops);
  if (!resolvers.ok()) return in.out.Fail(resolvers.status());
  if (!country.empty() && world->places->FindCountry(country) == nullptr) {
    return in.out.Fail(ExitCode::kUsage, "expected a country code such as NG, got '{}'", country);
  }
  const int64_t far_km = in.args.Number("--far-km", 1000);
  const std::vector<net::SteeredCity> cities =
      net::SteerAll(*world->places, *world->latency, *sites, *resolvers,
                    {.isp_resolver_km = static_cast<double>(in.args.Number("--isp-km", 300))});
  const auto counts = [&](const net::SteeredCity& city) {
    return country.empty() || world->places->cities()[city.city].country == country;
  };
  const Group everybody = MakeGroup(*world, cities, "everybody", counts);
  const Group far =
      MakeGroup(*world, cities, fmt::format("users over {} km from their public resolver", far_km),
                [&](const net::SteeredCity& city) {
                  return counts(city) && city.resolver_km > static_cast<double>(far_km);
                });
  const Group abroad =
      MakeGroup(*world, cities, "users whose public resolver is in another country",
                [&](const net::SteeredCity& city) { return counts(city) && city.resolver_abroad; });
  if (in.out.json()) {
    in.out.Data("{}", Json{{"pops", pops},
                           {"resolvers", resolver_pops},
                           {"far_km", far_km},
                           {"everybody", ToJson(everybody)},
                           {"far", ToJson(far)},
                           {"abroad", ToJson(abroad)}}
                          .dump(1));
    return ExitCode::kOk;
  }
  in.out.Talk("{} sites; the public resolver has {}", sites->size(), resolvers->size());
  for (const Group* group : {&everybody, &far, &abroad}) {
    if (group != &everybody) in.out.Data("");
    Show(in, *group);
  }
  return ExitCode::kOk;
}

}  // namespace

Command NetSteeringCommand() {
  return {
      .name = "net steering",
      .group = "Network model",
      .summary = "how good the site is that DNS names, by what DNS knows of people",
      .details =
          "A name server answers by the resolver it is asked by, or by the block that the "
          "resolver\n"
          "passes on (EDNS Client Subnet). Shown are people of all cities of 100,000, with the "
          "last\n"
          "mile. The model both steers and judges: its own errors and those of geolocation are\n"
          "not in the figures.",
      .flags = {{.name = "--pops", .value = "NAME", .help = "the sites (default world-30)"},
                {.name = "--resolvers",
                 .value = "NAME",
                 .help = "the sites of the public resolver (default google-dns)"},
                {.name = "--country", .value = "CC", .help = "only of this country, e.g. NG"},
                {.name = "--far-km",
                 .value = "N",
                 .help = "who counts as far from the resolver (default 1000)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 20'100},
                {.name = "--isp-km",
                 .value = "N",
                 .help = "how far a network's own resolver may be (default 300)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 20'100}},
      .examples = {{"terrella net steering --pops world-308 --resolvers google-dns",
                    "what ECS gives people far from a public resolver"}},
      .run = RunSteering};
}

}  // namespace terrella::cli
