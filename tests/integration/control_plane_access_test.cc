// Who may call what, over real connections to a control plane in this process, and what the audit
// log has of it.
#include <gmock/gmock.h>
#include <grpcpp/support/client_interceptor.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "base/status.h"
#include "control_plane/store/memory_store.h"
#include "terrella/v1/access.grpc.pb.h"
#include "terrella/v1/dns_zone.grpc.pb.h"
#include "terrella/v1/kv.grpc.pb.h"
#include "terrella/v1/secrets.grpc.pb.h"
#include "tests/integration/control_plane_fixture.h"

namespace terrella::control {
namespace {

using testing::HasSubstr;
using testing::Not;

// Sends one token with every call.
class TokenSender final : public grpc::experimental::Interceptor,
                          public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenSender(std::string value) : value_(std::move(value)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new TokenSender(value_);
  }
  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      batch->GetSendInitialMetadata()->insert({"authorization", value_});
    }
    batch->Proceed();
  }

 private:
  const std::string value_;
};

class AccessTest : public testing::Test {
 protected:
  void Start(bool require_auth = false) {
    plane_.reset();
    plane_ = std::make_unique<TestControlPlane>(store_, TestControlPlane::DefaultOptions(),
                                                require_auth);
  }
  void SetUp() override { Start(); }

  std::string Token(const std::string& name, std::initializer_list<const char*> scopes) {
    v1::CreateTokenRequest request;
    request.set_name(name);
    request.set_life_s(3600);
    for (const char* scope : scopes) request.add_scopes(scope);
    return plane_->access().tokens().Create(request, "a test")->secret();
  }
  std::shared_ptr<grpc::Channel> ChannelWith(const std::string& token) {
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> sends;
    sends.push_back(std::make_unique<TokenSender>("Bearer " + token));
    return grpc::experimental::CreateCustomChannelWithInterceptors(
        "ipv4:" + plane_->address(), grpc::InsecureChannelCredentials(), {}, std::move(sends));
  }
  std::unique_ptr<v1::Deployments::Stub> DeploymentsWith(const std::string& token) {
    return v1::Deployments::NewStub(ChannelWith(token));
  }
  // Rows, the newest first, as an administrator is shown them: with what waits to be written.
  std::vector<v1::AuditEntry> Rows() {
    v1::ListAuditRequest all;
    all.set_limit(10'000);
    v1::ListAuditResponse list;
    grpc::ClientContext context;
    const auto channel = admin_.empty() ? plane_->channel() : ChannelWith(admin_);
    EXPECT_TRUE(v1::Audit::NewStub(channel)->ListAudit(&context, all, &list).ok());
    return {list.entries().begin(), list.entries().end()};
  }
  static std::string Text(const v1::AuditRow& row) {
    return fmt::format("{} {} {} {}", row.caller(), row.method(), row.resource(), row.outcome());
  }

  // How a stream of views ends, from its first view on.
  grpc::Status EndOfView(const std::shared_ptr<grpc::Channel>& channel,
                         const std::function<void()>& after_first) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    const auto stream = v1::Topology::NewStub(channel)->WatchView(&context, {});
    v1::View view;
    EXPECT_TRUE(stream->Read(&view));
    after_first();
    while (stream->Read(&view)) {
    }
    return stream->Finish();
  }

  MemoryStore store_;
  std::unique_ptr<TestControlPlane> plane_;
  std::string admin_;  // a token for Rows, where the local operator is nobody
};

TEST_F(AccessTest, ADeployAndItsRowAreOneRevision) {
  const std::string version = UploadSource(plane_->deployments(), "shop", "1");
  v1::DeployResponse response;
  ASSERT_TRUE(Deploy(plane_->deployments(), MakeDeploy("shop", version, "r1"), &response).ok());
  const std::vector<v1::AuditEntry> rows = Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(Text(rows[0].row()), "the local operator Deployments.Deploy script:shop OK");
  EXPECT_EQ(rows[0].revision(), response.revision());
  EXPECT_EQ(rows[0].row().request_id(), "r1");
  EXPECT_THAT(rows[0].row().peer(), HasSubstr("127.0.0.1"));
  EXPECT_EQ(Text(rows[1].row()), "the local operator Deployments.UploadVersion script:shop OK");
  EXPECT_EQ(rows[0].row().summary(), version.substr(0, 12) + " 100 %");
  EXPECT_EQ(rows[1].row().summary(), fmt::format("version {}, 1 modules", version));
}

TEST_F(AccessTest, ADeployThatIsTriedFirstIsStillItsCallers) {
  FakeNode node(plane_->address(), {.id = "AMS"});
  ASSERT_TRUE(plane_->WaitForState("AMS", v1::NODE_STATE_READY));
  const auto mine = DeploymentsWith(Token("ci", {"script:shop:deploy"}));
  const std::string version = UploadSource(*mine, "shop", "1");
  v1::DeployResponse response;
  ASSERT_TRUE(Deploy(*mine, MakeDeploy("shop", version), &response).ok());
  EXPECT_EQ(response.validated_by(), "AMS");
  const std::vector<v1::AuditEntry> rows = Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(Text(rows[0].row()), "token ci Deployments.Deploy script:shop OK");
  EXPECT_EQ(rows[0].revision(), response.revision());
}

TEST_F(AccessTest, ATokenHasItsScopesAndNoMore) {
  const auto mine = DeploymentsWith(Token("ci", {"script:blog:deploy"}));
  const std::string version = UploadSource(plane_->deployments(), "shop", "1");
  v1::DeployResponse response;
  const grpc::Status refused = Deploy(*mine, MakeDeploy("shop", version), &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.error_message(),
              HasSubstr("it needs the scope script:shop:deploy, and has script:blog:deploy"));
  EXPECT_EQ(Text(Rows()[0].row()), "token ci Deployments.Deploy script:shop PERMISSION_DENIED");
  EXPECT_THAT(Rows()[0].row().detail(), HasSubstr("script:shop:deploy"));

  grpc::ClientContext list;
  v1::ListScriptsResponse scripts;
  EXPECT_EQ(mine->ListScripts(&list, {}, &scripts).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessTest, AStreamIsHeldToTheScriptItNames) {
  const auto mine = DeploymentsWith(Token("ci", {"script:blog:deploy"}));
  v1::UploadResponse response;
  const grpc::Status refused = Upload(*mine, MakeVersion("shop", "source"), {"source"}, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.error_message(), HasSubstr("script:shop:deploy"));
  EXPECT_TRUE(store_.Range("version/")->records.empty());
  EXPECT_EQ(Text(Rows()[0].row()),
            "token ci Deployments.UploadVersion script:shop PERMISSION_DENIED");
  EXPECT_TRUE(Upload(*mine, MakeVersion("blog", "source"), {"source"}, &response).ok());

  // One that could not be of any script is refused before its first message.
  const auto other = DeploymentsWith(Token("dns", {"dns:write"}));
  EXPECT_EQ(Upload(*other, MakeVersion("blog", "x"), {"x"}, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessTest, AVersionBindsWhatItsUploaderMayTouch) {
  v1::Version version = MakeVersion("shop", "source");
  v1::Binding* binding = version.add_bindings();
  binding->set_name("KV");
  binding->mutable_kv_namespace()->set_id("sessions");
  v1::UploadResponse response;
  const auto mine = DeploymentsWith(Token("ci", {"script:shop:deploy", "kv:shop-*:write"}));
  const grpc::Status refused = Upload(*mine, version, {"source"}, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.error_message(), HasSubstr("binding 'KV' needs the scope kv:sessions:write"));
  EXPECT_TRUE(store_.Range("version/")->records.empty());
  EXPECT_EQ(Text(Rows()[0].row()),
            "token ci Deployments.UploadVersion script:shop PERMISSION_DENIED");
  const auto wider = DeploymentsWith(Token("ci2", {"script:shop:deploy", "kv:sessions:write"}));
  EXPECT_TRUE(Upload(*wider, version, {"source"}, &response).ok());
}

TEST_F(AccessTest, ADeployGivesRequestsToNoVersionThatBindsMoreThanItsTokenMayTouch) {
  const auto bound_to = [](const std::string& source, const std::string& ns) {
    v1::Version version = MakeVersion("shop", source);
    v1::Binding* binding = version.add_bindings();
    binding->set_name("KV");
    binding->mutable_kv_namespace()->set_id(ns);
    return version;
  };
  const auto upload = [&](const std::string& source, const std::string& ns) {
    v1::UploadResponse response;
    EXPECT_TRUE(Upload(plane_->deployments(), bound_to(source, ns), {source}, &response).ok());
    return response.version_id();
  };
  const std::string theirs = upload("1", "sessions");
  const std::string harmless = upload("2", "shop-1");
  const auto mine = DeploymentsWith(Token("ci", {"script:shop:deploy", "kv:shop-*:write"}));
  const auto refusal_of = [](const grpc::Status& status) {
    return fmt::format("{} {}", static_cast<int>(status.error_code()), status.error_message());
  };
  const auto refused = HasSubstr("binding 'KV' needs the scope kv:sessions:write");
  v1::DeployResponse response;
  EXPECT_THAT(refusal_of(Deploy(*mine, MakeDeploy("shop", theirs), &response)), refused);
  EXPECT_EQ(Text(Rows()[0].row()), "token ci Deployments.Deploy script:shop PERMISSION_DENIED");
  ASSERT_TRUE(Deploy(*mine, MakeDeploy("shop", harmless), &response).ok());
  // Nor by its share, nor as a way back to what never answered.
  v1::DeployRequest split;
  split.set_script("shop");
  for (const std::string& id : {theirs, harmless}) {
    split.add_shares()->set_version_id(id);
    split.mutable_shares()->rbegin()->set_basis_points(5000);
  }
  EXPECT_THAT(refusal_of(Deploy(*mine, split, &response)), refused);
  const auto roll_back = [&] {
    grpc::ClientContext context;
    v1::RollbackRequest request;
    request.set_script("shop");
    request.set_version_id(theirs);
    return mine->Rollback(&context, request, &response);
  };
  EXPECT_THAT(refusal_of(roll_back()), refused);

  // Once it has answered by somebody's right, its share is theirs to change and to go back to.
  ASSERT_TRUE(Deploy(plane_->deployments(), split, &response).ok());
  split.mutable_shares(0)->set_basis_points(9000);
  split.mutable_shares(1)->set_basis_points(1000);
  EXPECT_EQ(refusal_of(Deploy(*mine, split, &response)), "0 ");
  v1::DeployRequest whole = MakeDeploy("shop", harmless);
  whole.set_end_split(true);
  EXPECT_EQ(refusal_of(Deploy(*mine, whole, &response)), "0 ");
  EXPECT_EQ(refusal_of(roll_back()), "0 ");
}

TEST_F(AccessTest, ARouteOfOthersTakesItsScope) {
  const auto mine = DeploymentsWith(Token("ci", {"script:shop:deploy"}));
  const std::string version = UploadSource(*mine, "shop", "1");
  v1::DeployRequest request = MakeDeploy("shop", version);
  request.add_routes("www.example.com/*");
  v1::DeployResponse response;
  const grpc::Status refused = Deploy(*mine, request, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.error_message(),
              HasSubstr("route 'www.example.com/*' needs the scope route:www.example.com/*"));
  EXPECT_TRUE(store_.Range(ResourceTable::Key("deployment/"))->records.empty());
  // Whoever may claim it gives it to the script; from then on it is the script's.
  const auto wider = DeploymentsWith(Token("ops", {"script:shop:deploy", "route:*.example.com/*"}));
  EXPECT_TRUE(Deploy(*wider, request, &response).ok());
  request.add_routes("shop.edge.test/a*");
  const grpc::Status again = Deploy(*mine, request, &response);
  EXPECT_TRUE(again.ok()) << again.error_message();
}

TEST_F(AccessTest, AStreamEndsWithItsToken) {
  const std::string token = Token("ci", {"network:read"});
  const grpc::Status end = EndOfView(
      ChannelWith(token), [&] { ASSERT_TRUE(plane_->access().tokens().Revoke("ci").ok()); });
  EXPECT_EQ(end.error_code(), grpc::StatusCode::UNAUTHENTICATED) << end.error_message();
  EXPECT_THAT(end.error_message(), HasSubstr("token 'ci' was revoked"));
  // The caller hears of it first.
  std::vector<v1::AuditEntry> rows;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (rows.empty() && std::chrono::steady_clock::now() < until) rows = Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(Text(rows[0].row()), "token ci Topology.WatchView network UNAUTHENTICATED");
  EXPECT_THAT(rows[0].row().detail(), HasSubstr("was revoked"));
}

TEST_F(AccessTest, AStreamEndsWhenItsTokenExpires) {
  v1::CreateTokenRequest request;
  request.set_name("short");
  request.set_life_s(1);
  request.add_scopes("network:read");
  const std::string token = plane_->access().tokens().Create(request, "a test")->secret();
  const grpc::Status end = EndOfView(ChannelWith(token), [] {});
  EXPECT_EQ(end.error_code(), grpc::StatusCode::UNAUTHENTICATED) << end.error_message();
  EXPECT_THAT(end.error_message(), HasSubstr("token 'short' expired"));
}

TEST_F(AccessTest, StreamsOfOthersGoOnWhenATokenEnds) {
  const std::string other = Token("other", {"network:read"});
  Token("ci", {"network:read"});
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stream = v1::Topology::NewStub(ChannelWith(other))->WatchView(&context, {});
  v1::View view;
  ASSERT_TRUE(stream->Read(&view));
  ASSERT_TRUE(plane_->access().tokens().Revoke("ci").ok());
  FakeNode node(plane_->address(), {.id = "AMS"});
  while (view.nodes().empty()) ASSERT_TRUE(stream->Read(&view));
}

TEST_F(AccessTest, AStreamOfANodeEndsWithItsToken) {
  const auto stub = v1::NodeSync::NewStub(ChannelWith(Token("node", {"node:sync"})));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stream = stub->Subscribe(&context);
  v1::NodeMessage hello;
  hello.mutable_hello()->set_cluster("default");
  hello.mutable_hello()->set_sealing_key(std::string(32, 'k'));
  hello.mutable_hello()->mutable_node()->set_id("AMS");
  hello.mutable_hello()->mutable_node()->set_pop("AMS");
  hello.mutable_hello()->mutable_node()->set_address("127.16.0.1");
  hello.mutable_hello()->mutable_node()->set_port(8080);
  ASSERT_TRUE(stream->Write(hello));
  v1::Push push;
  ASSERT_TRUE(stream->Read(&push));
  ASSERT_TRUE(plane_->access().tokens().Revoke("node").ok());
  while (stream->Read(&push)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(plane_->WaitForState("AMS", v1::NODE_STATE_DOWN));
}

TEST_F(AccessTest, TheZoneIsShownToWhoMayReadIt) {
  v1::AddDnsRecordRequest add;
  add.mutable_record()->set_name("_x.edge.test");
  add.mutable_record()->set_type("TXT");
  add.mutable_record()->set_content("\"internal\"");
  v1::DnsChangeResponse changed;
  grpc::ClientContext context;
  ASSERT_TRUE(v1::DnsZone::NewStub(plane_->channel())->AddRecord(&context, add, &changed).ok());
  // The first view with `records` records: what was added is published a little later.
  const auto first = [&](const std::shared_ptr<grpc::Channel>& channel, int records = 0) {
    grpc::ClientContext watching;
    watching.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    const auto stream = v1::Topology::NewStub(channel)->WatchView(&watching, {});
    v1::View view;
    do {
      if (!stream->Read(&view)) break;
    } while (view.records_size() < records);
    watching.TryCancel();
    return view;
  };
  EXPECT_EQ(first(plane_->channel(), 1).records_size(), 1);
  EXPECT_EQ(first(ChannelWith(Token("a", {"network:read"}))).records_size(), 0);
  EXPECT_EQ(first(ChannelWith(Token("b", {"network:read", "dns:read"})), 1).records_size(), 1);
  EXPECT_EQ(first(ChannelWith(Token("c", {"network:read"}))).zone(), "edge.test");
}

TEST_F(AccessTest, ATokenThatIsWrongRevokedOrNoTokenIsNobodys) {
  v1::ListScriptsResponse scripts;
  const auto refusal = [&](const std::string& token) {
    grpc::ClientContext context;
    const grpc::Status status = DeploymentsWith(token)->ListScripts(&context, {}, &scripts);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << token;
    return status.error_message();
  };
  EXPECT_THAT(refusal("trl_" + std::string(43, 'x')), HasSubstr("not known"));
  EXPECT_THAT(refusal("x"), HasSubstr("43 characters"));
  const std::string token = Token("ci", {"admin"});
  ASSERT_TRUE(plane_->access().tokens().Revoke("ci").ok());
  EXPECT_THAT(refusal(token), HasSubstr("token 'ci' was revoked"));
  const std::vector<v1::AuditEntry> rows = Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].row().detail(), HasSubstr("token 'ci' was revoked"));
  for (const v1::AuditEntry& entry : rows) {
    EXPECT_THAT(entry.SerializeAsString(), Not(HasSubstr(token.substr(4))));
  }
}

TEST_F(AccessTest, WhereIdentityIsRequiredNobodyHasNone) {
  const std::string token = Token("ci", {"script:*:deploy"});
  admin_ = Token("admin", {"admin"});
  Start(/*require_auth=*/true);
  v1::GetStatusResponse status;
  grpc::ClientContext anonymous;
  const grpc::Status refused = plane_->admin().GetStatus(&anonymous, {}, &status);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(refused.error_message(), HasSubstr("TERRELLA_TOKEN"));
  FakeNode node(plane_->address(), {.id = "AMS"});
  EXPECT_EQ(node.WaitForEnd().error_code(), grpc::StatusCode::UNAUTHENTICATED);

  const auto mine = DeploymentsWith(token);
  const std::string version = UploadSource(*mine, "shop", "1");
  v1::DeployResponse response;
  EXPECT_TRUE(Deploy(*mine, MakeDeploy("shop", version), &response).ok());
  const std::vector<v1::AuditEntry> rows = Rows();
  EXPECT_EQ(rows[0].row().caller(), "anonymous");
  EXPECT_THAT(rows[0].row().summary(), HasSubstr("Admin.GetStatus 1"));
  EXPECT_THAT(rows[0].row().summary(), HasSubstr("NodeSync.Subscribe"));
}

TEST_F(AccessTest, NoSecretReachesTheLog) {
  v1::PutSecretsRequest request;
  request.set_script("shop");
  (*request.mutable_secrets())["TOKEN"] = "correct horse";
  v1::DeployResponse response;
  grpc::ClientContext context;
  const auto secrets = v1::Secrets::NewStub(plane_->channel());
  // There is no key in this test, so it is refused: the row has the code and not the words.
  EXPECT_FALSE(secrets->Put(&context, request, &response).ok());
  const std::vector<v1::AuditEntry> rows = Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].row().method(), "Secrets.Put");
  EXPECT_EQ(rows[0].row().outcome(), "FAILED_PRECONDITION");
  EXPECT_TRUE(rows[0].row().detail().empty());
  EXPECT_THAT(rows[0].SerializeAsString(), Not(HasSubstr("correct horse")));
}

TEST_F(AccessTest, APersonsKvWriteIsOnRecordBeforeItIsDone) {
  const auto put = [&](const std::shared_ptr<grpc::Channel>& channel, const std::string& name) {
    v1::KvPutRequest request;
    request.set_namespace_(name);
    request.add_entries()->set_key("k");
    v1::KvPutResponse response;
    grpc::ClientContext context;
    return v1::Kv::NewStub(channel)->Put(&context, request, &response);
  };
  const auto mine = ChannelWith(Token("ops", {"kv:sessions:write"}));
  EXPECT_TRUE(put(mine, "sessions").ok());
  EXPECT_EQ(put(mine, "other").error_code(), grpc::StatusCode::PERMISSION_DENIED);
  // Workers' own writes, by nodes that have no certificate here, are not.
  EXPECT_TRUE(put(plane_->channel(), "sessions").ok());
  const std::vector<v1::AuditEntry> rows = Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(Text(rows[0].row()), "token ops Kv.Put kv:other PERMISSION_DENIED");
  EXPECT_EQ(Text(rows[1].row()), "token ops Kv.Put kv:sessions BEGUN");
}

TEST_F(AccessTest, RefusalsOfNobodyAreOneRow) {
  const std::string version = UploadSource(plane_->deployments(), "shop", "1");
  const auto stub = v1::Deployments::NewStub(ChannelWith("trl_" + std::string(43, 'x')));
  v1::ListScriptsResponse scripts;
  for (int i = 0; i < 400; ++i) {
    grpc::ClientContext context;
    EXPECT_FALSE(stub->ListScripts(&context, {}, &scripts).ok());
  }
  const std::vector<v1::AuditEntry> rows = Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(Text(rows[0].row()), "anonymous Deployments.ListScripts  UNAUTHENTICATED");
  EXPECT_EQ(rows[0].row().unseen(), 400u);
  EXPECT_THAT(rows[0].row().detail(), HasSubstr("not known"));
  EXPECT_TRUE(plane_->access().log().Verify()->intact());
}

TEST_F(AccessTest, AFloodOfRefusalsOfAKnownCallerIsCountedToo) {
  const auto stub = v1::Deployments::NewStub(ChannelWith(Token("ci", {"dns:read"})));
  v1::ListScriptsResponse scripts;
  for (int i = 0; i < 400; ++i) {
    grpc::ClientContext context;
    EXPECT_FALSE(stub->ListScripts(&context, {}, &scripts).ok());
  }
  const std::vector<v1::AuditEntry> rows = Rows();
  EXPECT_EQ(rows.size(), 21u);
  EXPECT_EQ(Text(rows[0].row()), "token ci Deployments.ListScripts script PERMISSION_DENIED");
  EXPECT_EQ(rows[0].row().unseen(), 379u);
  EXPECT_EQ(rows[1].row().unseen(), 0u);
}

TEST_F(AccessTest, ANamespaceThatGoesIsOnRecordWhoeverSendsIt) {
  const auto kv = v1::Kv::NewStub(plane_->channel());
  v1::KvPutRequest put;
  put.set_namespace_("sessions");
  put.add_entries()->set_key("k");
  v1::KvPutResponse put_response;
  grpc::ClientContext putting;
  ASSERT_TRUE(kv->Put(&putting, put, &put_response).ok());
  v1::KvDeleteNamespaceRequest request;
  request.set_namespace_("sessions");
  v1::KvDeleteNamespaceResponse response;
  grpc::ClientContext first, second;
  EXPECT_TRUE(kv->DeleteNamespace(&first, request, &response).ok());
  EXPECT_EQ(kv->DeleteNamespace(&second, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  const std::vector<v1::AuditEntry> rows = Rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(Text(rows[0].row()), "the local operator Kv.DeleteNamespace kv:sessions NOT_FOUND");
  EXPECT_EQ(Text(rows[1].row()), "the local operator Kv.DeleteNamespace kv:sessions BEGUN");
  EXPECT_EQ(Text(rows[2].row()), "the local operator Kv.DeleteNamespace kv:sessions BEGUN");
}

TEST_F(AccessTest, TokensAreMadeAndListedByAdministratorsOnly) {
  const auto call = [&](const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    v1::CreateTokenRequest request;
    request.set_name("new");
    request.add_scopes("admin");
    request.set_life_s(60);
    v1::CreateTokenResponse response;
    return v1::Tokens::NewStub(channel)->CreateToken(&context, request, &response);
  };
  EXPECT_EQ(
      call(ChannelWith(Token("ci", {"script:*:deploy", "kv:*:write", "dns:write"}))).error_code(),
      grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Rows().size(), 1u);  // a refusal's row is written beside the call
  EXPECT_TRUE(call(plane_->channel()).ok());
  const v1::ListTokensResponse list = plane_->access().tokens().List();
  ASSERT_EQ(list.tokens_size(), 2);
  EXPECT_EQ(list.tokens(1).author(), "the local operator");
  EXPECT_EQ(Text(Rows()[0].row()), "the local operator Tokens.CreateToken token:new OK");
  EXPECT_EQ(Rows()[0].row().summary(), "scopes=admin life_s=60");
}

}  // namespace
}  // namespace terrella::control
