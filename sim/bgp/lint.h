// Lint: what is wrong with how an anycast network is announced, and the change that mends it.
//
// A finding is kept only when its change, run over the whole Internet, makes the network better; it
// carries what that run measured. So nothing is reported because it looks bad.
//
//   polarised    a transit network hears the prefix at some of the sites where it is, and carries
//                its customers there (Rizvi et al., PAM 2024): announce it everywhere it is
//   one-off      a transit network that hears it at one or two sites and pulls people there from
//                afar: announce it everywhere, or leave it
//   drop         one session more than is good: without it people are faster (McQuistin et al., IMC
//                2019)
//   idle         a site that nobody reaches: announce it to the carriers that are there
//   one-session  a site that one session carries; when it goes, its people go elsewhere: a second
//                one that keeps most of them
//   far          a continent without a site, most of whose users are far: the best site there
//
// Thread: the function uses as many threads as it is told; results do not depend on it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sim/bgp/presets.h"
#include "sim/bgp/what_if.h"

namespace terrella::bgp {

enum class LintKind : uint8_t { kPolarised, kOneOff, kDrop, kIdle, kOneSession, kFar };
std::string_view NameOf(LintKind kind);

struct Finding {
  LintKind kind = LintKind::kPolarised;
  std::optional<AsId> as;        // whose sessions it is about
  SiteId site = kNoSite;         // kNoSite: all of that network's
  std::vector<SiteId> heard_at;  // of kPolarised and kOneOff: where it hears the prefix now
  net::Continent continent = net::Continent::kAfrica;  // of kFar

  // The change.
  std::vector<Session> add;
  std::optional<Change> remove;
  std::optional<HubId> new_site;  // of kFar

  // What the change does, as measured by running it. Of kOneSession: in case that session goes.
  double users = 0;      // people whose round trip it changes by more than kLintNoticedMs
  double before_ms = 0;  // their mean round trip, kUnservedMs for those without a route
  double after_ms = 0;
  double slower = 0;        // of them, those for whom it gets longer
  double mean_gain_ms = 0;  // over all users
};
constexpr double kLintNoticedMs = 10;

struct LintOptions {
  PresetOptions preset;  // how a new site would be announced
  int threads = 1;
  // Findings that change less for fewer are left out.
  double users_share_min = 0.002;
  size_t sessions_tried_max = 200;  // for kDrop: those that carry people farthest
};

// Most time saved first.
std::vector<Finding> Lint(const Internet& internet, const AnycastNetwork& network,
                          const LintOptions& options);

}  // namespace terrella::bgp
