#include "control_plane/gateway/openapi.h"

#include <google/protobuf/descriptor.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <set>

#include "base/status.h"
#include "control_plane/gateway/rpc_route.h"

namespace terrella::control {
namespace {

namespace pb = google::protobuf;
using Json = nlohmann::ordered_json;
using Field = pb::FieldDescriptor;

// A comment's lines as one text.
template <class Descriptor>
std::string CommentOf(const Descriptor& of) {
  pb::SourceLocation at;
  std::string text;
  if (!of.GetSourceLocation(&at)) return text;
  for (const char c : at.leading_comments + at.trailing_comments) {
    const bool blank = c == '\n' || c == ' ';
    if (!blank) {
      text.push_back(c);
    } else if (!text.empty() && text.back() != ' ') {
      text.push_back(' ');
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

Json Described(Json schema, const std::string& description) {
  if (!description.empty()) schema["description"] = description;
  return schema;
}

// Writes the schemas of messages, each once, with those they mention.
class Schemas {
 public:
  // A reference to the message's schema.
  Json Of(const pb::Descriptor& type) {
    if (type.full_name() == "google.protobuf.Duration") {
      return {{"type", "string"}, {"examples", {"1.5s"}}};
    }
    if (known_.insert(&type).second) todo_.push_back(&type);
    return {{"$ref", "#/components/schemas/" + type.full_name()}};
  }
  // All that were mentioned.
  Json Finish() {
    std::map<std::string, Json> written;
    for (; !todo_.empty(); todo_.pop_front()) {
      written.emplace(todo_.front()->full_name(), Message(*todo_.front()));
    }
    Json out = Json::object();
    for (auto& [name, schema] : written) out[name] = std::move(schema);
    return out;
  }
  // Of one value of a field (proto3's JSON mapping).
  Json Value(const Field& field);

 private:
  Json Message(const pb::Descriptor& type) {
    Json properties = Json::object();
    for (int i = 0; i < type.field_count(); ++i) {
      const Field& field = *type.field(i);
      Json schema;
      if (field.is_map()) {
        schema = {{"type", "object"},
                  {"additionalProperties", Value(*field.message_type()->map_value())}};
      } else if (field.is_repeated()) {
        schema = {{"type", "array"}, {"items", Value(field)}};
      } else {
        schema = Value(field);
      }
      properties[field.json_name()] = Described(std::move(schema), CommentOf(field));
    }
    return Described({{"type", "object"}, {"properties", std::move(properties)}}, CommentOf(type));
  }

  std::set<const pb::Descriptor*> known_;
  std::deque<const pb::Descriptor*> todo_;
};

Json Schemas::Value(const Field& field) {
  switch (field.cpp_type()) {
    case Field::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case Field::CPPTYPE_INT32:
      return {{"type", "integer"}, {"format", "int32"}};
    case Field::CPPTYPE_UINT32:
      return {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}};
    case Field::CPPTYPE_INT64:
      return {{"type", "string"}, {"format", "int64"}};
    case Field::CPPTYPE_UINT64:
      return {{"type", "string"}, {"format", "uint64"}};
    case Field::CPPTYPE_FLOAT:
    case Field::CPPTYPE_DOUBLE:
      return {{"type", "number"}, {"format", "double"}};
    case Field::CPPTYPE_ENUM: {
      Json names = Json::array();
      for (int i = 0; i < field.enum_type()->value_count(); ++i) {
        names.push_back(field.enum_type()->value(i)->name());
      }
      return {{"type", "string"}, {"enum", std::move(names)}};
    }
    case Field::CPPTYPE_MESSAGE:
      return Of(*field.message_type());
    case Field::CPPTYPE_STRING:
      break;
  }
  if (field.type() == Field::TYPE_BYTES) return {{"type", "string"}, {"contentEncoding", "base64"}};
  return {{"type", "string"}};
}

Json Answer(const pb::MethodDescriptor& method, Schemas& schemas) {
  const Json schema = {{"schema", schemas.Of(*method.output_type())}};
  if (!method.server_streaming()) {
    return {{"description", "the answer"}, {"content", {{"application/json", schema}}}};
  }
  return {{"description", "messages as they come, then the end"},
          {"content", {{"text/event-stream", schema}, {"application/x-ndjson", schema}}}};
}

Json Operation(const pb::MethodDescriptor& method, std::string_view verb, Schemas& schemas) {
  Json out = {{"operationId", fmt::format("{}_{}{}", method.service()->name(), method.name(),
                                          verb == "get" ? "_get" : "")},
              {"tags", {method.service()->name()}}};
  if (const std::string comment = CommentOf(method); !comment.empty()) {
    out["summary"] = comment.substr(0, comment.find(". "));
    out["description"] = comment;
  }
  if (verb == "post") {
    out["requestBody"] = {
        {"content",
         {{method.client_streaming() ? "application/x-ndjson" : "application/json",
           {{"schema", schemas.Of(*method.input_type())}}}}}};
  } else {
    Json parameters = Json::array();
    for (int i = 0; i < method.input_type()->field_count(); ++i) {
      const Field& field = *method.input_type()->field(i);
      if (field.type() == Field::TYPE_MESSAGE) continue;
      Json schema = schemas.Value(field);
      if (field.is_repeated()) schema = {{"type", "array"}, {"items", std::move(schema)}};
      parameters.push_back(
          Described({{"name", field.json_name()}, {"in", "query"}, {"schema", std::move(schema)}},
                    CommentOf(field)));
    }
    if (!parameters.empty()) out["parameters"] = std::move(parameters);
  }
  out["responses"] = {{"200", Answer(method, schemas)},
                      {"default", {{"$ref", "#/components/responses/Error"}}}};
  return out;
}

Json ErrorResponse() {
  const Json error = {{"type", "object"},
                      {"properties",
                       {{"code", {{"type", "string"}, {"description", "of google.rpc.Code"}}},
                        {"message", {{"type", "string"}}}}}};
  const Json schema = {{"type", "object"}, {"properties", {{"error", error}}}};
  return {{"description", "what was wrong"},
          {"content", {{"application/json", {{"schema", schema}}}}}};
}

}  // namespace

std::string WriteOpenApi(const ApiSchema& schema) {
  Schemas schemas;
  Json paths = Json::object(), tags = Json::array();
  for (const pb::ServiceDescriptor* service : schema.services()) {
    tags.push_back(Described({{"name", service->name()}}, CommentOf(*service)));
    for (int i = 0; i < service->method_count(); ++i) {
      const pb::MethodDescriptor& method = *service->method(i);
      if (method.client_streaming() && method.server_streaming()) continue;
      Json& path = paths[fmt::format("{}{}/{}", kRpcPrefix, service->name(), method.name())];
      if (OnlyReads(method)) path["get"] = Operation(method, "get", schemas);
      path["post"] = Operation(method, "post", schemas);
    }
  }
  const Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "terrella control plane"},
        {"version", "1"},
        {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"security", {{{"token", Json::array()}}}},
      {"tags", std::move(tags)},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", schemas.Finish()},
        {"responses", {{"Error", ErrorResponse()}}},
        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  return document.dump(1);
}

}  // namespace terrella::control
