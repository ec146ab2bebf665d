#include "control_plane/gateway/rpc_route.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "base/suggest.h"

namespace terrella::control {
namespace {

namespace pb = google::protobuf;
using Json = nlohmann::ordered_json;

constexpr size_t kParametersMax = 100;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Percent signs and pluses, as forms write them (URL standard, "urlencoded parsing"). What is no
// UTF-8 in the end is refused with the JSON.
std::string Decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

const pb::FieldDescriptor* FindField(const pb::Descriptor& type, const std::string& name) {
  const pb::FieldDescriptor* field = type.FindFieldByName(name);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(name);
}

std::string FieldNames(const pb::Descriptor& type) {
  std::string names;
  for (int i = 0; i < type.field_count(); ++i) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", type.field(i)->name());
  }
  return names.empty() ? "none" : names;
}

absl::Status Put(const pb::Descriptor& type, std::string_view path, const std::string& value,
                 Json& out) {
  const size_t dot = path.find('.');
  const std::string name(path.substr(0, dot));
  const pb::FieldDescriptor* field = FindField(type, name);
  if (field == nullptr) {
    return InvalidArgument("{} has no field '{}'; it has: {}", type.name(), name, FieldNames(type));
  }
  const bool inside = dot != std::string_view::npos;
  const bool message = field->type() == pb::FieldDescriptor::TYPE_MESSAGE;
  if (inside != message || (message && field->is_repeated())) {
    return InvalidArgument("'{}' cannot be given in a query: use POST", name);
  }
  if (inside) return Put(*field->message_type(), path.substr(dot + 1), value, out[field->name()]);
  const std::string text =
      field->type() == pb::FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(value) : value;
  if (field->is_repeated()) {
    out[field->name()].push_back(text);
  } else if (out.contains(field->name())) {
    return InvalidArgument("'{}' is given twice", name);
  } else if (field->type() == pb::FieldDescriptor::TYPE_BOOL) {
    if (value != "true" && value != "false") {
      return InvalidArgument("'{}' is true or false, got '{}'", name, value);
    }
    out[field->name()] = value == "true";
  } else {
    out[field->name()] = text;  // numbers may be strings
  }
  return absl::OkStatus();
}

absl::Status NoSuchMethod(const ApiSchema& schema, std::string_view service,
                          std::string_view method) {
  std::vector<std::string> services, methods;
  for (const pb::ServiceDescriptor* known : schema.services()) {
    services.push_back(known->name());
    if (service != known->name() && service != known->full_name()) continue;
    for (int i = 0; i < known->method_count(); ++i) methods.push_back(known->method(i)->name());
  }
  if (methods.empty()) {
    return NotFound("there is no service '{}'; there are: {}", service, fmt::join(services, ", "));
  }
  return NotFound("{} has no method '{}'; it has: {}", service, method, fmt::join(methods, ", "));
}

}  // namespace

absl::StatusOr<std::string> QueryToJson(const pb::Descriptor& type, std::string_view query) {
  Json out = Json::object();
  for (size_t count = 0; !query.empty(); ++count) {
    if (count == kParametersMax) {
      return InvalidArgument("a query has at most {} parameters: use POST", kParametersMax);
    }
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string value = Decoded(pair.substr(std::min(equals + 1, pair.size())));
    RETURN_IF_ERROR(Put(type, Decoded(pair.substr(0, equals)), value, out));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<RpcRoute> FindRoute(const ApiSchema& schema, std::string_view verb,
                                   std::string_view target) {
  const size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(kRpcPrefix.size(), question - kRpcPrefix.size());
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) {
    return NotFound("expected /v1/SERVICE/METHOD, as /openapi.json lists them");
  }
  const std::string_view service = path.substr(0, slash), name = path.substr(slash + 1);
  RpcRoute route{.method = schema.FindMethod(service, name), .query_json = {}};
  if (route.method == nullptr) return NoSuchMethod(schema, service, name);
  if (route.method->client_streaming() && route.method->server_streaming()) {
    return Unimplemented("{} reads a stream while it answers, which only gRPC can send",
                         route.method->full_name());
  }
  if (verb == "POST") return route;
  if (verb != "GET" || !OnlyReads(*route.method)) {
    return Unimplemented("{} is called by POST{}", route.method->full_name(),
                         OnlyReads(*route.method) ? " or GET" : "");
  }
  ASSIGN_OR_RETURN(route.query_json,
                   QueryToJson(*route.method->input_type(),
                               target.substr(std::min(question + 1, target.size()))));
  return route;
}

absl::StatusOr<std::vector<std::string>> MessagesOf(const ApiSchema& schema,
                                                    const pb::MethodDescriptor& method,
                                                    std::string_view body) {
  std::vector<std::string> out;
  if (!method.client_streaming()) {
    ASSIGN_OR_RETURN(std::string wire, schema.FromJson(*method.input_type(), body));
    out.push_back(std::move(wire));
    return out;
  }
  for (size_t number = 1; !body.empty(); ++number) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (out.size() == kMessagesMax) {
      return InvalidArgument("line {}: a stream has at most {} messages here", number,
                             kMessagesMax);
    }
    absl::StatusOr<std::string> wire = schema.FromJson(*method.input_type(), line);
    if (!wire.ok()) return InvalidArgument("line {}: {}", number, Message(wire.status()));
    out.push_back(*std::move(wire));
  }
  return out;
}

}  // namespace terrella::control
