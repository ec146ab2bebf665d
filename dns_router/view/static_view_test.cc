#include "dns_router/view/static_view.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/status.h"
#include "dns_router/view/convert.h"

namespace terrella::dns {
namespace {

TEST(StaticView, ReadsJsonAndProtobufText) {
  const auto json = ParseStaticView(R"({"zone": "edge.test", "nodes": [{"info": {"id": "FRA",
      "address": "127.16.0.1", "latitudeDeg": 50.0}, "state": "NODE_STATE_READY"}]})");
  ASSERT_TRUE(json.ok()) << json.status();
  const auto text = ParseStaticView(
      "zone: 'edge.test' nodes { info { id: 'FRA' address: '127.16.0.1' latitude_deg: 50.0 } "
      "state: NODE_STATE_READY }");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(json->SerializeAsString(), text->SerializeAsString());
}

TEST(StaticView, SaysWhereItIsWrong) {
  const auto unknown = ParseStaticView("zone: 'edge.test'\nnode { }");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(Message(unknown.status()).substr(0, 2), "2:");
  EXPECT_FALSE(ParseStaticView(R"({"zone": "edge.test", "nods": []})").ok());
  EXPECT_FALSE(ParseStaticView("{").ok());
  EXPECT_EQ(Message(ParseStaticView("serial: 3").status()), "expected a 'zone'");
}

TEST(FromProto, LeavesOutNodesNobodyCouldBeSentTo) {
  v1::View view;
  const auto add = [&](const char* id, const char* address, double latitude) {
    v1::NodeInfo& info = *view.add_nodes()->mutable_info();
    info.set_id(id);
    info.set_address(address);
    info.set_latitude_deg(latitude);
  };
  add("", "127.0.0.1", 0);
  add("six", "::1", 0);
  add("none", "", 0);
  add("off", "127.0.0.1", 91);
  add("nan", "127.0.0.1", std::nan(""));
  add("good", "127.0.0.1", -90);
  std::vector<std::string> ignored;
  const TopologyView out = FromProto(view, &ignored);
  ASSERT_EQ(out.nodes.size(), 1u);
  EXPECT_EQ(out.nodes[0].id, "good");
  EXPECT_EQ(ignored.size(), 5u);
}

}  // namespace
}  // namespace terrella::dns
