// Who may call what, over real connections to a control plane in this process, and what the audit
// log has of it.
#include <gmock/gmock.h>
#include <grpcpp/support/client_interceptor.h>
#include <gtest/gtest.h>

#include <future>

#include "base/status.h"
#include "control_plane/store/memory_store.h"
#include "terrella/v1/access.grpc.pb.h"
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
  // Rows, the newest first, when what was posted before has been written.
  std::vector<v1::AuditEntry> Rows() {
    std::promise<void> written;
    plane_->loop().Post([&] { written.set_value(); });
    written.get_future().wait();
    v1::ListAuditRequest all;
    all.set_limit(10'000);
    const auto list = *plane_->access().log().List(all);
    return {list.entries().begin(), list.entries().end()};
  }
  static std::string Text(const v1::AuditRow& row) {
    return fmt::format("{} {} {} {}", row.caller(), row.method(), row.resource(), row.outcome());
  }

  MemoryStore store_;
  std::unique_ptr<TestControlPlane> plane_;
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
  for (const v1::AuditEntry& entry : Rows()) {
    EXPECT_THAT(entry.SerializeAsString(), Not(HasSubstr(token.substr(4))));
  }
}

TEST_F(AccessTest, WhereIdentityIsRequiredNobodyHasNone) {
  const std::string token = Token("ci", {"script:*:deploy"});
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

TEST_F(AccessTest, AFloodOfRefusalsIsCountedAndNotKept) {
  const auto channel = ChannelWith("trl_" + std::string(43, 'x'));
  const auto stub = v1::Deployments::NewStub(channel);
  v1::ListScriptsResponse scripts;
  for (int i = 0; i < 400; ++i) {
    grpc::ClientContext context;
    EXPECT_FALSE(stub->ListScripts(&context, {}, &scripts).ok());
  }
  const size_t kept = Rows().size();
  EXPECT_GE(kept, 100u);
  EXPECT_LT(kept, 400u);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  grpc::ClientContext context;
  EXPECT_FALSE(stub->ListScripts(&context, {}, &scripts).ok());
  uint64_t told = 0;
  for (const v1::AuditEntry& entry : Rows()) told += 1 + entry.row().unseen();
  EXPECT_EQ(told, 401u);
  EXPECT_TRUE(plane_->access().log().Verify()->intact());
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
  EXPECT_TRUE(call(plane_->channel()).ok());
  const v1::ListTokensResponse list = plane_->access().tokens().List();
  ASSERT_EQ(list.tokens_size(), 2);
  EXPECT_EQ(list.tokens(1).author(), "the local operator");
  EXPECT_EQ(Text(Rows()[0].row()), "the local operator Tokens.CreateToken token:new OK");
}

}  // namespace
}  // namespace terrella::control
