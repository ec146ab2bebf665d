// net lint: what is wrong with how a network is announced, and the change that mends it.
#include <nlohmann/json.hpp>

#include "cli/commands/anycast.h"
#include "cli/commands/commands.h"
#include "sim/bgp/lint.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kSitesNamed = 6;

class Words {
 public:
  explicit Words(const Anycast& anycast) : anycast_(anycast) {}

  std::string Problem(const bgp::Finding& f) const {
    switch (f.kind) {
      case bgp::LintKind::kPolarised:
        if (f.heard_at.size() <= kSitesNamed) {
          return fmt::format("{} hears you only at {} and takes its customers there", As(f),
                             Sites(f.heard_at));
        }
        return fmt::format(
            "{} hears you at {} of the {} sites where it is and takes its customers there", As(f),
            f.heard_at.size(), f.heard_at.size() + f.add.size());
      case bgp::LintKind::kOneOff:
        return fmt::format("{} hears you only at {} and pulls people there from afar", As(f),
                           Sites(f.heard_at));
      case bgp::LintKind::kDrop:
        return fmt::format("{} at {} carries people who would be faster without it", As(f),
                           Site(f.site));
      case bgp::LintKind::kIdle:
        return fmt::format("nobody reaches {}", Site(f.site));
      case bgp::LintKind::kOneSession:
        return fmt::format("{} hangs on {} alone: should that go, its people go far", Site(f.site),
                           As(f));
      case bgp::LintKind::kFar:
        return fmt::format("{} has no site, and most of its people are far",
                           net::ContinentName(f.continent));
    }
    return "";
  }

  std::string Change(const bgp::Finding& f) const {
    if (f.new_site) {
      const net::PopSite& at = SiteAt(anycast_, *f.new_site);
      return fmt::format("a site at {} ({})", at.iata, at.city);
    }
    if (f.remove) {
      return fmt::format("--withdraw {}{}", As(f),
                         f.remove->site ? "@" + Site(*f.remove->site) : "");
    }
    if (f.kind == bgp::LintKind::kPolarised || f.kind == bgp::LintKind::kOneOff) {
      std::vector<bgp::SiteId> sites;
      for (const bgp::Session& session : f.add) sites.push_back(session.site);
      return fmt::format("announce to {} at {} too", As(f), Sites(sites));
    }
    std::string out = "announce to";
    for (const bgp::Session& session : f.add) {
      out += fmt::format("{} AS{}", &session == &f.add.front() ? "" : ",", AsnOf(session.as));
    }
    return out + " at " + Site(f.site);
  }

 private:
  bgp::Asn AsnOf(bgp::AsId as) const { return anycast_.internet->graph().AsnOf(as); }
  std::string As(const bgp::Finding& f) const { return fmt::format("AS{}", AsnOf(*f.as)); }
  std::string Site(bgp::SiteId site) const { return cli::NameOf(anycast_, site); }
  std::string Sites(const std::vector<bgp::SiteId>& sites) const {
    std::string out;
    for (size_t i = 0; i < sites.size() && i < kSitesNamed; ++i) {
      out += (i == 0 ? "" : ", ") + Site(sites[i]);
    }
    if (sites.size() > kSitesNamed) out += fmt::format(" and {} more", sites.size() - kSitesNamed);
    return out;
  }

  const Anycast& anycast_;
};

ExitCode RunLint(Invocation& in) {
  const absl::StatusOr<Anycast> anycast = MakeAnycast(in, {});
  if (!anycast.ok()) return in.out.Fail(anycast.status());
  const bgp::Internet& internet = *anycast->internet;
  bgp::LintOptions options{.preset = anycast->options, .threads = WhatIfThreads()};
  if (in.args.Has("--users")) {
    options.users_share_min = static_cast<double>(in.args.Number("--users", 0)) / internet.users();
  }
  const std::vector<bgp::Finding> findings = bgp::Lint(internet, anycast->network, options);
  const Words words(*anycast);
  Json list = Json::array();
  for (const bgp::Finding& f : findings) {
    list.push_back({{"kind", bgp::NameOf(f.kind)},
                    {"problem", words.Problem(f)},
                    {"change", words.Change(f)},
                    {"users", f.users},
                    {"share", f.users / internet.users()},
                    {"slower_users", f.slower},
                    {"before_ms", f.before_ms},
                    {"after_ms", f.after_ms},
                    {"gain_mean_ms", f.mean_gain_ms}});
  }
  const ExitCode code = findings.empty() ? ExitCode::kOk : ExitCode::kFailed;
  if (in.out.json()) {
    in.out.Data(
        "{}",
        Json{{"internet", internet.origin()}, {"preset", anycast->preset}, {"findings", list}}.dump(
            1));
    return code;
  }
  in.out.Talk("{} sites announced as '{}' over {} sessions, in {}: {} findings",
              anycast->network.sites.size(), anycast->preset, anycast->network.sessions.size(),
              internet.origin(), findings.size());
  for (const bgp::Finding& f : findings) {
    in.out.Data(
        "{}: {}\n  touches {} users ({:.1f} %): {:.0f} ms now, {:.0f} ms after{}\n  mend: {}",
        bgp::NameOf(f.kind), words.Problem(f), FormatUsers(f.users),
        100 * f.users / internet.users(), f.before_ms, f.after_ms,
        f.slower > 0 ? fmt::format(" ({} of them slower)", FormatUsers(f.slower)) : "",
        words.Change(f));
  }
  return code;
}

}  // namespace

Command NetLintCommand() {
  std::vector<Flag> flags = AnycastFlags();
  flags.push_back({.name = "--users",
                   .value = "N",
                   .help = "leave out what touches fewer (default 0.2 % of all)",
                   .kind = ValueKind::kNumber,
                   .min = 0});
  return {
      .name = "net lint",
      .group = "Network model",
      .summary = "what is wrong with how a network is announced, and what mends it",
      .details =
          "Finds carriers that hear the network at few of their places (polarised, one-off),\n"
          "sessions to drop, sites that nobody reaches (idle), that hang on one session, and\n"
          "continents without a site (far). Each change was tried on the whole Internet, and is\n"
          "named only because it helps: users are those whose round trip it changes by more than\n"
          "10 ms. Of one-session they are those of the site when that session goes.\n"
          "Exit code 0: nothing found. 1: something is.",
      .flags = std::move(flags),
      .examples = {{"terrella net lint --preset startup --pops world-30", "before you launch"},
                   {"terrella net lint --users 5000000 --json", "in a check of your own"}},
      .run = RunLint};
}

}  // namespace terrella::cli
