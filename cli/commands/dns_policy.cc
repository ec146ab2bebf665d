// dns policy set, list, remove: how names are steered, in the control plane's store.
#include <absl/strings/numbers.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/dns_change.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

// "FRA=3", or several with commas between.
bool ReadWeights(const std::vector<std::string>& texts, v1::DnsPolicy& policy) {
  for (const std::string& text : texts) {
    for (const absl::string_view one : absl::StrSplit(text, ',')) {
      const std::vector<std::string> parts = absl::StrSplit(one, '=');
      double weight = 0;
      if (parts.size() != 2 || parts[0].empty() || !absl::SimpleAtod(parts[1], &weight)) {
        return false;
      }
      v1::DnsWeight& out = *policy.add_weights();
      out.set_node(parts[0]);
      out.set_weight(weight);
    }
  }
  return true;
}

ExitCode RunSet(Invocation& in) {
  v1::SetDnsPolicyRequest request;
  v1::DnsPolicy& policy = *request.mutable_policy();
  policy.set_name(in.args.Text("NAME"));
  for (const std::string& step : in.args.All("STEP")) policy.add_steps(step);
  if (!ReadWeights(in.args.All("--weight"), policy)) {
    return in.out.Fail(ExitCode::kUsage, "dns policy set: --weight: expected NODE=WEIGHT: FRA=3");
  }
  if (in.args.Has("--ttl")) policy.set_ttl_s(static_cast<uint32_t>(in.args.Number("--ttl", 0)));
  policy.set_otherwise_nearest(in.args.Text("--otherwise") == "nearest");
  request.set_request_id(DnsRequestId(in));
  return WithControl(in, [&](ControlClient& client) {
    return Report(in, client.SetDnsPolicy(request),
                  {.done = "set; routers answer by it now", .warnings = true});
  });
}

ExitCode RunRemove(Invocation& in) {
  v1::RemoveDnsPolicyRequest request;
  request.set_name(in.args.Text("NAME"));
  request.set_request_id(DnsRequestId(in));
  return WithControl(in, [&](ControlClient& client) {
    return Report(
        in, client.RemoveDnsPolicy(request),
        {.done = "removed; the name goes to the nearest node that serves", .warnings = true});
  });
}

std::string WeightsText(const v1::DnsPolicy& policy) {
  return absl::StrJoin(policy.weights(), ",", [](std::string* out, const v1::DnsWeight& weight) {
    *out += fmt::format("{}={}", weight.node(), weight.weight());
  });
}

ExitCode RunList(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const auto response = client.ListDnsPolicies();
    if (!response.ok()) return in.out.Fail(response.status());
    Json rows = Json::array();
    TextTable table({{"NAME"}, {"STEPS"}, {"WEIGHTS"}, {"TTL"}, {"OTHERWISE"}, {"CHANGED"}});
    for (const v1::StoredDnsPolicy& stored : response->policies()) {
      const v1::DnsPolicy& policy = stored.policy();
      Json weights = Json::object();
      for (const v1::DnsWeight& weight : policy.weights()) weights[weight.node()] = weight.weight();
      const std::string otherwise = policy.otherwise_nearest() ? "nearest" : "nodata";
      rows.push_back({{"name", policy.name()},
                      {"steps", policy.steps()},
                      {"weights", std::move(weights)},
                      {"ttl_s", policy.has_ttl_s() ? Json(policy.ttl_s()) : Json()},
                      {"otherwise", otherwise},
                      {"changed_unix_ms", stored.last_change().unix_ms()},
                      {"request_id", stored.last_change().request_id()}});
      table.AddRow({policy.name(), absl::StrJoin(policy.steps(), ", "), WeightsText(policy),
                    policy.has_ttl_s() ? std::to_string(policy.ttl_s()) : "", otherwise,
                    FormatTime(stored.last_change().unix_ms())});
    }
    if (in.out.json()) {
      in.out.Data("{}", Json{{"policies", std::move(rows)}}.dump(2));
    } else if (rows.empty()) {
      in.out.Talk("no policies: every name goes to the nearest node that serves");
    } else {
      in.out.Write(table.ToString());
    }
    return ExitCode::kOk;
  });
}

}  // namespace

Command DnsPolicySetCommand() {
  return {
      .name = "dns policy set",
      .group = "DNS",
      .summary = "steer a name by a chain of steps, on every router at once",
      .details =
          "Steps: up, only NODES, geo, latency [MS], shed LOW HIGH, failover NODES, weighted, "
          "first "
          "N. Each is one word of the command line, in quotes when it has a blank.",
      .positionals = {{.name = "NAME"}, {.name = "STEP", .repeated = true}},
      .flags = {{.name = "--weight",
                 .value = "NODE=WEIGHT",
                 .help = "for 'weighted': 1 when not given, 0 takes the node out",
                 .repeatable = true},
                {.name = "--ttl",
                 .value = "S",
                 .help = "of the answers (default: the router's)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 86'400},
                {.name = "--otherwise",
                 .value = "WHAT",
                 .help = "when the steps leave nobody: nodata (default) or nearest",
                 .kind = ValueKind::kChoice,
                 .choices = {"nodata", "nearest"}},
                DnsRequestIdFlag()},
      .examples = {{"terrella dns policy set shop.edge.test up 'failover FRA,LHR' --ttl 30",
                    "FRA, and LHR while FRA is down"},
                   {"terrella dns policy set '*.edge.test' up 'shed 0.7 0.9' --otherwise nearest",
                    "busy nodes lose clients to the next nearest"}},
      .run = RunSet};
}

Command DnsPolicyListCommand() {
  return {.name = "dns policy list",
          .group = "DNS",
          .summary = "the names that are steered by steps of their own",
          .examples = {{"terrella dns policy list", "names and their steps"}},
          .run = RunList};
}

Command DnsPolicyRemoveCommand() {
  return {.name = "dns policy remove",
          .group = "DNS",
          .summary = "steer a name to the nearest node again",
          .positionals = {{.name = "NAME"}},
          .flags = {DnsRequestIdFlag()},
          .examples = {{"terrella dns policy remove shop.edge.test", "to the nearest node again"}},
          .run = RunRemove};
}

}  // namespace terrella::cli
