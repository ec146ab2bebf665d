// tokens create, list, revoke: what people and programs show the control plane to be let in.
#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::hours kLife{30 * 24};

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string StateOf(const v1::Token& token) {
  if (token.revoked_unix_ms() != 0) return "revoked";
  return NowMs() < token.expires_unix_ms() ? "valid" : "expired";
}

Json ToJson(const v1::Token& token) {
  return {{"name", token.name()},
          {"scopes", token.scopes()},
          {"state", StateOf(token)},
          {"created_unix_ms", token.created_unix_ms()},
          {"expires_unix_ms", token.expires_unix_ms()},
          {"revoked_unix_ms", token.revoked_unix_ms()},
          {"author", token.author()},
          {"hint", token.hint()}};
}

ExitCode RunCreate(Invocation& in) {
  v1::CreateTokenRequest request;
  request.set_name(in.args.Text("NAME"));
  for (const std::string& scope : in.args.All("--scope")) request.add_scopes(scope);
  if (request.scopes().empty()) {
    return in.out.Fail(ExitCode::kUsage,
                       "tokens create: --scope is needed: what the token may do, such as "
                       "script:shop:deploy or admin");
  }
  const Duration life = in.args.Time("--expires", kLife);
  request.set_life_s(
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(life).count()));
  return WithControl(in, [&](ControlClient& client) {
    const auto made = client.CreateToken(request);
    if (!made.ok()) return in.out.Fail(made.status());
    if (in.out.json()) {
      Json json = ToJson(made->token());
      json["token"] = made->secret();
      in.out.Data("{}", json.dump(2));
      return ExitCode::kOk;
    }
    in.out.Data("{}", made->secret());
    in.out.Talk("token {} may {} until {}; it is shown only now", made->token().name(),
                fmt::join(made->token().scopes(), ", "),
                FormatTime(made->token().expires_unix_ms()));
    return ExitCode::kOk;
  });
}

ExitCode RunList(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const auto response = client.ListTokens();
    if (!response.ok()) return in.out.Fail(response.status());
    Json rows = Json::array();
    TextTable table({{"NAME"}, {"STATE"}, {"SCOPES"}, {"EXPIRES"}, {"AUTHOR"}, {"HINT"}});
    for (const v1::Token& token : response->tokens()) {
      rows.push_back(ToJson(token));
      table.AddRow({token.name(), StateOf(token), fmt::format("{}", fmt::join(token.scopes(), " ")),
                    FormatTime(token.expires_unix_ms()), token.author(), token.hint()});
    }
    if (in.out.json()) {
      in.out.Data("{}", rows.dump(2));
    } else if (rows.empty()) {
      in.out.Talk("no tokens; 'terrella tokens create' makes one");
    } else {
      in.out.Write(table.ToString());
    }
    return ExitCode::kOk;
  });
}

ExitCode RunRevoke(Invocation& in) {
  return WithControl(in, [&](ControlClient& client) {
    const auto token = client.RevokeToken(in.args.Text("NAME"));
    if (!token.ok()) return in.out.Fail(token.status());
    if (in.out.json()) {
      in.out.Data("{}", ToJson(*token).dump(2));
    } else {
      in.out.Talk("token {} is refused from now on", token->name());
    }
    return ExitCode::kOk;
  });
}

}  // namespace

Command TokensCreateCommand() {
  return {
      .name = "tokens create",
      .group = "Access",
      .summary = "make a token for a person or a program",
      .details =
          "A token may do what its scopes say and nothing else: script:NAME:deploy, "
          "script:NAME:read, kv:NAMESPACE:write, kv:NAMESPACE:read, dns:write, dns:read, "
          "route:ROUTE, node:drain, node:sync, network:read, admin. A name may have '*'. What a "
          "version binds and the routes it claims have to be covered, too. The token is shown "
          "once; give it to commands as TERRELLA_TOKEN or in a file with --token-file.",
      .positionals = {{.name = "NAME"}},
      .flags = {{.name = "--scope",
                 .value = "SCOPE",
                 .help = "what it may do; at least one",
                 .repeatable = true},
                {.name = "--expires",
                 .value = "TIME",
                 .help = "how long it is valid (default 30d, at most a year)",
                 .kind = ValueKind::kDuration}},
      .examples = {{"terrella tokens create ci --scope script:shop:deploy --expires 90d > ci",
                    "for a pipeline that deploys one script"},
                   {"terrella tokens create ops --scope 'script:*:read' --scope node:drain",
                    "for a colleague on call"}},
      .run = RunCreate};
}

Command TokensListCommand() {
  return {
      .name = "tokens list",
      .group = "Access",
      .summary = "list the tokens, by name",
      .details = "HINT is the beginning of the SHA-256 of the token, to find out which one it is.",
      .examples = {{"terrella tokens list", "what may be done with them, and until when"}},
      .run = RunList};
}

Command TokensRevokeCommand() {
  return {.name = "tokens revoke",
          .group = "Access",
          .summary = "refuse a token from now on",
          .positionals = {{.name = "NAME"}},
          .examples = {{"terrella tokens revoke ci", "its next call is refused"}},
          .run = RunRevoke};
}

}  // namespace terrella::cli
