#include "cli/commands/dns_routers.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "base/tcp.h"
#include "cli/cluster/record.h"

namespace terrella::cli {
namespace {

constexpr const char* kWho = "DNS router";

DialedServer Server(const Invocation& in, std::string address,
                    const std::filesystem::path& identity) {
  return {.address = std::move(address),
          .cluster = in.paths.name,
          .who = kWho,
          .tls = rpc::TlsFiles::Of(identity, identity, identity)};
}

absl::StatusOr<DialedServer> AdminOf(const Invocation& in, const ClusterRecord& record,
                                     const std::string& part) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(in.paths.ready(part), 1 << 16));
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("admin") && json["admin"].is_string()) {
    const bool by_tls = json.value("admin_tls", false);
    return Server(in, json["admin"].get<std::string>(), by_tls ? record.operator_identity : "");
  }
  return FailedPrecondition("the DNS router's ready file, {}, names no admin address",
                            in.paths.ready(part).string());
}

// What a router that was named is shown: of the cluster that commands are about; empty: nothing.
std::filesystem::path OwnIdentity(const Invocation& in) {
  if (in.args.Has("--plaintext")) return "";
  if (const char* named = std::getenv("TERRELLA_IDENTITY"); named != nullptr && *named != '\0') {
    return named;
  }
  const auto record = LoadRecord(in.paths);
  return record.ok() ? record->operator_identity : std::filesystem::path();
}

}  // namespace

absl::StatusOr<std::vector<DialedServer>> RouterAdmins(Invocation& in) {
  std::vector<DialedServer> out;
  const std::vector<std::string> named = in.args.All("--router");
  const std::filesystem::path identity = OwnIdentity(in);
  for (const std::string& address : named) {
    if (const auto parsed = SocketAddress::Parse(address); !parsed.ok()) {
      return InvalidArgument("{}: --router: {}", in.command.name, Message(parsed.status()));
    }
    out.push_back(Server(in, address, identity));
    if (identity.empty()) out.back().cluster.clear();  // it is of none that is known here
  }
  if (!out.empty()) return out;
  if (in.args.Has("--plaintext")) {
    return InvalidArgument("{}: --plaintext needs --router", in.command.name);
  }
  ASSIGN_OR_RETURN(const ClusterRecord record, RunningCluster(in));
  for (const Part& part : record.parts) {
    if (part.kind != PartKind::kDns) continue;
    ASSIGN_OR_RETURN(out.emplace_back(), AdminOf(in, record, part.name));
  }
  if (out.empty()) return FailedPrecondition("the cluster has no DNS router");
  return out;
}

ExitCode FailWithoutRouters(Invocation& in, const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return in.out.Fail(status);
  return in.out.Fail(ExitCode::kUsage, "{}", Message(status));
}

Flag RouterFlag(bool repeatable) {
  return {.name = "--router",
          .value = "ADDR:PORT",
          .help = repeatable
                      ? "a router by its admin address, in place of the cluster's; repeatable"
                      : "a router by its admin address, in place of the cluster's",
          .repeatable = repeatable};
}

Flag RouterPlaintextFlag() {
  return {.name = "--plaintext",
          .help = "with --router: it has no certificate, and none is shown to it"};
}

}  // namespace terrella::cli
