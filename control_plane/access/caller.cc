#include "control_plane/access/caller.h"

#include "base/status.h"

namespace terrella::control {

std::string CallerText(const Caller& caller) {
  switch (caller.kind) {
    case Caller::Kind::kAnonymous:
      return "anonymous";
    case Caller::Kind::kLocal:
      return "the local operator";
    case Caller::Kind::kToken:
      return "token " + caller.name;
    case Caller::Kind::kNode:
      return "node " + caller.name;
    case Caller::Kind::kService:
      return "service " + caller.name;
    case Caller::Kind::kOperator:
      return "operator";
    case Caller::Kind::kSelf:
      return "control plane";
  }
  return "";
}

Caller LocalOperator() {
  return {.kind = Caller::Kind::kLocal, .name = {}, .scopes = {{Grant::kAdmin, {}}}, .peer = {}};
}

Caller ControlPlaneItself() {
  return {.kind = Caller::Kind::kSelf, .name = {}, .scopes = {{Grant::kAdmin, {}}}, .peer = {}};
}

absl::StatusOr<Caller> CallerOfUri(std::string_view uri, std::string_view cluster) {
  const auto refused = [&](std::string_view why) {
    return MakeStatus(absl::StatusCode::kUnauthenticated, "the certificate's URI '{}' {}",
                      uri.substr(0, 256), why);
  };
  constexpr std::string_view kScheme = "edge://";
  if (!uri.starts_with(kScheme)) return refused("does not begin with edge://");
  std::string_view rest = uri.substr(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash == rest.npos || rest.substr(0, slash) != cluster) {
    return refused(fmt::format("is not of cluster '{}'", cluster));
  }
  rest.remove_prefix(slash + 1);
  if (rest == "operator") {
    Caller caller = LocalOperator();
    caller.kind = Caller::Kind::kOperator;
    return caller;
  }
  const size_t at = rest.find('/');
  const std::string_view role = rest.substr(0, at);
  const std::string_view name = at == rest.npos ? "" : rest.substr(at + 1);
  if (name.empty() || name.find('/') != name.npos) {
    return refused("is neither a node's, nor a service's, nor an operator's");
  }
  Caller caller{.kind = Caller::Kind::kNode, .name = std::string(name), .scopes = {}, .peer = {}};
  if (role == "node") {
    // Workers on it may use any namespace; which ones is the business of their bindings.
    caller.scopes = {{Grant::kNodeSync, {}}, {Grant::kKvWrite, "*"}};
    return caller;
  }
  if (role != "service") return refused("is neither a node's, nor a service's, nor an operator's");
  caller.kind = Caller::Kind::kService;
  caller.scopes = {{Grant::kNetworkRead, {}}};
  // It answers with the zone's records; nobody else needs them.
  if (name == "dns_router") caller.scopes.push_back({Grant::kDnsRead, {}});
  return caller;
}

}  // namespace terrella::control
