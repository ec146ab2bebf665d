// Real connections by mutual TLS: who gets in, whom a server sees, and whom a client believes.
#include "rpc/credentials.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "base/testing/temp_folder.h"
#include "http/tls/authority.h"
#include "http/tls/cluster_authority.h"
#include "rpc/authority_folder.h"
#include "rpc/peer.h"
#include "rpc/upstream.h"
#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::rpc {
namespace {

using std::chrono::hours;

// Says in the view's cluster whom it sees.
class Mirror final : public v1::Topology::Service {
 public:
  Mirror(const TlsFiles& files, ClientCertificates clients) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", ServerCredentials(files, clients), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    CHECK(server_ != nullptr);
  }
  ~Mirror() override { server_->Shutdown(std::chrono::system_clock::now()); }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  grpc::Status WatchView(grpc::ServerContext* context, const v1::WatchViewRequest*,
                         grpc::ServerWriter<v1::View>* writer) override {
    const auto peer = PeerOf(*context->auth_context());
    v1::View view;
    view.set_cluster(peer.ok() ? ToUri(*peer) : std::string(Message(peer.status())));
    writer->Write(view);
    return grpc::Status::OK;
  }
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class MutualTls : public testing::Test {
 protected:
  WallTime now_ = SystemClock().WallNow();
  TempFolder temp_;
  const AuthorityFolder ours_ = *AuthorityFolder::OpenOrMake(temp_.path() / "a", "world", now_);
  const AuthorityFolder others_ = *AuthorityFolder::OpenOrMake(temp_.path() / "b", "world", now_);

  TlsFiles Files(const Identity& identity, const AuthorityFolder& issuer, const char* name,
                 Duration age = {}) {
    const std::filesystem::path file = temp_.path() / name;
    CHECK(issuer.Ensure({identity, file}, now_ - age).ok());
    return TlsFiles::Of(file, {}, ours_.certificate());
  }
  TlsFiles ServerFiles() {
    return Files(Identity::Service("world", std::string(kControlPlane)), ours_, "server.pem");
  }
  // What the server says, or the code it ends with.
  static std::string Ask(const Mirror& server, std::shared_ptr<grpc::ChannelCredentials> as) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = v1::Topology::NewStub(Dial({server.target(), std::move(as)}, arguments));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const auto reader = stub->WatchView(&context, {});
    v1::View view;
    reader->Read(&view);
    const grpc::Status status = reader->Finish();
    return status.ok()
               ? view.cluster()
               : absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
  }
};

TEST_F(MutualTls, ServerSeesWhoCalls) {
  const Mirror server(ServerFiles(), ClientCertificates::kRequired);
  const Identity node = Identity::Node("world", "FRA");
  EXPECT_EQ(Ask(server, ClientCredentials(Files(node, ours_, "fra.pem"), kControlPlane)),
            "edge://world/node/FRA");
  const Identity person = Identity::Operator("world");
  EXPECT_EQ(Ask(server, ClientCredentials(Files(person, ours_, "op.pem"), kControlPlane)),
            "edge://world/operator");
}

TEST_F(MutualTls, StrangersAndThePastGetNothing) {
  const Identity node = Identity::Node("world", "FRA");
  for (const ClientCertificates clients :
       {ClientCertificates::kRequired, ClientCertificates::kOptional}) {
    const Mirror server(ServerFiles(), clients);
    EXPECT_EQ(Ask(server, ClientCredentials(Files(node, others_, "x.pem"), kControlPlane)),
              "UNAVAILABLE");
    EXPECT_EQ(
        Ask(server, ClientCredentials(Files(node, ours_, "old.pem", hours(48)), kControlPlane)),
        "UNAVAILABLE");
    EXPECT_EQ(Ask(server, grpc::InsecureChannelCredentials()), "UNAVAILABLE");
  }
}

TEST_F(MutualTls, ClientBelievesTheServiceItMeansOnly) {
  const TlsFiles fra = Files(Identity::Node("world", "FRA"), ours_, "fra.pem");
  const Identity router = Identity::Service("world", std::string(kDnsRouter));
  const Mirror wrong(Files(router, ours_, "dns.pem"), ClientCertificates::kRequired);
  EXPECT_EQ(Ask(wrong, ClientCredentials(fra, kControlPlane)), "UNAVAILABLE");
  EXPECT_EQ(Ask(wrong, ClientCredentials(fra, kDnsRouter)), "edge://world/node/FRA");
  const Identity control = Identity::Service("world", std::string(kControlPlane));
  const Mirror stranger(Files(control, others_, "y.pem"), ClientCertificates::kOptional);
  EXPECT_EQ(Ask(stranger, ClientCredentials(fra, kControlPlane)), "UNAVAILABLE");
}

TEST_F(MutualTls, WhoHasNothingButThePinIsSeenAsNobody) {
  const auto check = [](std::string_view chain, std::string_view pin) {
    return http::CheckPinnedChain(chain, pin, SystemClock().WallNow());
  };
  const Mirror server(ServerFiles(), ClientCertificates::kOptional);
  const std::string pin = *http::KeyHash(ours_.authority().certificates_pem);
  EXPECT_EQ(Ask(server, PinnedCredentials(pin, check, kControlPlane)), "no certificate");
  const std::string other = *http::KeyHash(others_.authority().certificates_pem);
  EXPECT_EQ(Ask(server, PinnedCredentials(other, check, kControlPlane)), "UNAVAILABLE");
  const Mirror strict(ServerFiles(), ClientCertificates::kRequired);
  EXPECT_EQ(Ask(strict, PinnedCredentials(pin, check, kControlPlane)), "UNAVAILABLE");
}

TEST(Target, IsNameOrAddresses) {
  for (const char* target : {"127.0.0.1:7070", "10.0.0.1:1,10.0.0.2:2", "[::1]:7070",
                             "control.example:7070", "localhost:1"}) {
    EXPECT_TRUE(CheckTarget(target).ok()) << target;
  }
  for (const char* target : {"", "localhost", "localhost:0", "localhost:65536", ":1", "a b:1",
                             "10.0.0.1:1,[::1]:2", "10.0.0.1", "unix:/tmp/x", "dns:///a:1"}) {
    EXPECT_FALSE(CheckTarget(target).ok()) << target;
  }
}

}  // namespace
}  // namespace terrella::rpc
