#include "cli/commands/dns_routers.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "base/tcp.h"

namespace terrella::cli {
namespace {

absl::StatusOr<std::string> AdminOf(const ClusterPaths& paths, const std::string& part) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(paths.ready(part), 1 << 16));
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object() && json.contains("admin") && json["admin"].is_string()) {
    return json["admin"].get<std::string>();
  }
  return FailedPrecondition("the DNS router's ready file, {}, names no admin address",
                            paths.ready(part).string());
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RouterAdmins(Invocation& in) {
  std::vector<std::string> out = in.args.All("--router");
  for (const std::string& address : out) {
    if (const auto parsed = SocketAddress::Parse(address); !parsed.ok()) {
      return InvalidArgument("{}: --router: {}", in.command.name, Message(parsed.status()));
    }
  }
  if (!out.empty()) return out;
  ASSIGN_OR_RETURN(const ClusterRecord record, RunningCluster(in));
  for (const Part& part : record.parts) {
    if (part.kind != PartKind::kDns) continue;
    ASSIGN_OR_RETURN(out.emplace_back(), AdminOf(in.paths, part.name));
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

}  // namespace terrella::cli
