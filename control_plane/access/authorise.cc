#include "control_plane/access/authorise.h"

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <algorithm>

#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kNameBytesShown = 128;
constexpr size_t kScopesShown = 8;
constexpr size_t kValuesShown = 8;

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

// The value of a field that is set, as a person reads it.
std::string ValueText(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor& field) {
  using Field = google::protobuf::FieldDescriptor;
  const auto* reflection = message.GetReflection();
  const int count = field.is_repeated() ? reflection->FieldSize(message, &field) : 1;
  if (!field.is_map() &&
      (field.cpp_type() == Field::CPPTYPE_MESSAGE || field.type() == Field::TYPE_BYTES)) {
    return std::to_string(count);
  }
  std::vector<std::string> values;
  for (int i = 0; i < count && values.size() <= kValuesShown; ++i) {
    if (values.size() == kValuesShown) {
      values.push_back(fmt::format("and {} more", count - i));
    } else if (field.is_map()) {
      // Only the keys: values are what people keep secret.
      const auto& entry = reflection->GetRepeatedMessage(message, &field, i);
      values.push_back(ValueText(entry, *field.message_type()->map_key()));
    } else {
      google::protobuf::TextFormat::Printer printer;
      std::string text;
      printer.PrintFieldValueToString(message, &field, field.is_repeated() ? i : -1, &text);
      if (field.type() == Field::TYPE_STRING && text.size() >= 2) {
        text = text.substr(1, text.size() - 2);  // of quotes
      }
      values.push_back(text.substr(0, kNameBytesShown));
    }
  }
  std::sort(values.begin(), values.begin() + (field.is_map() ? std::ssize(values) : 0));
  return fmt::format("{}", fmt::join(values, ", "));
}

}  // namespace

std::string ScopesText(const Caller& caller) {
  std::string text;
  for (size_t i = 0; i < caller.scopes.size() && i < kScopesShown; ++i) {
    text += (i == 0 ? "" : ", ") + ScopeText(caller.scopes[i]);
  }
  if (caller.scopes.size() > kScopesShown) text += ", ...";
  return text.empty() ? "none" : text;
}

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

std::string SummaryOf(const MethodRule& rule, const google::protobuf::Message& request) {
  std::string summary;
  for (std::string_view rest = rule.shown; !rest.empty();) {
    const size_t space = rest.find(' ');
    std::string_view path = rest.substr(0, space);
    rest = space == rest.npos ? "" : rest.substr(space + 1);
    const google::protobuf::Message* at = &request;
    for (size_t dot; (dot = path.find('.')) != path.npos; path.remove_prefix(dot + 1)) {
      const auto* outer = at->GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
      at = &at->GetReflection()->GetMessage(*at, outer);
    }
    const auto* field = at->GetDescriptor()->FindFieldByName(std::string(path));
    if (field == nullptr) continue;
    const auto* reflection = at->GetReflection();
    const bool set = field->is_repeated() ? reflection->FieldSize(*at, field) > 0
                                          : reflection->HasField(*at, field);
    // Of a switch both positions are something.
    if (!set && field->type() != google::protobuf::FieldDescriptor::TYPE_BOOL) continue;
    summary += fmt::format("{}{}={}", summary.empty() ? "" : " ", path, ValueText(*at, *field));
  }
  return summary;
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
