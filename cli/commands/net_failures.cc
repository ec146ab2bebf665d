// net failures: every site, transit network and exchange gone in turn, worst first.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/anycast.h"
#include "cli/commands/commands.h"
#include "sim/bgp/what_if.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using enum TextTable::Align;

constexpr const char* kKinds[] = {"site", "transit", "exchange"};

std::string WhatFails(const Anycast& anycast, const bgp::Failure& failure) {
  if (failure.kind == bgp::FailureKind::kTransit) {
    return fmt::format("AS{}", anycast.internet->graph().AsnOf(failure.as));
  }
  return NameOf(anycast, failure.site);
}

ExitCode RunFailures(Invocation& in) {
  const absl::StatusOr<Anycast> anycast = MakeAnycast(in, {});
  if (!anycast.ok()) return in.out.Fail(anycast.status());
  const std::vector<bgp::Failure> failures =
      bgp::AllFailures(*anycast->internet, anycast->network, WhatIfThreads());
  const auto count = static_cast<size_t>(in.args.Number("--count", 20));
  Json list = Json::array();
  TextTable table({{"GONE"},
                   {"KIND"},
                   {"UNSERVED", kRight},
                   {"MOVED", kRight},
                   {"SLOWER", kRight},
                   {"MEAN", kRight},
                   {"LANDS ON"},
                   {"LOAD", kRight}});
  for (const bgp::Failure& failure : failures) {
    const bgp::Difference& difference = failure.difference;
    const std::string name = WhatFails(*anycast, failure);
    const char* kind = kKinds[static_cast<size_t>(failure.kind)];
    list.push_back({{"gone", name},
                    {"kind", kind},
                    {"unserved_users", difference.unserved},
                    {"moved_users", difference.moved},
                    {"slower_users", difference.slower},
                    {"added_mean_ms", difference.added_ms},
                    {"lands_on", NameOf(*anycast, failure.heaviest)},
                    {"lands_users", failure.heaviest_users},
                    {"lands_load", failure.heaviest_growth}});
    if (table.rows() >= count) continue;
    table.AddRow(
        {name, kind, FormatUsers(difference.unserved), FormatUsers(difference.moved),
         FormatUsers(difference.slower), fmt::format("{:+.2f} ms", difference.added_ms),
         NameOf(*anycast, failure.heaviest),
         failure.heaviest_growth > 0 ? fmt::format("x {:.1f}", failure.heaviest_growth) : "-"});
  }
  if (in.out.json()) {
    in.out.Data("{}", Json{{"internet", anycast->internet->origin()},
                           {"preset", anycast->preset},
                           {"failures", list}}
                          .dump(1));
    return ExitCode::kOk;
  }
  in.out.Talk("{} sites announced as '{}', in {}: {} failures, worst first",
              anycast->network.sites.size(), anycast->preset, anycast->internet->origin(),
              failures.size());
  in.out.Write(table.ToString());
  return ExitCode::kOk;
}

}  // namespace

Command NetFailuresCommand() {
  std::vector<Flag> flags = AnycastFlags();
  flags.push_back({.name = "--count",
                   .letter = 'n',
                   .value = "N",
                   .help = "rows shown (default 20; --json has all)",
                   .kind = ValueKind::kNumber,
                   .min = 1,
                   .max = 1000});
  return {.name = "net failures",
          .group = "Network model",
          .summary = "every site, transit network and exchange gone in turn, worst first",
          .details =
              "UNSERVED users lose every route, MOVED reach another site, SLOWER wait over 10 ms\n"
              "longer a round trip; MEAN is over all users. LANDS ON is the site whose load grows\n"
              "most, less what leaves it, and LOAD what it then has over what it had.",
          .flags = std::move(flags),
          .examples = {{"terrella net failures --pops world-100", "a network of a hundred sites"}},
          .run = RunFailures};
}

}  // namespace terrella::cli
