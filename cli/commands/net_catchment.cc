// net catchment: who reaches which site, as BGP makes it, and what a change would do.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/anycast.h"
#include "cli/commands/as_data.h"
#include "cli/commands/catchment_map.h"
#include "cli/commands/commands.h"
#include "cli/commands/net_routes.h"
#include "sim/bgp/what_if.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

constexpr size_t kRowsShown = 20;

// "AS174@GRU", "AS174" (everywhere), "@GRU".
absl::StatusOr<bgp::Change> ParseSessions(const Anycast& anycast, const std::string& text) {
  if (text.empty())
    return InvalidArgument("expected a session such as AS3@FRA, AS3 or @FRA, got ''");
  bgp::Change out;
  const size_t at = std::min(text.find('@'), text.size());
  if (at > 0) {
    ASSIGN_OR_RETURN(const bgp::Asn asn, ParseAsn(std::string_view(text).substr(0, at)));
    out.as = anycast.internet->graph().Find(asn);
    if (!out.as) return NotFound("AS{} is not in {}", asn, anycast.internet->origin());
  }
  if (at < text.size()) {
    ASSIGN_OR_RETURN(out.site, SiteOf(anycast, text.substr(at + 1)));
  }
  const auto& sessions = anycast.network.sessions;
  const bool any = std::any_of(sessions.begin(), sessions.end(), [&](const bgp::Session& session) {
    return (!out.as || session.as == *out.as) && (!out.site || session.site == *out.site);
  });
  if (!any) return NotFound("expected a session such as AS3@FRA, but '{}' has none", text);
  return out;
}

// "AS174@GRU=2": two more of our number on the paths told there.
absl::Status Prepend(const Anycast& anycast, const std::string& text,
                     bgp::AnycastNetwork& network) {
  const size_t equals = std::min(text.rfind('='), text.size());
  int times = 0;
  const char *begin = text.data() + std::min(equals + 1, text.size()),
             *end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, times);
  if (error != std::errc() || stop != end || times < 1 || times > bgp::kPrependMax) {
    return InvalidArgument("expected SESSIONS=N with N from 1 to {}, got '{}'", bgp::kPrependMax,
                           text);
  }
  ASSIGN_OR_RETURN(const bgp::Change which, ParseSessions(anycast, text.substr(0, equals)));
  for (bgp::Session& session : network.sessions) {
    if ((!which.as || session.as == *which.as) && (!which.site || session.site == *which.site)) {
      session.prepend = static_cast<uint8_t>(times);
    }
  }
  return absl::OkStatus();
}

struct Variants {
  bgp::AnycastNetwork before, after;
  bool changed = false;
};

absl::StatusOr<Variants> MakeVariants(const Invocation& in, const Anycast& anycast) {
  Variants out{.before = anycast.network, .after = anycast.network};
  for (const std::string& iata : in.args.All("--add")) {
    ASSIGN_OR_RETURN(const bgp::SiteId site, SiteOf(anycast, iata));
    out.before = bgp::Without(out.before, {.site = site});
  }
  for (const std::string& iata : in.args.All("--drop")) {
    ASSIGN_OR_RETURN(const bgp::SiteId site, SiteOf(anycast, iata));
    out.after = bgp::Without(out.after, {.site = site});
  }
  for (const std::string& text : in.args.All("--withdraw")) {
    ASSIGN_OR_RETURN(const bgp::Change change, ParseSessions(anycast, text));
    out.after = bgp::Without(out.after, change);
  }
  for (const std::string& text : in.args.All("--no-export")) {
    ASSIGN_OR_RETURN(const bgp::Change which, ParseSessions(anycast, text));
    for (bgp::Session& session : out.after.sessions) {
      session.no_export |=
          (!which.as || session.as == *which.as) && (!which.site || session.site == *which.site);
    }
  }
  for (const std::string& text : in.args.All("--prepend")) {
    RETURN_IF_ERROR(Prepend(anycast, text, out.after));
  }
  for (const char* flag : {"--add", "--drop", "--withdraw", "--no-export", "--prepend"}) {
    out.changed |= in.args.Has(flag);
  }
  return out;
}

Json JsonOf(const bgp::RttSummary& summary) {
  return {{"users", summary.users},
          {"unserved", summary.unserved},
          {"rtt_mean_ms", summary.mean_ms},
          {"rtt_p50_ms", summary.p50_ms},
          {"rtt_p90_ms", summary.p90_ms},
          {"rtt_p99_ms", summary.p99_ms},
          {"within_50_ms", summary.within_50_ms}};
}

std::string LineOf(const bgp::RttSummary& summary) {
  std::string out = fmt::format(
      "round trip p50 {:.0f}, p90 {:.0f}, p99 {:.0f} ms; {:.0f} % of users within 50 ms",
      summary.p50_ms, summary.p90_ms, summary.p99_ms, 100 * summary.within_50_ms);
  if (summary.unserved > 0)
    out += fmt::format("; {} users have no route", FormatUsers(summary.unserved));
  return out;
}

// Each site's users and their mean round trip.
void ShowSites(Invocation& in, const Anycast& anycast, const bgp::Catchment& catchment,
               const bgp::Penalty* penalty) {
  const bgp::RttSummary summary = bgp::Summarise(*anycast.internet, catchment);
  struct Row {
    bgp::SiteId site;
    double users = 0, ms = 0, contested = 0;
  };
  std::vector<Row> rows;
  for (bgp::SiteId site = 0; site < anycast.network.sites.size(); ++site) rows.push_back({site});
  for (bgp::StopId id = 0; id < catchment.site.size(); ++id) {
    if (catchment.site[id] == bgp::kNoSite) continue;
    const bgp::Stop& stop = anycast.internet->stops()[id];
    Row& row = rows[catchment.site[id]];
    row.users += stop.users;
    row.ms += stop.users * (stop.access_ms + catchment.path_ms[id]);
    row.contested += stop.users * catchment.contested[id];
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.users > b.users; });
  Json list = Json::array();
  TextTable table({{"SITE"},
                   {"CITY"},
                   {"USERS", kRight},
                   {"SHARE", kRight},
                   {"MEAN RTT", kRight},
                   {"TIED", kRight}});
  for (const Row& row : rows) {
    const net::PopSite& site = SiteAt(anycast, anycast.network.sites[row.site]);
    const double users = std::max(row.users, 1e-9), share = row.users / anycast.internet->users();
    list.push_back({{"site", site.iata},
                    {"users", row.users},
                    {"share", share},
                    {"rtt_mean_ms", row.ms / users},
                    {"tied", row.contested / users}});
    table.AddRow({site.iata, fmt::format("{}, {}", site.city, site.country), FormatUsers(row.users),
                  fmt::format("{:.1f} %", 100 * share), fmt::format("{:.0f} ms", row.ms / users),
                  fmt::format("{:.0f} %", 100 * row.contested / users)});
  }
  if (in.out.json()) {
    Json json{{"internet", anycast.internet->origin()},
              {"preset", anycast.preset},
              {"summary", JsonOf(summary)}};
    if (penalty != nullptr) {
      json["penalty"] = {
          {"nearest_site", penalty->nearest_site}, {"over_1_ms", penalty->over_1_ms},
          {"over_10_ms", penalty->over_10_ms},     {"over_25_ms", penalty->over_25_ms},
          {"over_100_ms", penalty->over_100_ms},   {"over_5000_km", penalty->over_5000_km},
          {"quantiles_ms", penalty->quantiles_ms}};
    }
    json["sites"] = list;
    in.out.Data("{}", json.dump(1));
    return;
  }
  in.out.Write(table.ToString());
  in.out.Talk("{}", LineOf(summary));
  if (penalty == nullptr) return;
  in.out.Talk(
      "longer than the best site's path by 1 ms for {:.0f} %, 10 ms {:.0f} %, 25 ms {:.0f} %, "
      "100 ms {:.0f} % of users; by 5,000 km for {:.0f} %",
      100 * penalty->over_1_ms, 100 * penalty->over_10_ms, 100 * penalty->over_25_ms,
      100 * penalty->over_100_ms, 100 * penalty->over_5000_km);
}

void ShowDifference(Invocation& in, const Anycast& anycast, const bgp::Catchment& before,
                    const bgp::Catchment& after) {
  const bgp::Difference difference = bgp::Compare(*anycast.internet, before, after);
  const bgp::RttSummary was = bgp::Summarise(*anycast.internet, before);
  const bgp::RttSummary is = bgp::Summarise(*anycast.internet, after);
  Json list = Json::array();
  TextTable table({{"FROM"},
                   {"TO"},
                   {"USERS", kRight},
                   {"BEFORE", kRight},
                   {"AFTER", kRight},
                   {"COST", kRight}});
  for (const bgp::Move& move : difference.moves) {
    list.push_back({{"from", NameOf(anycast, move.from)},
                    {"to", NameOf(anycast, move.to)},
                    {"users", move.users},
                    {"before_ms", move.before_ms},
                    {"after_ms", move.after_ms}});
    if (table.rows() == kRowsShown) continue;
    const bool both = move.from != bgp::kNoSite && move.to != bgp::kNoSite;
    table.AddRow({NameOf(anycast, move.from), NameOf(anycast, move.to), FormatUsers(move.users),
                  move.from == bgp::kNoSite ? "-" : fmt::format("{:.0f} ms", move.before_ms),
                  move.to == bgp::kNoSite ? "-" : fmt::format("{:.0f} ms", move.after_ms),
                  both ? fmt::format("{:+.0f} ms", move.after_ms - move.before_ms) : ""});
  }
  if (in.out.json()) {
    in.out.Data("{}", Json{{"internet", anycast.internet->origin()},
                           {"preset", anycast.preset},
                           {"before", JsonOf(was)},
                           {"after", JsonOf(is)},
                           {"moved_users", difference.moved},
                           {"slower_users", difference.slower},
                           {"unserved_users", difference.unserved},
                           {"added_mean_ms", difference.added_ms},
                           {"moves", list}}
                          .dump(1));
    return;
  }
  in.out.Write(table.ToString());
  if (difference.moves.size() > kRowsShown) {
    in.out.Talk("... and {} more", difference.moves.size() - kRowsShown);
  }
  in.out.Talk("{} users move, {} are slower by more than 10 ms; {:+.1f} ms in the mean",
              FormatUsers(difference.moved), FormatUsers(difference.slower), difference.added_ms);
  in.out.Talk("before: {}", LineOf(was));
  in.out.Talk("after:  {}", LineOf(is));
}

// What --map asks for, if anything.
absl::Status Draw(const Invocation& in, const Anycast& anycast, const bgp::Catchment* before,
                  const bgp::Catchment& now) {
  const std::optional<std::string> file = in.args.Find("--map");
  return file ? WriteCatchmentMap(*file, anycast, before, now) : absl::OkStatus();
}

ExitCode RunCatchment(Invocation& in) {
  if (in.args.Has("--origin")) return RunRoutesTo(in);
  if (in.args.Has("--graph") || in.args.Has("--dump")) {
    return in.out.Fail(ExitCode::kUsage, "--graph and --dump need --origin ASN");
  }
  const absl::StatusOr<Anycast> anycast = MakeAnycast(in, in.args.All("--add"));
  if (!anycast.ok()) return in.out.Fail(anycast.status());
  const absl::StatusOr<Variants> variants = MakeVariants(in, *anycast);
  if (!variants.ok()) return in.out.Fail(variants.status());
  in.out.Talk("{} sites announced as '{}' over {} sessions, in {}", anycast->network.sites.size(),
              anycast->preset, anycast->network.sessions.size(), anycast->internet->origin());
  bgp::CatchmentEngine engine(*anycast->internet);
  bgp::Catchment before, after;
  engine.Run(variants->before, before);
  if (variants->changed) {
    if (in.args.Has("--penalty")) {
      return in.out.Fail(ExitCode::kUsage,
                         "--penalty is of a network as it stands, not of a change");
    }
    engine.Run(variants->after, after);
    if (const absl::Status drawn = Draw(in, *anycast, &before, after); !drawn.ok()) {
      return in.out.Fail(drawn);
    }
    ShowDifference(in, *anycast, before, after);
    return ExitCode::kOk;
  }
  if (const absl::Status drawn = Draw(in, *anycast, nullptr, before); !drawn.ok()) {
    return in.out.Fail(drawn);
  }
  if (!in.args.Has("--penalty")) {
    ShowSites(in, *anycast, before, nullptr);
    return ExitCode::kOk;
  }
  const bgp::Penalty penalty =
      bgp::PenaltyOf(*anycast->internet, anycast->network, before, WhatIfThreads());
  ShowSites(in, *anycast, before, &penalty);
  return ExitCode::kOk;
}

std::vector<Flag> CatchmentFlags() {
  std::vector<Flag> flags = AnycastFlags();
  const Flag more[] = {
      {.name = "--drop", .value = "POP", .help = "a site that goes dark", .repeatable = true},
      {.name = "--add", .value = "POP", .help = "a site more", .repeatable = true},
      {.name = "--withdraw",
       .value = "SESSIONS",
       .help = "AS3@GRU, AS3 (everywhere) or @GRU",
       .repeatable = true},
      {.name = "--no-export",
       .value = "SESSIONS",
       .help = "these neighbours tell nobody",
       .repeatable = true},
      {.name = "--prepend",
       .value = "SESSIONS=N",
       .help = "our number N times more on these",
       .repeatable = true},
      {.name = "--map", .value = "FILE.svg", .help = "draw it as well", .kind = ValueKind::kFile},
      {.name = "--penalty", .help = "compare with the best site for everybody"},
      {.name = "--graph",
       .value = "FILE",
       .help = "AS relationships (as-rel.txt, .bz2); else what 'data import' kept",
       .kind = ValueKind::kFile},
      {.name = "--origin", .value = "ASN", .help = "instead: how every network reaches this AS"},
      {.name = "--dump", .help = "asn,class,length of every AS that has a route"}};
  flags.insert(flags.end(), std::begin(more), std::end(more));
  return flags;
}

}  // namespace

Command NetCatchmentCommand() {
  return {
      .name = "net catchment",
      .group = "Network model",
      .summary = "who reaches which site by anycast, and what a change would do",
      .details =
          "Routes follow the rules of Gao and Rexford: customers before peers before providers,\n"
          "then the shorter path, valley-free; networks hand over at the nearest place. Real\n"
          "networks differ in 14 to 35 % of their choices: trust distributions, not the route of\n"
          "one AS. Without a graph of your own the Internet is synthetic, and AS numbers in it\n"
          "mean no real network.",
      .flags = CatchmentFlags(),
      .examples = {{"terrella net catchment --pops world-30 --drop FRA",
                    "who moves where when Frankfurt goes dark, and what it costs them"},
                   {"terrella net catchment --preset root --withdraw @GRU --json",
                    "the same as numbers for a script"},
                   {"terrella net catchment --graph as-rel.txt.bz2 --origin AS15169 --dump",
                    "a table of 78,000 rows"}},
      .run = RunCatchment};
}

}  // namespace terrella::cli
