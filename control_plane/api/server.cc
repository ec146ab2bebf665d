#include "control_plane/api/server.h"

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>

#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"
#include "control_plane/api/access_services.h"
#include "control_plane/api/actors_service.h"
#include "control_plane/api/caches_service.h"
#include "control_plane/api/call_guard.h"
#include "control_plane/api/deployments_service.h"
#include "control_plane/api/dns_zone_service.h"
#include "control_plane/api/events_service.h"
#include "control_plane/api/identities_service.h"
#include "control_plane/api/kv_service.h"
#include "control_plane/api/launcher_service.h"
#include "control_plane/api/network_services.h"
#include "control_plane/api/node_sync_service.h"
#include "control_plane/api/rollouts_service.h"
#include "control_plane/api/runs_service.h"
#include "control_plane/api/secrets_service.h"
#include "control_plane/api/visits_service.h"
#include "rpc/credentials.h"

namespace terrella::control {
namespace {

constexpr int kMessageBytesMax = 28 << 20;  // a KV value and what is around it
constexpr int kWindowBytes = 1 << 20;       // of one call: uploads come in chunks
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
  // Every message of a node would be answered by a ping that measures the path, and that by its
  // answer: hundreds of packets for a deploy.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
}

// Who has no certificate is let through to the guard, which knows tokens and has words for him.
std::shared_ptr<grpc::ServerCredentials> Credentials(const rpc::TlsFiles& tls) {
  if (tls.empty()) return grpc::InsecureServerCredentials();
  return rpc::ServerCredentials(tls, rpc::ClientCertificates::kOptional);
}

// Returns when `task`, and all that was posted to the loop before it, has run there.
void RunOnLoop(Coordinator& coordinator, const std::function<void()>& task) {
  std::promise<void> done;
  coordinator.Post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

// In hexadecimal, as gRPC's metadata are text.
std::string MakeSecret() {
  return ToHex(RandomBytes(32));
}

}  // namespace

struct ApiServer::Grpc {
  Grpc(Coordinator& coordinator, KvStore& kv_store, ActorRegistry& registry,
       AccessControl& access_control, const ApiServerOptions& options)
      : access(access_control),
        coordinator_(coordinator),
        guard(access_control.log(), access_control.tokens(), access_control.clock(),
              [&coordinator](std::function<void()> task) { coordinator.Post(std::move(task)); },
              {.cluster = coordinator.options().cluster,
               .require_auth = options.require_auth,
               .revocations = options.revocations,
               .gateway_secret = gateway_secret,
               .wake = [this] { coordinator_.Post([this] { Tend(); }); }}),
        tending(std::make_unique<Timer>(coordinator.loop(), [this] { Tend(); })),
        nodes(coordinator, options.revocations),
        deployments(coordinator),
        rollouts(coordinator),
        caches(coordinator),
        admin(coordinator),
        topology(coordinator),
        secrets(coordinator),
        dns_zone(coordinator),
        node_events(coordinator),
        crons(coordinator),
        stats(coordinator),
        tail(coordinator),
        kv(kv_store),
        actors(coordinator, registry),
        tokens(access_control.tokens()),
        audit(access_control.log(),
              [this, &coordinator] { RunOnLoop(coordinator, [this] { guard.FlushRefusals(); }); }),
        identities(coordinator, options.registrar),
        visits(coordinator, options.visitor),
        launcher(coordinator, options.launcher),
        run_book(access_control.clock()),
        runs(run_book) {}
  // Every service of the protocol, behind the guard.
  absl::Status RegisterAll(grpc::ServerBuilder& builder);
  // On the loop.
  void Tend();
  void EndTending();

  const std::string gateway_secret = MakeSecret();
  AccessControl& access;
  Coordinator& coordinator_;
  CallGuard guard;
  std::unique_ptr<Timer> tending;  // null when it has ended; used on the loop
  NodeSyncService nodes;
  DeploymentsService deployments;
  RolloutsService rollouts;
  CachesService caches;
  AdminService admin;
  TopologyService topology;
  SecretsService secrets;
  DnsZoneService dns_zone;
  NodeEventsService node_events;
  CronsService crons;
  StatsService stats;
  TailService tail;
  KvService kv;
  ActorsService actors;
  TokensService tokens;
  AuditService audit;
  IdentitiesService identities;
  VisitsService visits;
  LauncherService launcher;
  RunBook run_book;
  RunsService runs;
  std::vector<std::unique_ptr<grpc::Service>> guarded;
  std::unique_ptr<grpc::Server> server;  // last: it is gone before its services
};

void ApiServer::Grpc::Tend() {
  if (tending == nullptr) return;
  if (const std::optional<Duration> wait = guard.Tend()) tending->Start(*wait);
}

void ApiServer::Grpc::EndTending() {
  guard.StopWaking();
  guard.FlushRefusals();
  tending.reset();
}

absl::Status ApiServer::Grpc::RegisterAll(grpc::ServerBuilder& builder) {
  const std::pair<grpc::Service*, std::string_view> services[] = {
      {&nodes, v1::NodeSync::service_full_name()},
      {&deployments, v1::Deployments::service_full_name()},
      {&rollouts, v1::Rollouts::service_full_name()},
      {&caches, v1::Caches::service_full_name()},
      {&admin, v1::Admin::service_full_name()},
      {&topology, v1::Topology::service_full_name()},
      {&kv, v1::Kv::service_full_name()},
      {&secrets, v1::Secrets::service_full_name()},
      {&dns_zone, v1::DnsZone::service_full_name()},
      {&actors, v1::Actors::service_full_name()},
      {&tokens, v1::Tokens::service_full_name()},
      {&audit, v1::Audit::service_full_name()},
      {&identities, v1::Identities::service_full_name()},
      {&node_events, v1::NodeEvents::service_full_name()},
      {&crons, v1::Crons::service_full_name()},
      {&stats, v1::Stats::service_full_name()},
      {&tail, v1::Tail::service_full_name()},
      {&visits, v1::Visits::service_full_name()},
      {&launcher, v1::Launcher::service_full_name()},
      {&runs, v1::Runs::service_full_name()},
  };
  for (const auto& [service, name] : services) {
    ASSIGN_OR_RETURN(std::unique_ptr<grpc::Service> behind_guard, guard.Wrap(*service, name));
    guarded.push_back(std::move(behind_guard));
    builder.RegisterService(guarded.back().get());
  }
  guard.Watch(builder);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ApiServer>> ApiServer::Start(Coordinator& coordinator, KvStore& kv,
                                                            ActorRegistry& actors,
                                                            AccessControl& access,
                                                            const ApiServerOptions& options) {
  const SocketAddress& listen = options.listen;
  auto grpc = std::make_unique<Grpc>(coordinator, kv, actors, access, options);
  grpc::ServerBuilder builder;
  Configure(builder);
  int port = 0;
  builder.AddListeningPort(listen.ToString(), Credentials(options.tls), &port);
  RETURN_IF_ERROR(grpc->RegisterAll(builder));
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

std::shared_ptr<grpc::Channel> ApiServer::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  return grpc_->server->InProcessChannel(arguments);
}

const std::string& ApiServer::gateway_secret() const {
  return grpc_->gateway_secret;
}

absl::Status ApiServer::CheckAtGateway(std::string_view authorization, const std::string& peer) {
  const absl::Status status = grpc_->access.tokens().CallerOf(authorization).status();
  if (!status.ok()) {
    grpc_->guard.CountStranger(
        {.method = "the HTTP gateway", .peer = peer, .reason = Message(status)});
  }
  return status;
}

std::shared_ptr<const std::string> ApiServer::ReportOfRun(std::string_view path) const {
  return grpc_->run_book.Report(path);
}

std::vector<std::string> ApiServer::ServiceNames() {
  return {v1::Admin::service_full_name(),       v1::Topology::service_full_name(),
          v1::Deployments::service_full_name(), v1::Rollouts::service_full_name(),
          v1::Secrets::service_full_name(),     v1::Kv::service_full_name(),
          v1::Caches::service_full_name(),      v1::Actors::service_full_name(),
          v1::DnsZone::service_full_name(),     v1::NodeSync::service_full_name(),
          v1::Tokens::service_full_name(),      v1::Audit::service_full_name(),
          v1::Identities::service_full_name(),  v1::NodeEvents::service_full_name(),
          v1::Crons::service_full_name(),       v1::Stats::service_full_name(),
          v1::Tail::service_full_name(),        v1::Visits::service_full_name(),
          v1::Launcher::service_full_name(),    v1::Runs::service_full_name()};
}

void ApiServer::Stop() {
  if (grpc_ == nullptr) return;
  RunOnLoop(coordinator_, [this] { coordinator_.Shutdown(); });
  grpc_->run_book.Close();
  // Streams were told why; what is left after a moment is cut.
  grpc_->server->Shutdown(std::chrono::system_clock::now() + kStopPatience);
  grpc_->server.reset();
  // Calls that ended just now have posted that they are gone; those tasks use the services.
  RunOnLoop(coordinator_, [this] { grpc_->EndTending(); });
  RunOnLoop(coordinator_, [] {});
  grpc_.reset();
}

}  // namespace terrella::control
