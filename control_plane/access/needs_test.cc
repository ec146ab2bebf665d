// What the parts of a request take beside the right to its script.
#include "control_plane/access/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::control {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Caller With(std::initializer_list<const char*> scopes) {
  Caller caller{.kind = Caller::Kind::kToken, .name = "ci", .scopes = {}, .peer = {}};
  for (const char* scope : scopes) caller.scopes.push_back(*ParseScope(scope));
  return caller;
}

std::string Refusal(const Caller& caller, const std::vector<Need>& needs) {
  const absl::Status status = AuthoriseNeeds(caller, *FindRule("Deployments.UploadVersion"), needs);
  return std::string(Message(status));
}

std::vector<std::string> Claims(std::vector<std::string> routes,
                                std::vector<std::string> held = {}) {
  std::vector<std::string> wanted;
  for (const Need& need :
       NeedsOf(RouteClaim{.script = "shop", .zone = "edge.test", .routes = routes, .held = held})) {
    wanted.push_back(ScopeText(need.grant, need.resource));
  }
  return wanted;
}

TEST(Needs, ABindingTakesTheRightToWhatItBinds) {
  v1::Version version;
  version.set_script("shop");
  v1::Binding* kv = version.add_bindings();
  kv->set_name("KV");
  kv->mutable_kv_namespace()->set_id("sessions");
  v1::Binding* service = version.add_bindings();
  service->set_name("BLOG");
  service->set_service("blog");
  v1::Binding* objects = version.add_bindings();
  objects->set_name("ROOMS");
  objects->mutable_durable_object()->set_script("chat");
  v1::Migration* migration = version.add_migrations();
  migration->set_tag("v1");
  migration->add_transferred_classes()->set_from_script("old");
  const std::vector<Need> needs = NeedsOf(version);
  EXPECT_THAT(Refusal(With({"script:shop:deploy"}), needs),
              AllOf(HasSubstr("binding 'KV' needs the scope kv:sessions:write"),
                    HasSubstr("binding 'BLOG' needs the scope script:blog:read"),
                    HasSubstr("binding 'ROOMS' needs the scope script:chat:read"),
                    HasSubstr("migration 'v1' needs the scope script:old:deploy"),
                    HasSubstr("it has script:shop:deploy")));
  // To read is not enough for what a worker can write.
  EXPECT_THAT(Refusal(With({"script:*:read", "script:old:deploy", "kv:sessions:read"}), needs),
              AllOf(HasSubstr("kv:sessions:write"), Not(HasSubstr("script:blog"))));
  EXPECT_EQ(Refusal(With({"script:*:deploy", "kv:s*:write"}), needs), "");
  EXPECT_EQ(Refusal(With({"admin"}), needs), "");
}

TEST(Needs, WhatIsTheScriptsOwnTakesNothing) {
  v1::Version version;
  version.set_script("shop");
  version.add_bindings()->set_text("a");
  version.add_bindings()->set_service("shop");
  version.add_bindings()->mutable_durable_object()->set_class_name("Room");
  EXPECT_TRUE(NeedsOf(version).empty());
}

TEST(Needs, ARouteOnTheScriptsHostIsItsOwn) {
  EXPECT_TRUE(
      Claims({"shop.edge.test", "SHOP.edge.test/a*", "*.shop.edge.test/*", "img.shop.edge.test/x"})
          .empty());
}

TEST(Needs, ARouteElsewhereTakesItsScope) {
  EXPECT_THAT(
      Claims({"www.example.com/*", "*/*", "xshop.edge.test/*", "edge.test/shop*", "*.edge.test/*"}),
      testing::ElementsAre("route:www.example.com/*", "route:*/*", "route:xshop.edge.test/*",
                           "route:edge.test/shop*", "route:*.edge.test/*"));
  const std::vector<std::string> routes = {"www.example.com/shop/*"};
  const std::vector<Need> needs =
      NeedsOf(RouteClaim{.script = "shop", .zone = "edge.test", .routes = routes, .held = {}});
  EXPECT_EQ(Refusal(With({"route:*.example.com/*"}), needs), "");
  EXPECT_EQ(Refusal(With({"script:*:deploy"}), needs), "");
  EXPECT_THAT(Refusal(With({"script:sh*:deploy", "route:www.example.com/blog/*"}), needs),
              HasSubstr("route 'www.example.com/shop/*' needs the scope "
                        "route:www.example.com/shop/*"));
}

TEST(Needs, ARouteThatTheScriptHasIsNoClaim) {
  EXPECT_TRUE(Claims({"www.example.com"}, {"www.example.com/*"}).empty());
  EXPECT_FALSE(Claims({"www.example.com"}, {"www.example.com/a"}).empty());
}

TEST(Needs, ALongListIsCutAndCounted) {
  std::vector<std::string> routes;
  for (int i = 0; i < 30; ++i) routes.push_back(fmt::format("h{}.example/*", i));
  const std::vector<Need> needs =
      NeedsOf(RouteClaim{.script = "shop", .zone = "edge.test", .routes = routes, .held = {}});
  EXPECT_THAT(Refusal(With({"script:shop:deploy"}), needs), HasSubstr(", and 25 more"));
}

}  // namespace
}  // namespace terrella::control
