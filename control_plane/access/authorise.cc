#include "control_plane/access/authorise.h"

#include <google/protobuf/message.h>

#include <algorithm>

#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kNameBytesShown = 128;
constexpr size_t kScopesShown = 8;

std::string ScopesText(const Caller& caller) {
  std::string text;
  for (size_t i = 0; i < caller.scopes.size() && i < kScopesShown; ++i) {
    text += (i == 0 ? "" : ", ") + ScopeText(caller.scopes[i]);
  }
  if (caller.scopes.size() > kScopesShown) text += ", ...";
  return text.empty() ? "none" : text;
}

absl::Status Nobody(const MethodRule& rule) {
  return MakeStatus(absl::StatusCode::kUnauthenticated,
                    "{} needs to know who calls: a token (TERRELLA_TOKEN or --token-file) or a "
                    "certificate of this cluster",
                    rule.method);
}

absl::Status Denied(const Caller& caller, const MethodRule& rule, std::string_view resource) {
  const std::string_view name = resource.substr(0, kNameBytesShown);
  const std::string_view kind = KindOf(rule.grant);
  std::string on;
  if (!name.empty()) on = fmt::format(" on {} '{}'", kind, name);
  return PermissionDenied("{} may not call {}{}: it needs the scope {}, and has {}",
                          CallerText(caller), rule.method, on, ScopeText(rule.grant, name),
                          ScopesText(caller));
}

// A rollout's id is "SCRIPT-rN".
std::string ScriptOfRollout(std::string_view id) {
  const size_t at = id.rfind("-r");
  return std::string(at == id.npos ? id : id.substr(0, at));
}

}  // namespace

absl::Status Authorise(const Caller& caller, const MethodRule& rule, std::string_view resource) {
  if (rule.grant == Grant::kOpen) return absl::OkStatus();
  if (caller.kind == Caller::Kind::kAnonymous) return Nobody(rule);
  if (caller.kind == Caller::Kind::kNode && rule.grant == Grant::kNodeSync &&
      rule.where != MethodRule::Where::kNowhere && resource != caller.name) {
    return PermissionDenied("node '{}' speaks as node '{}': its certificate is not that one's",
                            caller.name, resource.substr(0, kNameBytesShown));
  }
  const bool covered =
      std::any_of(caller.scopes.begin(), caller.scopes.end(),
                  [&](const Scope& scope) { return Covers(scope, rule.grant, resource); });
  return covered ? absl::OkStatus() : Denied(caller, rule, resource);
}

absl::Status AuthoriseSome(const Caller& caller, const MethodRule& rule) {
  if (rule.grant == Grant::kOpen) return absl::OkStatus();
  if (caller.kind == Caller::Kind::kAnonymous) return Nobody(rule);
  return CoversSome(caller.scopes, rule.grant) ? absl::OkStatus() : Denied(caller, rule, "");
}

std::string TextAt(const google::protobuf::Message& message, std::string_view path) {
  const google::protobuf::Message* at = &message;
  for (;;) {
    const size_t dot = path.find('.');
    const auto* field = at->GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
    if (field == nullptr || field->is_repeated()) return "";
    const auto* reflection = at->GetReflection();
    if (dot == path.npos) {
      if (field->cpp_type() != field->CPPTYPE_STRING) return "";
      return reflection->GetString(*at, field);
    }
    if (field->cpp_type() != field->CPPTYPE_MESSAGE) return "";
    at = &reflection->GetMessage(*at, field);
    path.remove_prefix(dot + 1);
  }
}

std::vector<std::string> ResourcesOf(const MethodRule& rule,
                                     const google::protobuf::Message& request) {
  std::vector<std::string> resources;
  for (std::string_view rest = rule.fields; !rest.empty();) {
    const size_t space = rest.find(' ');
    const std::string_view path = rest.substr(0, space);
    rest = space == rest.npos ? "" : rest.substr(space + 1);
    std::string name = TextAt(request, path);
    if (path == "rollout_id") name = ScriptOfRollout(name);
    if (!name.empty()) resources.push_back(std::move(name));
  }
  if (resources.empty()) resources.emplace_back();
  return resources;
}

}  // namespace terrella::control
