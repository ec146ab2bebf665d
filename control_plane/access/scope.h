// Scope: one thing a caller may do, and to what.
//
// Written as people write it: "script:shop-*:deploy", "kv:sessions:read", "dns:write",
// "node:drain", "route:*.example.com/*", "admin". A glob's only wildcard is "*", any run of bytes.
// A scope that lets one change something lets one read it; "admin" is every scope.
//
// A call that concerns everything of a kind ("list all scripts") names the empty resource, which
// only the glob "*" matches.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::control {

// What a method may need, and what a scope gives.
enum class Grant {
  kOpen,   // needed by methods that anybody may call; no scope gives it
  kKnown,  // needed by methods that take any caller with a name; every scope gives it
  kScriptRead,
  kScriptDeploy,
  kKvRead,
  kKvWrite,
  kDnsRead,
  kDnsWrite,
  kRoute,  // to claim a route, as it is stored ("www.example.com/*")
  kNodeDrain,
  kNodeSync,     // to be a node
  kNetworkRead,  // the live view, statuses, convergence
  kAdmin,
};

struct Scope {
  Grant grant = Grant::kKnown;
  std::string glob;  // of scripts, KV namespaces or routes; empty for the others

  friend bool operator==(const Scope&, const Scope&) = default;
};

constexpr size_t kGlobBytesMax = 256;

// InvalidArgument that lists what can be written.
absl::StatusOr<Scope> ParseScope(std::string_view text);
std::string ScopeText(const Scope& scope);
// "script:shop:deploy": the scope that a caller would need, for the sentence that refuses it.
std::string ScopeText(Grant grant, std::string_view resource);
// "script", "kv", "dns", "route", "node" or "network": what the resources of a grant are.
std::string_view KindOf(Grant grant);

// `resource` is ignored where the grant has no glob. Whoever may deploy every script may claim
// every route.
bool Covers(const Scope& scope, Grant needed, std::string_view resource);
// Whether one of them gives what is needed for at least one resource.
bool CoversSome(std::span<const Scope> scopes, Grant needed);

// Bytes as they are but for "*". Time is linear in text times pattern, without recursion.
bool GlobMatches(std::string_view glob, std::string_view text);

}  // namespace terrella::control
