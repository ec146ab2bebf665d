#include "dns_router/view/admin_server.h"

#include <grpcpp/grpcpp.h>

#include <time.h>

#include <chrono>

#include "base/status.h"
#include "dns_router/view/convert.h"
#include "dns_router/view/explain.h"
#include "dns_router/view/traffic.h"
#include "rpc/credentials.h"
#include "rpc/peer.h"
#include "terrella/v1/resolve.grpc.pb.h"

namespace terrella::dns {
namespace {

// Why whoever calls may not; OK when he may.
grpc::Status Refusal(const grpc::CallbackServerContext& context) {
  const auto peer = rpc::PeerOf(*context.auth_context());
  if (!peer.ok()) {
    const bool none = peer.status().code() == absl::StatusCode::kNotFound;
    return {grpc::StatusCode::UNAUTHENTICATED,
            none ? "the DNS router wants a certificate of its cluster: that of an operator or of a "
                   "service"
                 : fmt::format("the DNS router does not know this certificate: {}",
                               Message(peer.status()))};
  }
  if (!peer->is_node()) return grpc::Status::OK;
  return {grpc::StatusCode::PERMISSION_DENIED,
          fmt::format("{} may not ask the DNS router about its clients", rpc::Describe(*peer))};
}

class ResolveService final : public v1::Resolve::CallbackService {
 public:
  ResolveService(const Backend& backend, bool asks_who) : backend_(backend), asks_who_(asks_who) {}
  bool asks_who() const { return asks_who_; }

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (Refuse(*context, *reactor)) return reactor;
    const std::shared_ptr<const Snapshot> snapshot = backend_.snapshot.Get();
    if (snapshot == nullptr) {
      reactor->Finish({grpc::StatusCode::FAILED_PRECONDITION, "no view of the network yet"});
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

  grpc::ServerUnaryReactor* GetTraffic(grpc::CallbackServerContext* context,
                                       const v1::GetTrafficRequest* request,
                                       v1::GetTrafficResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (Refuse(*context, *reactor)) return reactor;
    *response = Traffic(backend_, request->rows_max());
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor* GetHolders(grpc::CallbackServerContext* context,
                                       const v1::GetHoldersRequest* request,
                                       v1::GetHoldersResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (Refuse(*context, *reactor)) return reactor;
    const std::shared_ptr<const Snapshot> snapshot = backend_.snapshot.Get();
    const NodeFacts* found = nullptr;
    if (snapshot != nullptr) {
      for (const NodeFacts& node : snapshot->view().nodes) {
        if (node.id == request->node()) found = &node;
      }
    }
    if (found == nullptr) {
      reactor->Finish(
          {grpc::StatusCode::NOT_FOUND, fmt::format("the view has no node '{}'", request->node())});
      return reactor;
    }
    const Holders holders =
        backend_.holders.Of(found->holder_slot, static_cast<uint32_t>(time(nullptr)));
    response->set_node(found->id);
    response->set_state(ToProto(found->state));
    response->set_holders(holders.count);
    response->set_holders_at_peak(backend_.holders.AtLeave(found->holder_slot));
    response->set_gone_50_s(holders.gone_50_s);
    response->set_gone_99_s(holders.gone_99_s);
    response->set_gone_all_s(holders.gone_all_s);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  bool Refuse(const grpc::CallbackServerContext& context, grpc::ServerUnaryReactor& reactor) const {
    if (!asks_who_) return false;
    const grpc::Status refusal = Refusal(context);
    if (refusal.ok()) return false;
    reactor.Finish(refusal);
    return true;
  }

  const Backend& backend_;
  const bool asks_who_;
};

}  // namespace

struct AdminServer::Impl {
  Impl(const Backend& backend, bool asks_who) : service(backend, asks_who) {}
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
bool AdminServer::by_tls() const {
  return impl_->service.asks_who();
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const SocketAddress& address,
                                                                const rpc::TlsFiles& tls,
                                                                const Backend& backend) {
  auto impl = std::make_unique<Impl>(backend, !tls.empty());
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(64 << 10);
  int port = 0;
  builder.AddListeningPort(address.ToString(),
                           tls.empty()
                               ? grpc::InsecureServerCredentials()
                               : rpc::ServerCredentials(tls, rpc::ClientCertificates::kOptional),
                           &port);
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
