// The document names every method once, describes it, and refers to nothing that is not there.
#include "control_plane/gateway/openapi.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace terrella::control {
namespace {

using Json = nlohmann::ordered_json;

const ApiSchema& Schema() {
  static const auto* schema = new ApiSchema(std::vector<std::string>{
      "terrella.v1.Admin", "terrella.v1.Deployments", "terrella.v1.Kv", "terrella.v1.Rollouts"});
  return *schema;
}

void CollectReferences(const Json& json, std::set<std::string>& into) {
  for (const auto& [key, value] : json.items()) {
    if (key == "$ref" && value.is_string()) into.insert(value.get<std::string>());
    if (value.is_structured()) CollectReferences(value, into);
  }
}

TEST(OpenApi, HasEveryMethodThatHttpCanCall) {
  const Json document = Json::parse(WriteOpenApi(Schema()));
  EXPECT_EQ(document["openapi"], "3.1.0");
  size_t methods = 0;
  std::set<std::string> ids;
  for (const auto* service : Schema().services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& method = *service->method(i);
      if (method.client_streaming() && method.server_streaming()) continue;
      ++methods;
      SCOPED_TRACE(method.full_name());
      const Json& path = document["paths"]["/v1/" + service->name() + "/" + method.name()];
      ASSERT_TRUE(path.contains("post"));
      EXPECT_EQ(path.contains("get"), OnlyReads(method));
      EXPECT_FALSE(path["post"].value("description", "").empty()) << "the contract has no comment";
      for (const auto& [verb, operation] : path.items()) {
        EXPECT_TRUE(ids.insert(operation["operationId"]).second);
      }
    }
  }
  EXPECT_EQ(document["paths"].size(), methods);
}

TEST(OpenApi, RefersOnlyToWhatIsThere) {
  const Json document = Json::parse(WriteOpenApi(Schema()));
  std::set<std::string> references;
  CollectReferences(document, references);
  EXPECT_GT(references.size(), 20u);
  for (const std::string& reference : references) {
    ASSERT_EQ(reference.substr(0, 2), "#/");
    EXPECT_TRUE(document.contains(Json::json_pointer(reference.substr(1)))) << reference;
  }
}

TEST(OpenApi, WritesTheMappingOfProto3) {
  const Json document = Json::parse(WriteOpenApi(Schema()));
  const Json& status = document["components"]["schemas"]["terrella.v1.GetStatusResponse"];
  EXPECT_EQ(status["properties"]["storeEpoch"]["type"], "string");
  EXPECT_EQ(status["properties"]["pid"]["type"], "integer");
  EXPECT_EQ(status["properties"]["nodes"]["items"]["$ref"],
            "#/components/schemas/terrella.v1.NodeStatus");
  EXPECT_EQ(status["properties"]["revision"]["description"], "that nodes should hold");
}

}  // namespace
}  // namespace terrella::control
