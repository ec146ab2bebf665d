// net cdf: how far the Internet's users are from the nearest site, over all of them.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"
#include "sim/net/weighted_quantile.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

constexpr double kQuantiles[] = {0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99};
constexpr double kWithinMs[] = {10, 20, 50, 100, 200};

// Users by their round-trip time to the nearest site, nearest first once sorted.
struct Crowd {
  std::vector<std::pair<double, double>> groups;  // round trip in ms, users
  double users = 0;

  void Add(double rtt_ms, double count) {
    groups.emplace_back(rtt_ms, count);
    users += count;
  }
  void Sort() { std::sort(groups.begin(), groups.end()); }
  // The time that a share `q` of the users do not exceed.
  double Quantile(double q) const { return net::WeightedQuantile(groups, users, q); }
  double ShareWithin(double ms) const {
    double seen = 0;
    for (const auto& [rtt_ms, count] : groups) seen += rtt_ms <= ms ? count : 0;
    return seen / users;
  }
};

struct Cdf {
  Crowd all;
  std::map<std::string, Crowd> countries;
};

Cdf Measure(const World& world, std::span<const net::PopSite> preset, std::string_view country) {
  std::vector<net::Endpoint> sites;
  for (const net::PopSite& site : preset) sites.push_back(world.latency->SiteAt(site));
  Cdf cdf;
  for (const net::City& city : world.places->cities()) {
    if (!country.empty() && city.country != country) continue;
    const net::Endpoint people = world.latency->ClientAt(city.country, city.at);
    double nearest_ms = 1e9;
    for (const net::Endpoint& site : sites) {
      nearest_ms = std::min(nearest_ms, world.latency->RttMs(people, site));
    }
    cdf.all.Add(nearest_ms, city.users);
    cdf.countries[city.country].Add(nearest_ms, city.users);
  }
  cdf.all.Sort();
  for (auto& [code, crowd] : cdf.countries) crowd.Sort();
  return cdf;
}

Json ToJson(const Cdf& cdf, const std::string& preset) {
  Json out{{"preset", preset}, {"users", cdf.all.users}};
  for (int percent = 1; percent < 100; ++percent) {
    const double q = percent / 100.0;
    out["quantiles"].push_back({{"share", q}, {"rtt_ms", cdf.all.Quantile(q)}});
  }
  for (const double ms : kWithinMs) {
    out["within"].push_back({{"rtt_ms", ms}, {"share", cdf.all.ShareWithin(ms)}});
  }
  for (const auto& [code, crowd] : cdf.countries) {
    out["countries"].push_back({{"country", code},
                                {"users", crowd.users},
                                {"p50_ms", crowd.Quantile(0.5)},
                                {"p95_ms", crowd.Quantile(0.95)},
                                {"within_50_ms", crowd.ShareWithin(50)}});
  }
  return out;
}

ExitCode RunCdf(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  const std::string preset = in.args.Text("--preset", "world-30");
  const auto sites = world->places->pops().Preset(preset);
  if (!sites.ok()) return in.out.Fail(sites.status());
  const std::string country = in.args.Text("--country");
  const Cdf cdf = Measure(*world, *sites, country);
  if (cdf.all.groups.empty()) {
    return in.out.Fail(ExitCode::kFailed,
                       "no city of 100,000 in '{}'; expected a code such as NG or BR", country);
  }
  if (in.out.json()) {
    in.out.Data("{}", ToJson(cdf, preset).dump(1));
    return ExitCode::kOk;
  }
  in.out.Talk("round-trip time of {:.0f} million Internet users to the nearest of {} sites",
              cdf.all.users / 1e6, sites->size());
  TextTable table({{"SHARE OF USERS", kRight}, {"WITHIN", kRight}});
  for (const double q : kQuantiles) {
    table.AddRow({fmt::format("{:.0f} %", 100 * q), fmt::format("{:.1f} ms", cdf.all.Quantile(q))});
  }
  in.out.Write(table.ToString());
  for (const double ms : kWithinMs) {
    in.out.Data("{:.1f} % within {:.0f} ms", 100 * cdf.all.ShareWithin(ms), ms);
  }
  return ExitCode::kOk;
}

}  // namespace

Command NetCdfCommand() {
  return {.name = "net cdf",
          .group = "Network model",
          .summary = "how many users are within how many ms of the nearest site",
          .details =
              "Internet users of all cities of 100,000 (people x the share of the country that is\n"
              "online), with their last mile. --json adds quantiles of every country.",
          .flags = {{.name = "--preset",
                     .value = "NAME",
                     .help = "world-12, world-30, world-100, world-308 or a count (default "
                             "world-30)"},
                    {.name = "--country", .value = "CC", .help = "only of this country, e.g. NG"}},
          .examples = {{"terrella net cdf --preset world-308", "a large network"}},
          .run = RunCdf};
}

}  // namespace terrella::cli
