#include "dns_router/view/admin_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "base/status.h"
#include "dns_router/view/explain.h"
#include "terrella/v1/resolve.grpc.pb.h"

namespace terrella::dns {
namespace {

class ResolveService final : public v1::Resolve::CallbackService {
 public:
  explicit ResolveService(const SnapshotCell& cell) : cell_(cell) {}

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const std::shared_ptr<const Snapshot> snapshot = cell_.Get();
    if (snapshot == nullptr) {
      reactor->Finish({grpc::StatusCode::UNAVAILABLE, "no view of the network yet"});
      return reactor;
    }
    auto explained = dns::Explain(*snapshot, *request);
    if (explained.ok()) {
      *response = *std::move(explained);
      reactor->Finish(grpc::Status::OK);
    } else {
      // The codes of absl::Status are those of gRPC.
      reactor->Finish({static_cast<grpc::StatusCode>(explained.status().code()),
                       std::string(Message(explained.status()))});
    }
    return reactor;
  }

 private:
  const SnapshotCell& cell_;
};

}  // namespace

struct AdminServer::Impl {
  explicit Impl(const SnapshotCell& cell) : service(cell) {}
  ~Impl() {
    if (server != nullptr) {
      server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    }
  }
  ResolveService service;
  SocketAddress address;
  std::unique_ptr<grpc::Server> server;
};

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminServer::~AdminServer() = default;
SocketAddress AdminServer::address() const {
  return impl_->address;
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const SocketAddress& address,
                                                                const SnapshotCell& cell) {
  auto impl = std::make_unique<Impl>(cell);
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(64 << 10);
  int port = 0;
  builder.AddListeningPort(address.ToString(), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&impl->service);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || port == 0) {
    return Unavailable("cannot listen on TCP {} for administration; is the port in use?",
                       address.ToString());
  }
  impl->address = {address.ip, static_cast<uint16_t>(port)};
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

}  // namespace terrella::dns
