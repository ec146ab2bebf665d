#include "control_plane/api/server.h"

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>

#include "base/status.h"
#include "control_plane/api/actors_service.h"
#include "control_plane/api/caches_service.h"
#include "control_plane/api/deployments_service.h"
#include "control_plane/api/kv_service.h"
#include "control_plane/api/network_services.h"
#include "control_plane/api/node_sync_service.h"
#include "control_plane/api/secrets_service.h"

namespace terrella::control {
namespace {

constexpr int kMessageBytesMax = 28 << 20;  // a KV value and what is around it
constexpr int kKeepaliveMs = 2000;          // a silent peer is asked after this long
constexpr int kKeepaliveTimeoutMs = 1000;   // and given up after this much more
constexpr int kPeerPingMinMs = 500;         // peers may ask us this often
constexpr auto kStopPatience = std::chrono::milliseconds(500);

// gRPC does not say why it could not listen; the kernel does.
std::string WhyNotListen(const SocketAddress& address) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return strerror(errno);
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  sockaddr_in to{
      .sin_family = AF_INET, .sin_port = htons(address.port), .sin_addr = {}, .sin_zero = {}};
  inet_pton(AF_INET, address.ip.ToString().c_str(), &to.sin_addr);
  bool bound = bind(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0 && listen(fd, 1) == 0;
  std::string why = bound ? "gRPC could not start" : strerror(errno);
  close(fd);
  return why;
}

void Configure(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetMaxSendMessageSize(kMessageBytesMax);
  // Two servers on one port would each get some of the nodes.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPeerPingMinMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
}

}  // namespace

struct ApiServer::Grpc {
  Grpc(Coordinator& coordinator, KvStore& kv_store, ActorRegistry& registry)
      : nodes(coordinator),
        deployments(coordinator),
        caches(coordinator),
        admin(coordinator),
        topology(coordinator),
        secrets(coordinator),
        kv(kv_store),
        actors(coordinator, registry) {}
  NodeSyncService nodes;
  DeploymentsService deployments;
  CachesService caches;
  AdminService admin;
  TopologyService topology;
  SecretsService secrets;
  KvService kv;
  ActorsService actors;
  std::unique_ptr<grpc::Server> server;  // last: it is gone before its services
};

absl::StatusOr<std::unique_ptr<ApiServer>> ApiServer::Start(Coordinator& coordinator, KvStore& kv,
                                                            ActorRegistry& actors,
                                                            const SocketAddress& listen) {
  auto grpc = std::make_unique<Grpc>(coordinator, kv, actors);
  grpc::ServerBuilder builder;
  Configure(builder);
  int port = 0;
  builder.AddListeningPort(listen.ToString(), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&grpc->nodes);
  builder.RegisterService(&grpc->deployments);
  builder.RegisterService(&grpc->caches);
  builder.RegisterService(&grpc->admin);
  builder.RegisterService(&grpc->topology);
  builder.RegisterService(&grpc->kv);
  builder.RegisterService(&grpc->secrets);
  builder.RegisterService(&grpc->actors);
  grpc->server = builder.BuildAndStart();
  if (grpc->server == nullptr || port == 0) {
    return FailedPrecondition("cannot listen on {}: {}", listen.ToString(), WhyNotListen(listen));
  }
  SocketAddress address = listen;
  address.port = static_cast<uint16_t>(port);
  return std::unique_ptr<ApiServer>(new ApiServer(coordinator, std::move(grpc), address));
}

ApiServer::ApiServer(Coordinator& coordinator, std::unique_ptr<Grpc> grpc, SocketAddress address)
    : coordinator_(coordinator), grpc_(std::move(grpc)), address_(address) {}

ApiServer::~ApiServer() {
  Stop();
}

void ApiServer::Stop() {
  if (grpc_ == nullptr) return;
  RunOnLoop([this] { coordinator_.Shutdown(); });
  // Streams were told why; what is left after a moment is cut.
  grpc_->server->Shutdown(std::chrono::system_clock::now() + kStopPatience);
  grpc_->server.reset();
  // Calls that ended just now have posted that they are gone; those tasks use the services.
  RunOnLoop([] {});
  grpc_.reset();
}

void ApiServer::RunOnLoop(const std::function<void()>& task) {
  std::promise<void> done;
  coordinator_.loop().Post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace terrella::control
