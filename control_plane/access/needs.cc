#include "control_plane/access/needs.h"

#include <algorithm>

#include "base/status.h"
#include "bundle/names.h"
#include "control_plane/access/authorise.h"

namespace terrella::control {
namespace {

constexpr size_t kMissingShown = 5;
constexpr size_t kNameBytesShown = 128;

std::string Part(std::string_view kind, std::string_view name) {
  return fmt::format("{} '{}'", kind, name.substr(0, kNameBytesShown));
}

// The script's own host, "*" below it, or a name below it.
bool IsBelow(std::string_view host, std::string_view own) {
  return host == own || (host.size() > own.size() && host.ends_with(own) &&
                         host[host.size() - own.size() - 1] == '.');
}

}  // namespace

std::vector<Need> NeedsOf(const v1::Version& version) {
  std::vector<Need> needs;
  const auto other = [&](Grant grant, const std::string& script, std::string part) {
    if (!script.empty() && script != version.script()) {
      needs.push_back({grant, script, std::move(part)});
    }
  };
  for (const v1::Binding& binding : version.bindings()) {
    std::string part = Part("binding", binding.name());
    if (binding.has_kv_namespace()) {
      needs.push_back({Grant::kKvWrite, binding.kv_namespace().id(), std::move(part)});
    } else if (binding.has_service()) {
      other(Grant::kScriptRead, binding.service(), std::move(part));
    } else if (binding.has_durable_object()) {
      other(Grant::kScriptRead, binding.durable_object().script(), std::move(part));
    }
  }
  for (const v1::Migration& migration : version.migrations()) {
    for (const v1::ClassMove& move : migration.transferred_classes()) {
      other(Grant::kScriptDeploy, move.from_script(), Part("migration", migration.tag()));
    }
  }
  return needs;
}

std::vector<Need> NeedsOf(const RouteClaim& claim) {
  const std::string own = fmt::format("{}.{}", claim.script, claim.zone);
  std::vector<Need> needs;
  for (const std::string& asked : claim.routes) {
    const absl::StatusOr<std::string> route = bundle::NormalizeRoute(asked);
    if (!route.ok()) continue;
    const bool held = std::find(claim.held.begin(), claim.held.end(), *route) != claim.held.end();
    if (held || IsBelow(bundle::RouteHost(*route), own)) continue;
    needs.push_back({Grant::kRoute, *route, Part("route", *route)});
  }
  return needs;
}

absl::Status AuthoriseNeeds(const Caller& caller, const MethodRule& rule,
                            std::span<const Need> needs) {
  std::string missing;
  size_t count = 0;
  for (const Need& need : needs) {
    const bool covered =
        std::any_of(caller.scopes.begin(), caller.scopes.end(),
                    [&](const Scope& scope) { return Covers(scope, need.grant, need.resource); });
    if (covered || ++count > kMissingShown) continue;
    missing += fmt::format("{}{} needs the scope {}", missing.empty() ? "" : ", ", need.part,
                           ScopeText(need.grant, need.resource.substr(0, kNameBytesShown)));
  }
  if (count == 0) return absl::OkStatus();
  if (count > kMissingShown) missing += fmt::format(", and {} more", count - kMissingShown);
  return PermissionDenied("{} may not call {} with this: {}; it has {}", CallerText(caller),
                          rule.method, missing, ScopesText(caller));
}

}  // namespace terrella::control
