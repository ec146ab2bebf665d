#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

// Where the DNS router answers questions about itself: its ready file says so.
absl::StatusOr<std::string> AdminAddress(const ClusterPaths& paths) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(paths.ready("dns"), 1 << 16));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("admin") && json["admin"].is_string())
    return json["admin"].get<std::string>();
  return FailedPrecondition("the DNS router's ready file, {}, names no admin address",
                            paths.ready("dns").string());
}

Json CandidateJson(const v1::Candidate& c) {
  return {{"node", c.node()},     {"address", c.address()},
          {"rtt_ms", c.rtt_ms()}, {"state", StateName(c.state())},
          {"chosen", c.chosen()}, {"reason", c.reason()}};
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  const auto from = in.args.Find("--from");
  if (!from)
    return in.out.Fail(ExitCode::kUsage, "dns explain: --from CITY or --from PREFIX is missing");
  const absl::StatusOr<std::string> admin = AdminAddress(in.paths);
  if (!admin.ok()) return in.out.Fail(admin.status());
  v1::ExplainRequest request;
  request.set_name(in.args.Text("NAME"));
  if (IpPrefix::Parse(*from).ok()) {
    request.set_prefix(*from);
  } else {
    request.set_place(*from);
  }
  const absl::StatusOr<v1::ExplainResponse> response = Explain(*admin, request);
  if (!response.ok()) return in.out.Fail(response.status());
  Json candidates = Json::array();
  TextTable table(
      {{""}, {"NODE"}, {"ADDRESS"}, {"RTT", TextTable::Align::kRight}, {"STATE"}, {"WHY"}});
  const int shown = static_cast<int>(in.args.Number("--count", 8));
  for (int i = 0; i < response->candidates_size(); ++i) {
    const v1::Candidate& c = response->candidates(i);
    candidates.push_back(CandidateJson(c));
    if (i >= shown && !c.chosen()) continue;
    table.AddRow({c.chosen() ? "->" : "", c.node(), c.address(),
                  fmt::format("{:.1f} ms", c.rtt_ms()), StateName(c.state()), c.reason()});
  }
  if (in.out.json()) {
    in.out.Data("{}", Json{{"name", request.name()},
                           {"client_place", response->client_place()},
                           {"scope_bits", response->scope_bits()},
                           {"ttl_s", response->ttl_s()},
                           {"candidates", std::move(candidates)}}
                          .dump(2));
    return ExitCode::kOk;
  }
  in.out.Talk("client in {}; the answer holds for a /{} and {} s", response->client_place(),
              response->scope_bits(), response->ttl_s());
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
      .group = "Requests",
      .summary = "why the DNS router answers a client as it does",
      .positionals = {{.name = "NAME"}},
      .flags = {{.name = "--from",
                 .value = "PLACE",
                 .help = "where the client is: a city, or an address block such as 102.89.0.0/24",
                 .kind = ValueKind::kCity},
                {.name = "--count",
                 .letter = 'n',
                 .value = "N",
                 .help = "how many candidates to show (default 8)",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 10000}},
      .examples = {{"terrella dns explain hello.edge.test --from Lagos", "every node, best first"}},
      .run = Run};
}

}  // namespace terrella::cli
