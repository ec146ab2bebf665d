// Which method a request means, and with what message.
#include "control_plane/gateway/rpc_route.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "base/status.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;

const ApiSchema& Schema() {
  static const auto* schema = new ApiSchema(std::vector<std::string>{
      "terrella.v1.Kv", "terrella.v1.Deployments", "terrella.v1.NodeSync"});
  return *schema;
}

std::string Error(std::string_view verb, std::string_view target) {
  const auto route = FindRoute(Schema(), verb, target);
  return route.ok() ? "ok" : std::string(Message(route.status()));
}

TEST(FindRoute, TakesServicesWithAndWithoutTheirPackage) {
  for (const std::string_view target : {"/v1/Kv/Get", "/v1/terrella.v1.Kv/Get"}) {
    const auto route = FindRoute(Schema(), "POST", target);
    ASSERT_TRUE(route.ok()) << route.status();
    EXPECT_EQ(route->method->full_name(), "terrella.v1.Kv.Get");
    EXPECT_EQ(route->query_json, "");
  }
}

TEST(FindRoute, SaysWhatThereIs) {
  EXPECT_THAT(Error("POST", "/v1/"), HasSubstr("expected /v1/SERVICE/METHOD"));
  EXPECT_THAT(Error("POST", "/v1/Kv"), HasSubstr("expected /v1/SERVICE/METHOD"));
  EXPECT_THAT(Error("POST", "/v1/Kvv/Get"), HasSubstr("there are: Kv, Deployments, NodeSync"));
  EXPECT_THAT(Error("POST", "/v1/Kv/Got"), HasSubstr("it has: Get, Put, Delete"));
  EXPECT_THAT(Error("POST", "/v1/Kv/Get/x"), HasSubstr("Kv has no method 'Get/x'"));
}

TEST(FindRoute, GetIsForWhatOnlyReads) {
  EXPECT_EQ(Error("GET", "/v1/Kv/List?namespace=a"), "ok");
  EXPECT_THAT(Error("GET", "/v1/Kv/Put"), HasSubstr("called by POST"));
  EXPECT_THAT(Error("DELETE", "/v1/Kv/List"), HasSubstr("called by POST or GET"));
}

TEST(FindRoute, RefusesWhatReadsAStreamWhileItAnswers) {
  EXPECT_EQ(Error("POST", "/v1/Deployments/UploadVersion"), "ok");
  EXPECT_THAT(Error("GET", "/v1/Deployments/UploadVersion"), HasSubstr("called by POST"));
  EXPECT_THAT(Error("POST", "/v1/NodeSync/Subscribe"), HasSubstr("reads a stream"));
}

std::string Json(std::string_view service, std::string_view method, std::string_view query) {
  const auto json = QueryToJson(*Schema().FindMethod(service, method)->input_type(), query);
  return json.ok() ? *json : "error: " + std::string(Message(json.status()));
}

TEST(QueryToJson, ReadsFieldsByEitherName) {
  EXPECT_EQ(Json("Kv", "List", "namespace=a&limit=5"), R"({"namespace":"a","limit":"5"})");
  EXPECT_EQ(Json("Kv", "Get", "namespace=a&keys=1&keys=2&&"),
            R"({"namespace":"a","keys":["MQ==","Mg=="]})");
  EXPECT_EQ(Json("Kv", "List", "namespace=a%20b%2Bc+d%zz"), R"({"namespace":"a b+c d%zz"})");
  EXPECT_EQ(Json("Kv", "List", ""), "{}");
}

TEST(QueryToJson, NamesWhatFits) {
  EXPECT_THAT(Json("Kv", "List", "nam=a"), HasSubstr("KvListRequest has no field 'nam'; it has: "));
  EXPECT_THAT(Json("Kv", "List", "namespace=a&namespace=b"),
              HasSubstr("'namespace' is given twice"));
  EXPECT_THAT(Json("Kv", "List", "namespace.x=a"), HasSubstr("cannot be given in a query"));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "keys=a&";
  EXPECT_THAT(Json("Kv", "Get", many), HasSubstr("at most 100 parameters"));
}

std::string Messages(std::string_view service, std::string_view method, std::string_view body) {
  const auto wires = MessagesOf(Schema(), *Schema().FindMethod(service, method), body);
  return wires.ok() ? absl::StrJoin(*wires, "|") : std::string(Message(wires.status()));
}

TEST(MessagesOf, AreTheLinesOfAStream) {
  EXPECT_EQ(
      Messages("Deployments", "UploadVersion", "{\"blob\":\"YQ==\"}\r\n\n{\"blobMore\":\"Yg==\"}"),
      "\x12\x01"
      "a|\x1a\x01"
      "b");
  EXPECT_EQ(Messages("Deployments", "UploadVersion", ""), "");
  EXPECT_EQ(Messages("Kv", "List", "{\n\"namespace\":\"a\"}"),
            "\x0a\x01"
            "a");
}

TEST(MessagesOf, SaysWhichLineIsWrong) {
  EXPECT_THAT(Messages("Deployments", "UploadVersion", "{}\n\n{\"blobb\":1}\n"),
              HasSubstr("line 3: expected a UploadRequest as JSON: "));
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "{}\n";
  EXPECT_THAT(Messages("Deployments", "UploadVersion", many),
              HasSubstr("line 1001: a stream has at most"));
}

TEST(ApiSchema, MessagesSurviveTheWayThroughJson) {
  const auto& type = *Schema().FindMethod("Kv", "List")->input_type();
  const auto wire = Schema().FromJson(type, R"({"namespace":"é","prefix":"AP8="})");
  ASSERT_TRUE(wire.ok()) << wire.status();
  const auto json = Schema().ToJson(type, *wire);
  ASSERT_TRUE(json.ok());
  EXPECT_THAT(*json, HasSubstr(R"("namespace":"é","prefix":"AP8=")"));
  EXPECT_THAT(Message(Schema().FromJson(type, R"({"namespace":[1]})").status()),
              HasSubstr("expected a KvListRequest as JSON: "));
  EXPECT_FALSE(Schema().FromJson(type, "{").ok());
  EXPECT_FALSE(Schema().FromJson(type, std::string(10'000, '[')).ok());
}

}  // namespace
}  // namespace terrella::control
