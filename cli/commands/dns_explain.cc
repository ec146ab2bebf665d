#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <nlohmann/json.hpp>

#include "base/ip_address.h"
#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"
#include "cli/commands/dns_routers.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

Json CandidateJson(const v1::Candidate& c) {
  return {{"node", c.node()},     {"address", c.address()},
          {"rtt_ms", c.rtt_ms()}, {"state", StateName(c.state())},
          {"chosen", c.chosen()}, {"reason", c.reason()},
          {"load", c.load()},     {"health", c.health()}};
}

// The reason, and what sources beside the control plane say that it does not.
std::string Why(const v1::Candidate& c) {
  std::string why = c.reason();
  for (int i = 1; i < c.health_size(); ++i) {
    if (c.health(i) != c.reason()) why += "; " + c.health(i);
  }
  return why;
}

ExitCode Run(Invocation& in) {
  const auto from = in.args.Find("--from");
  if (!from)
    return in.out.Fail(ExitCode::kUsage, "dns explain: --from CITY or --from PREFIX is missing");
  const auto admins = RouterAdmins(in);
  if (!admins.ok()) return FailWithoutRouters(in, admins.status());
  v1::ExplainRequest request;
  request.set_name(in.args.Text("NAME"));
  if (IpPrefix::Parse(*from).ok()) {
    request.set_prefix(*from);
  } else {
    request.set_place(*from);
  }
  if (const auto what_if = in.args.Find("--what-if")) {
    if (!what_if->starts_with("down=") || what_if->size() == 5) {
      return in.out.Fail(ExitCode::kUsage,
                         "dns explain: --what-if: expected down=NODE or down=NODE,NODE");
    }
    for (const absl::string_view id : absl::StrSplit(what_if->substr(5), ',')) {
      request.add_down(std::string(id));
    }
  }
  const absl::StatusOr<v1::ExplainResponse> response = Explain(admins->front(), request);
  if (!response.ok()) return in.out.Fail(response.status());
  Json candidates = Json::array();
  TextTable table({{""},
                   {"NODE"},
                   {"ADDRESS"},
                   {"RTT", TextTable::Align::kRight},
                   {"LOAD", TextTable::Align::kRight},
                   {"STATE"},
                   {"WHY"}});
  const int shown = static_cast<int>(in.args.Number("--count", 8));
  for (int i = 0; i < response->candidates_size(); ++i) {
    const v1::Candidate& c = response->candidates(i);
    candidates.push_back(CandidateJson(c));
    if (i >= shown && !c.chosen()) continue;
    table.AddRow({c.chosen() ? "->" : "", c.node(), c.address(),
                  fmt::format("{:.1f} ms", c.rtt_ms()), fmt::format("{:.2f}", c.load()),
                  StateName(c.state()), Why(c)});
  }
  if (in.out.json()) {
    in.out.Data("{}", Json{{"name", request.name()},
                           {"client_place", response->client_place()},
                           {"scope_bits", response->scope_bits()},
                           {"ttl_s", response->ttl_s()},
                           {"policy_steps", response->policy_steps()},
                           {"candidates", std::move(candidates)}}
                          .dump(2));
    return ExitCode::kOk;
  }
  in.out.Talk("client in {}; the answer holds for a /{} and {} s", response->client_place(),
              response->scope_bits(), response->ttl_s());
  if (response->policy_steps_size() > 0) {
    in.out.Talk("policy: {}", absl::StrJoin(response->policy_steps(), ", "));
  }
  in.out.Write(table.ToString());
  if (response->candidates_size() > shown) {
    in.out.Talk("{} more; --count N or --json shows them", response->candidates_size() - shown);
  }
  return ExitCode::kOk;
}

}  // namespace

Command DnsExplainCommand() {
  return {
      .name = "dns explain",
      .group = "DNS",
      .summary = "why the DNS router answers a client as it does",
      .positionals = {{.name = "NAME"}},
      .flags = {{.name = "--from",
                 .value = "PLACE",
                 .help = "where the client is: a city, or an address block such as 102.89.0.0/24",
                 .kind = ValueKind::kCity},
                {.name = "--what-if",
                 .value = "down=NODE",
                 .help = "the answer if these nodes were down: down=FRA,LHR"},
                RouterFlag(/*repeatable=*/false),
                RouterPlaintextFlag(),
                {.name = "--count",
                 .letter = 'n',
                 .value = "N",
                 .help = "how many candidates to show (default 8)",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 10000}},
      .examples = {{"terrella dns explain hello.edge.test --from Lagos", "every node, best first"},
                   {"terrella dns explain hello.edge.test --from Berlin --what-if down=FRA",
                    "who would take over"}},
      .run = Run};
}

}  // namespace terrella::cli
