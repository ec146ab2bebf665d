#include "control_plane/access/scope.h"

#include <algorithm>
#include <array>

#include "base/status.h"

namespace terrella::control {
namespace {

// How each grant is written: KIND:VERB, or KIND:GLOB:VERB; without a verb KIND:GLOB.
struct Spelling {
  Grant grant;
  std::string_view kind;
  std::string_view verb;
  bool has_glob;
  Grant also;  // that it gives besides itself
};

constexpr std::array<Spelling, 10> kSpellings = {{
    {Grant::kScriptRead, "script", "read", true, Grant::kScriptRead},
    {Grant::kScriptDeploy, "script", "deploy", true, Grant::kScriptRead},
    {Grant::kKvRead, "kv", "read", true, Grant::kKvRead},
    {Grant::kKvWrite, "kv", "write", true, Grant::kKvRead},
    {Grant::kDnsRead, "dns", "read", false, Grant::kDnsRead},
    {Grant::kDnsWrite, "dns", "write", false, Grant::kDnsRead},
    {Grant::kRoute, "route", "", true, Grant::kRoute},
    {Grant::kNodeDrain, "node", "drain", false, Grant::kNetworkRead},
    {Grant::kNodeSync, "node", "sync", false, Grant::kNodeSync},
    {Grant::kNetworkRead, "network", "read", false, Grant::kNetworkRead},
}};

const Spelling* Find(Grant grant) {
  for (const Spelling& one : kSpellings) {
    if (one.grant == grant) return &one;
  }
  return nullptr;
}

bool Gives(Grant has, Grant needed) {
  if (has == Grant::kAdmin || needed == Grant::kKnown || has == needed) return true;
  const Spelling* spelling = Find(has);
  return spelling != nullptr && spelling->also == needed;
}

absl::Status CheckGlob(std::string_view glob) {
  if (glob.empty() || glob.size() > kGlobBytesMax) {
    return InvalidArgument("the name in a scope has 1 to {} bytes, got {}; '*' stands for all",
                           kGlobBytesMax, glob.size());
  }
  const bool printable =
      std::all_of(glob.begin(), glob.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable) return InvalidArgument("the name in a scope is of printable ASCII, no spaces");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scope> ParseScope(std::string_view text) {
  if (text == "admin") return Scope{Grant::kAdmin, {}};
  if (constexpr std::string_view kRoute = "route:"; text.starts_with(kRoute)) {
    const std::string_view glob = text.substr(kRoute.size());
    RETURN_IF_ERROR(CheckGlob(glob));
    return Scope{Grant::kRoute, std::string(glob)};
  }
  const size_t first = text.find(':'), last = text.rfind(':');
  if (first != text.npos) {
    const std::string_view kind = text.substr(0, first), verb = text.substr(last + 1);
    for (const Spelling& one : kSpellings) {
      if (one.kind != kind || one.verb != verb || one.has_glob != (first != last)) continue;
      if (!one.has_glob) return Scope{one.grant, {}};
      const std::string_view glob = text.substr(first + 1, last - first - 1);
      RETURN_IF_ERROR(CheckGlob(glob));
      return Scope{one.grant, std::string(glob)};
    }
  }
  return InvalidArgument(
      "'{}' is not a scope; scopes are script:NAME:deploy, script:NAME:read, kv:NAMESPACE:write, "
      "kv:NAMESPACE:read, route:ROUTE, dns:write, dns:read, node:drain, node:sync, network:read "
      "and "
      "admin, where a name may have '*'",
      text.substr(0, 2 * kGlobBytesMax));
}

std::string ScopeText(Grant grant, std::string_view resource) {
  const Spelling* spelling = Find(grant);
  if (spelling == nullptr) return grant == Grant::kAdmin ? "admin" : "any";
  if (!spelling->has_glob) return fmt::format("{}:{}", spelling->kind, spelling->verb);
  return fmt::format("{}:{}{}{}", spelling->kind, resource.empty() ? "*" : resource,
                     spelling->verb.empty() ? "" : ":", spelling->verb);
}

std::string ScopeText(const Scope& scope) {
  return ScopeText(scope.grant, scope.glob);
}

std::string_view KindOf(Grant grant) {
  const Spelling* spelling = Find(grant);
  return spelling == nullptr ? "" : spelling->kind;
}

bool Covers(const Scope& scope, Grant needed, std::string_view resource) {
  if (needed == Grant::kRoute && scope.grant == Grant::kScriptDeploy) {
    return GlobMatches(scope.glob, "");
  }
  if (!Gives(scope.grant, needed)) return false;
  const Spelling* spelling = Find(needed);
  return scope.grant == Grant::kAdmin || spelling == nullptr || !spelling->has_glob ||
         GlobMatches(scope.glob, resource);
}

bool CoversSome(std::span<const Scope> scopes, Grant needed) {
  return std::any_of(scopes.begin(), scopes.end(),
                     [&](const Scope& scope) { return Gives(scope.grant, needed); });
}

bool GlobMatches(std::string_view glob, std::string_view text) {
  size_t g = 0, t = 0;
  size_t star = glob.npos, after_star = 0;  // the last "*", and the text it does not cover yet
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      after_star = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g, ++t;
    } else if (star != glob.npos) {
      g = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace terrella::control
