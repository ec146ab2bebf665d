#include "control_plane/access/authorise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "terrella/v1/access.pb.h"
#include "terrella/v1/actors.pb.h"
#include "terrella/v1/admin.pb.h"
#include "terrella/v1/deployments.pb.h"
#include "terrella/v1/dns_zone.pb.h"
#include "terrella/v1/kv.pb.h"
#include "terrella/v1/rollouts.pb.h"
#include "terrella/v1/secrets.pb.h"

namespace terrella::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Caller Token(std::initializer_list<const char*> scopes) {
  Caller caller{.kind = Caller::Kind::kToken, .name = "ci", .scopes = {}, .peer = {}};
  for (const char* scope : scopes) caller.scopes.push_back(*ParseScope(scope));
  return caller;
}

const MethodRule& Rule(std::string_view method) {
  return *FindRule(method);
}

TEST(Authorise, SaysWhichScopeIsMissing) {
  const Caller caller = Token({"script:blog:deploy", "kv:*:read"});
  EXPECT_TRUE(Authorise(caller, Rule("Deployments.Deploy"), "blog").ok());
  const absl::Status refused = Authorise(caller, Rule("Deployments.Deploy"), "shop");
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Message(refused),
            "token ci may not call Deployments.Deploy on script 'shop': it needs the scope "
            "script:shop:deploy, and has script:blog:deploy, kv:*:read");
}

TEST(Authorise, ListsOverEverythingNeedAStar) {
  EXPECT_FALSE(Authorise(Token({"script:shop-*:read"}), Rule("Deployments.ListScripts"), "").ok());
  EXPECT_TRUE(Authorise(Token({"script:*:read"}), Rule("Deployments.ListScripts"), "").ok());
}

TEST(Authorise, NobodyIsAskedWhoItIs) {
  for (const MethodRule& rule : MethodRules()) {
    // A node that joins is nobody yet; its token is looked at by the method itself.
    if (rule.method == "Identities.Join") {
      EXPECT_TRUE(Authorise(Caller(), rule, "x").ok());
      continue;
    }
    const absl::Status refused = AuthoriseSome(Caller(), rule);
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated) << rule.method;
    EXPECT_EQ(Authorise(Caller(), rule, "x").code(), absl::StatusCode::kUnauthenticated);
  }
}

TEST(Authorise, TheLocalOperatorMayDoEverything) {
  for (const MethodRule& rule : MethodRules()) {
    EXPECT_TRUE(Authorise(LocalOperator(), rule, "x").ok()) << rule.method;
  }
}

TEST(Authorise, ANodeSpeaksAsItsCertificateSays) {
  const Caller node = *CallerOfUri("edge://default/node/FRA", "default");
  EXPECT_TRUE(Authorise(node, Rule("NodeSync.Subscribe"), "FRA").ok());
  const absl::Status refused = Authorise(node, Rule("NodeSync.Subscribe"), "AMS");
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("'FRA' speaks as node 'AMS'"));
  EXPECT_FALSE(Authorise(node, Rule("Actors.Join"), "AMS").ok());
  EXPECT_FALSE(Authorise(node, Rule("Actors.Join"), "").ok());
  EXPECT_TRUE(AuthoriseSome(node, Rule("NodeSync.FetchBlob")).ok());
  EXPECT_TRUE(Authorise(node, Rule("Kv.Put"), "sessions").ok());
  EXPECT_FALSE(Authorise(node, Rule("Deployments.Deploy"), "shop").ok());
  EXPECT_FALSE(Authorise(node, Rule("Topology.WatchView"), "").ok());
}

TEST(Authorise, CertificatesOfOthersAreNobodys) {
  for (const char* uri :
       {"", "edge://other/node/FRA", "edge://default/node/", "edge://default/node/FRA/x",
        "edge://default/nodes/FRA", "edge://default", "https://default/node/FRA",
        "edge://default/operator/x", "edge://defaultx/operator"}) {
    EXPECT_EQ(CallerOfUri(uri, "default").status().code(), absl::StatusCode::kUnauthenticated)
        << uri;
  }
  const Caller router = *CallerOfUri("edge://default/service/dns_router", "default");
  EXPECT_TRUE(Authorise(router, Rule("Topology.WatchView"), "").ok());
  EXPECT_FALSE(Authorise(router, Rule("NodeSync.Subscribe"), "dns_router").ok());
  EXPECT_FALSE(Authorise(router, Rule("Kv.Get"), "x").ok());
}

TEST(ResourcesOf, ReadsTheNamesThatTheRuleLooksAt) {
  v1::DeployRequest deploy;
  EXPECT_THAT(ResourcesOf(Rule("Deployments.Deploy"), deploy), ElementsAre(""));
  deploy.set_script("shop");
  EXPECT_THAT(ResourcesOf(Rule("Deployments.Deploy"), deploy), ElementsAre("shop"));
  v1::JoinActorsRequest join;
  EXPECT_THAT(ResourcesOf(Rule("Actors.Join"), join), ElementsAre(""));
  join.mutable_host()->set_node("FRA");
  EXPECT_THAT(ResourcesOf(Rule("Actors.Join"), join), ElementsAre("FRA"));
}

TEST(ResourcesOf, ARolloutIsOfItsScript) {
  v1::WatchRolloutRequest watch;
  watch.set_rollout_id("shop-red-r12");
  EXPECT_THAT(ResourcesOf(Rule("Rollouts.WatchRollout"), watch), ElementsAre("shop-red"));
  watch.set_script("blog");
  EXPECT_THAT(ResourcesOf(Rule("Rollouts.WatchRollout"), watch), ElementsAre("blog", "shop-red"));
}

TEST(SummaryOf, SaysWhatIsAskedForAndNoValues) {
  v1::DrainNodeRequest drain;
  EXPECT_EQ(SummaryOf(Rule("Admin.DrainNode"), drain), "drain=false");
  v1::CreateTokenRequest token;
  token.add_scopes("script:shop:deploy");
  token.add_scopes("dns:read");
  token.set_life_s(60);
  EXPECT_EQ(SummaryOf(Rule("Tokens.CreateToken"), token),
            "scopes=script:shop:deploy, dns:read life_s=60");
  v1::PutSecretsRequest secrets;
  (*secrets.mutable_secrets())["TOKEN"] = "correct horse";
  (*secrets.mutable_secrets())["KEY"] = "battery";
  EXPECT_EQ(SummaryOf(Rule("Secrets.Put"), secrets), "secrets=KEY, TOKEN");
  v1::KvPutRequest put;
  put.add_entries()->set_value("x");
  put.add_entries();
  EXPECT_EQ(SummaryOf(Rule("Kv.Put"), put), "entries=2");
  v1::ChangeRolloutRequest change;
  change.set_change(v1::ChangeRolloutRequest::ABORT);
  EXPECT_EQ(SummaryOf(Rule("Rollouts.ChangeRollout"), change), "change=ABORT");
  v1::SetDnsPolicyRequest policy;
  for (int i = 0; i < 20; ++i) policy.mutable_policy()->add_steps("up");
  EXPECT_EQ(SummaryOf(Rule("DnsZone.SetPolicy"), policy),
            "steps=up, up, up, up, up, up, up, up, and 12 more");
}

}  // namespace
}  // namespace terrella::control
