// net validate: the model beside round-trip times that somebody measured.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/kept_data.h"
#include "cli/commands/world.h"
#include "sim/net/measured.h"
#include "sim/net/region.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

// Shorter than this times straight fibre, a server is not where it is said to be.
constexpr double kFibreMin = 0.9;

struct Compared {
  const net::MeasuredSite *a, *b;
  double measured_ms, modelled_ms;
  double error() const { return std::abs(modelled_ms / measured_ms - 1); }
  double ratio() const { return modelled_ms / measured_ms; }
};

double Quantile(std::vector<double> values, double share) {
  const auto at =
      values.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

struct Summary {
  size_t pairs = 0;
  double median = 0, p90 = 0, ratio = 0;
};
Summary Summarise(const std::vector<const Compared*>& pairs) {
  std::vector<double> errors, ratios;
  for (const Compared* pair : pairs) {
    errors.push_back(pair->error());
    ratios.push_back(pair->ratio());
  }
  return {pairs.size(), Quantile(errors, 0.5), Quantile(errors, 0.9), Quantile(ratios, 0.5)};
}

Json ToJson(const Summary& summary) {
  return {{"pairs", summary.pairs},
          {"error_p50", summary.median},
          {"error_p90", summary.p90},
          {"modelled_over_measured_p50", summary.ratio}};
}

struct Outcome {
  std::vector<Compared> pairs;  // the worst first
  size_t misplaced = 0;
};

Outcome Compare(const World& world, const net::Measured& measured) {
  std::vector<net::Endpoint> ends;
  for (const net::MeasuredSite& site : measured.sites) {
    ends.push_back(world.latency->SiteAt(site.country, site.at));
  }
  Outcome out;
  for (const net::Measured::Pair& pair : measured.Pairs()) {
    const net::MeasuredSite &a = measured.sites[pair.a], &b = measured.sites[pair.b];
    if (pair.base_ms <= kFibreMin * net::FibreRttMs(net::GreatCircleKm(a.at, b.at))) {
      ++out.misplaced;
      continue;
    }
    out.pairs.push_back({&a, &b, pair.base_ms, world.latency->RttMs(ends[pair.a], ends[pair.b])});
  }
  std::stable_sort(out.pairs.begin(), out.pairs.end(), [](const Compared& a, const Compared& b) {
    return std::abs(a.modelled_ms - a.measured_ms) > std::abs(b.modelled_ms - b.measured_ms);
  });
  return out;
}

std::map<std::string, std::vector<const Compared*>> ByRegions(const Outcome& outcome) {
  std::map<std::string, std::vector<const Compared*>> out;
  for (const Compared& pair : outcome.pairs) {
    std::string a(net::RegionCode(net::RegionOf(pair.a->country, pair.a->at)));
    std::string b(net::RegionCode(net::RegionOf(pair.b->country, pair.b->at)));
    if (b < a) std::swap(a, b);
    out[a + "-" + b].push_back(&pair);
  }
  return out;
}

std::string NameOf(const net::MeasuredSite& site) {
  return fmt::format("{}, {}", site.name, site.country);
}

void PrintJson(Invocation& in, const Outcome& outcome, const Summary& all, size_t worst) {
  Json regions = Json::array(), list = Json::array();
  for (const auto& [name, pairs] : ByRegions(outcome)) {
    Json row = ToJson(Summarise(pairs));
    row["regions"] = name;
    regions.push_back(std::move(row));
  }
  for (size_t i = 0; i < std::min(worst, outcome.pairs.size()); ++i) {
    const Compared& pair = outcome.pairs[i];
    list.push_back({{"a", NameOf(*pair.a)},
                    {"b", NameOf(*pair.b)},
                    {"measured_ms", pair.measured_ms},
                    {"modelled_ms", pair.modelled_ms}});
  }
  Json out = ToJson(all);
  out["faster_than_light"] = outcome.misplaced;
  out["by_regions"] = std::move(regions);
  out["worst"] = std::move(list);
  in.out.Data("{}", out.dump(1));
}

void PrintTables(Invocation& in, const Outcome& outcome, const Summary& all, size_t worst) {
  TextTable regions({{"REGIONS"},
                     {"PAIRS", kRight},
                     {"ERROR P50", kRight},
                     {"P90", kRight},
                     {"MODEL / MEASURED", kRight}});
  const auto add = [&](const std::string& name, const Summary& row) {
    regions.AddRow({name, fmt::format("{}", row.pairs), fmt::format("{:.1f} %", 100 * row.median),
                    fmt::format("{:.1f} %", 100 * row.p90), fmt::format("{:.2f}", row.ratio)});
  };
  add("all", all);
  for (const auto& [name, pairs] : ByRegions(outcome)) add(name, Summarise(pairs));
  in.out.Write(regions.ToString());
  in.out.Data("");
  TextTable pairs({{"WORST PAIRS"}, {""}, {"MEASURED", kRight}, {"MODELLED", kRight}});
  for (size_t i = 0; i < std::min(worst, outcome.pairs.size()); ++i) {
    const Compared& pair = outcome.pairs[i];
    pairs.AddRow({NameOf(*pair.a), NameOf(*pair.b), fmt::format("{:.1f} ms", pair.measured_ms),
                  fmt::format("{:.1f} ms", pair.modelled_ms)});
  }
  in.out.Write(pairs.ToString());
  if (outcome.misplaced > 0) {
    in.out.Talk("{} pairs left out: faster than light in glass, so a server is not where it says",
                outcome.misplaced);
  }
}

ExitCode RunValidate(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  std::filesystem::path folder = in.args.Text("FOLDER");
  if (folder.empty()) {
    const auto kept = KeptDataFolder();
    if (!kept.ok()) return in.out.Fail(kept.status());
    folder = *kept / kMeasuredFolder;
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "cities.csv", ignored)) {
      return in.out.Fail(
          ExitCode::kFailed,
          "no measurements are kept: 'terrella data import wonderproxy FILE', or name "
          "a folder with cities.csv and rtt_ms.csv");
    }
  }
  const absl::StatusOr<net::Measured> measured = net::Measured::Load(folder);
  if (!measured.ok()) return in.out.Fail(measured.status());
  const Outcome outcome = Compare(*world, *measured);
  if (outcome.pairs.empty()) {
    return in.out.Fail(ExitCode::kFailed, "{} has no pair to compare", folder.string());
  }
  std::vector<const Compared*> everything;
  for (const Compared& pair : outcome.pairs) everything.push_back(&pair);
  const Summary all = Summarise(everything);
  const size_t worst = static_cast<size_t>(in.args.Number("--worst", 10));
  if (in.out.json()) {
    PrintJson(in, outcome, all, worst);
  } else {
    PrintTables(in, outcome, all, worst);
  }
  return ExitCode::kOk;
}

}  // namespace

Command NetValidateCommand() {
  return {
      .name = "net validate",
      .group = "Network model",
      .summary = "how far the model is from measured round-trip times",
      .details =
          "Without FOLDER the measurements that 'data import wonderproxy' keeps. A folder has\n"
          "cities.csv (id,name,country,lat,lon,population) and rtt_ms.csv\n"
          "(src_id,dst_id,min_ms,avg_ms,max_ms,mdev_ms). Compared is the less of a pair's two\n"
          "least times with the model between servers.",
      .positionals = {{.name = "FOLDER", .kind = ValueKind::kFile, .required = false}},
      .flags = {{.name = "--worst",
                 .value = "N",
                 .help = "how many of the worst pairs (default 10)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 10'000}},
      .examples = {{"terrella net validate measurements/", "by pairs of regions, and the worst"}},
      .run = RunValidate};
}

}  // namespace terrella::cli
