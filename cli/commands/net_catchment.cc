// net catchment: who reaches which site, as BGP makes it.
#include "cli/commands/commands.h"
#include "cli/commands/net_routes.h"

namespace terrella::cli {
namespace {

ExitCode RunCatchment(Invocation& in) {
  return RunRoutesTo(in);
}

}  // namespace

Command NetCatchmentCommand() {
  return {
      .name = "net catchment",
      .group = "Network model",
      .summary = "how every network of the Internet reaches an AS",
      .details =
          "Routes follow the rules of Gao and Rexford: customers before peers before providers,\n"
          "then the shorter path, valley-free. Real networks differ in 14 to 35 % of their\n"
          "choices: trust distributions, not the route of one AS.",
      .flags = {{.name = "--graph",
                 .value = "FILE",
                 .help = "AS relationships (as-rel.txt, .bz2); else what 'data import' kept",
                 .kind = ValueKind::kFile},
                {.name = "--origin", .value = "ASN", .help = "who announces the prefix"},
                {.name = "--dump", .help = "asn,class,length of every AS that has a route"}},
      .examples = {{"terrella net catchment --graph as-rel.txt.bz2 --origin AS15169 --dump",
                    "a table of 78,000 rows"}},
      .run = RunCatchment};
}

}  // namespace terrella::cli
