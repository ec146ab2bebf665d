#include "rpc/identity.h"

#include <algorithm>

#include "base/status.h"

namespace terrella::rpc {
namespace {

constexpr std::string_view kScheme = "edge://";
constexpr size_t kNameBytesMax = 64;

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool IsService(std::string_view name) {
  return name == kControlPlane || name == kDnsRouter || name == kIngress;
}

}  // namespace

std::string ToUri(const Identity& identity) {
  switch (identity.kind) {
    case IdentityKind::kNode:
      return fmt::format("{}{}/node/{}", kScheme, identity.cluster, identity.name);
    case IdentityKind::kService:
      return fmt::format("{}{}/service/{}", kScheme, identity.cluster, identity.name);
    case IdentityKind::kOperator:
      return fmt::format("{}{}/operator", kScheme, identity.cluster);
  }
  return {};
}

absl::StatusOr<Identity> ParseIdentity(std::string_view uri) {
  const auto refuse = [&] {
    return InvalidArgument(
        "expected edge://CLUSTER/node/ID, edge://CLUSTER/service/NAME or edge://CLUSTER/operator, "
        "got '{}'",
        uri.substr(0, 256));
  };
  if (!uri.starts_with(kScheme)) return refuse();
  std::string_view rest = uri.substr(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash == rest.npos || !IsName(rest.substr(0, slash))) return refuse();
  Identity identity{.cluster = std::string(rest.substr(0, slash)), .name = {}};
  rest.remove_prefix(slash + 1);
  if (rest == "operator") return identity;
  constexpr std::string_view kNode = "node/", kService = "service/";
  if (rest.starts_with(kNode)) {
    identity.kind = IdentityKind::kNode;
    rest.remove_prefix(kNode.size());
    if (!IsName(rest)) return refuse();
  } else if (rest.starts_with(kService)) {
    identity.kind = IdentityKind::kService;
    rest.remove_prefix(kService.size());
    if (!IsService(rest)) return refuse();
  } else {
    return refuse();
  }
  identity.name = rest;
  return identity;
}

std::string Describe(const Identity& identity) {
  switch (identity.kind) {
    case IdentityKind::kNode:
      return "node " + identity.name;
    case IdentityKind::kService:
      return "the " + identity.name;
    case IdentityKind::kOperator:
      return "an operator";
  }
  return {};
}

}  // namespace terrella::rpc
