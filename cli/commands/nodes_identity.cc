// nodes join-token, nodes revoke: who may be a node of the cluster, and who may no more.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

int64_t ToWholeMs(Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

ExitCode RunJoinToken(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    v1::CreateJoinTokenRequest request;
    request.set_ttl_ms(ToWholeMs(in.args.Time("--ttl", std::chrono::minutes(10))));
    request.set_node(in.args.Text("--node"));
    request.set_request_id(NewRequestId());
    const auto made = client.CreateJoinToken(request);
    if (!made.ok()) return in.out.Fail(made.status());
    if (in.out.json()) {
      in.out.Data("{}", nlohmann::ordered_json{{"token", made->token()},
                                               {"node", request.node()},
                                               {"expires_unix_ms", made->expires_unix_ms()}}
                            .dump());
      return ExitCode::kOk;
    }
    in.out.Data("{}", made->token());
    in.out.Talk(
        "good for one node{} until {}, and shown this once. There:\n"
        "  edge_node --id {} --state FOLDER --listen ADDRESS:PORT --control HOST:PORT --join TOKEN",
        request.node().empty() ? "" : ", " + request.node(), FormatTime(made->expires_unix_ms()),
        request.node().empty() ? "ID" : request.node());
    return ExitCode::kOk;
  });
}

ExitCode RunRevoke(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    for (const std::string& node : in.args.All("NODE")) {
      v1::RevokeNodeRequest request;
      request.set_node(node);
      request.set_request_id(NewRequestId());
      const auto revoked = client.RevokeNode(request);
      if (!revoked.ok()) return in.out.Fail(revoked.status());
      if (in.out.json()) {
        in.out.Data("{}", nlohmann::ordered_json{{"node", node},
                                                 {"was_connected", revoked->was_connected()}}
                              .dump());
      }
      in.out.Talk(
          "the certificates of node {} are good no more{}; 'terrella nodes join-token --node {}' "
          "lets it in again",
          node, revoked->was_connected() ? ", and its stream was ended" : "", node);
    }
    return ExitCode::kOk;
  });
}

}  // namespace

Command NodesJoinTokenCommand() {
  return {
      .name = "nodes join-token",
      .group = "Cluster",
      .summary = "make a token by which one node on another machine may join",
      .details =
          "The token goes to `edge_node --join`, which trades it for a certificate of a day and "
          "renews that\n"
          "by itself. Without --node it is for a new node, whatever it calls itself; to take "
          "the place of\n"
          "a node that is known or was revoked takes a token that names it.",
      .flags = {{.name = "--ttl",
                 .value = "TIME",
                 .help = "how long it may be used, 1s to 168h (default 10m)",
                 .kind = ValueKind::kDuration},
                {.name = "--node", .value = "ID", .help = "the only node that may use it"}},
      .examples = {{"terrella nodes join-token --node LAX-2 --ttl 1h",
                    "for that node, within the hour"}},
      .run = RunJoinToken};
}

Command NodesRevokeCommand() {
  return {.name = "nodes revoke",
          .group = "Cluster",
          .summary = "take a node's certificates back and end its stream",
          .details =
              "The node serves what it has until it is stopped, but gets and tells nothing more, "
              "and steering\n"
              "leaves it out. It need not be connected.",
          .positionals = {{.name = "NODE", .kind = ValueKind::kPop, .repeated = true}},
          .examples = {{"terrella nodes revoke LAX-2", "its machine was stolen"}},
          .run = RunRevoke};
}

}  // namespace terrella::cli
