#include "dns_router/router.h"

#include <thread>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "base/status.h"
#include "dns_router/policy/world_geography.h"
#include "dns_router/server/snapshot_cell.h"
#include "dns_router/server/tcp_server.h"
#include "dns_router/server/udp_server.h"
#include "dns_router/view/admin_server.h"
#include "dns_router/view/publisher.h"
#include "dns_router/view/static_view.h"
#include "topology/view_client.h"

namespace terrella::dns {
namespace {

PublisherOptions MakePublisherOptions(const RouterOptions& options, const SocketAddress& bound) {
  PublisherOptions out;
  // The name server's record names the address clients reach; behind "any address" that is
  // loopback.
  out.snapshot.zone.name_server =
      bound.ip == bound.ip.Masked(0) ? IpAddress::V4(0x7f000001) : bound.ip;
  out.snapshot.zone.steered_ttl_s = options.ttl_s;
  out.snapshot.zone.negative_ttl_s = options.negative_ttl_s;
  out.snapshot.addresses_max = options.addresses_max;
  return out;
}

}  // namespace

// Members are destroyed in reverse: first who delivers views, then who answers, then what they use.
struct Router::Impl {
  ~Impl() {
    view_client.reset();
    loop.Stop();
    if (loop_thread.joinable()) loop_thread.join();
  }

  absl::Status Bind(const RouterOptions& options);
  absl::Status BindOnce(const RouterOptions& options);

  ServerIdentity identity;
  std::filesystem::path static_view;
  Statistics statistics;
  SnapshotCell cell;
  EventLoop loop;  // builds snapshots
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<UdpServer> udp;
  std::unique_ptr<TcpServer> tcp;
  std::unique_ptr<AdminServer> admin;
  std::unique_ptr<topology::ViewClient> view_client;
  std::thread loop_thread;
};

absl::Status Router::Impl::BindOnce(const RouterOptions& options) {
  ASSIGN_OR_RETURN(udp, UdpServer::Bind({.address = options.listen, .threads = options.udp_threads},
                                        cell, identity, statistics));
  // The same port, also when the system chose it.
  ASSIGN_OR_RETURN(tcp, TcpServer::Listen(udp->address(), {}, cell, identity, statistics));
  return absl::OkStatus();
}

absl::Status Router::Impl::Bind(const RouterOptions& options) {
  // A port the system chose for UDP may be taken for TCP: another one is as good.
  const int attempts = options.listen.port == 0 ? 16 : 1;
  absl::Status status;
  for (int i = 0; i < attempts; ++i) {
    status = BindOnce(options);
    if (status.ok()) break;
    tcp.reset();
    udp.reset();
  }
  RETURN_IF_ERROR(status);
  ASSIGN_OR_RETURN(admin, AdminServer::Start(options.admin, cell));
  return absl::OkStatus();
}

Router::Router(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Router::~Router() = default;
SocketAddress Router::address() const {
  return impl_->udp->address();
}
SocketAddress Router::admin_address() const {
  return impl_->admin->address();
}
const Statistics& Router::statistics() const {
  return impl_->statistics;
}

absl::StatusOr<std::unique_ptr<Router>> Router::Start(const RouterOptions& options) {
  if (options.identity.instance.empty() || options.identity.instance.size() > kInstanceBytesMax) {
    return InvalidArgument("expected an instance name of 1 to {} bytes, got {}", kInstanceBytesMax,
                           options.identity.instance.size());
  }
  auto impl = std::make_unique<Impl>();
  impl->identity = options.identity;
  impl->static_view = options.static_view;
  RETURN_IF_ERROR(impl->Bind(options));
  ASSIGN_OR_RETURN(auto world, WorldGeography::Load(options.data_dir));
  impl->publisher =
      std::make_unique<Publisher>(impl->loop, std::move(world),
                                  MakePublisherOptions(options, impl->udp->address()), impl->cell);
  if (!options.static_view.empty()) {
    ASSIGN_OR_RETURN(v1::View view, ReadStaticView(options.static_view));
    impl->publisher->Offer(std::move(view), /*first_of_stream=*/false);
    impl->loop.RunOnce();
    if (impl->cell.Get() == nullptr) {
      return InvalidArgument("{}: cannot be served", options.static_view.string());
    }
  } else {
    Publisher* publisher = impl->publisher.get();
    impl->view_client = std::make_unique<topology::ViewClient>(
        topology::ViewClientOptions{.target = options.control, .watcher = "dns_router"},
        [publisher](v1::View view, bool first) { publisher->Offer(std::move(view), first); });
  }
  impl->loop_thread = std::thread([loop = &impl->loop] { loop->Run(); });
  impl->udp->Start();
  impl->tcp->Start();
  return std::unique_ptr<Router>(new Router(std::move(impl)));
}

void Router::Reload() {
  if (impl_->static_view.empty()) return;
  auto view = ReadStaticView(impl_->static_view);
  if (!view.ok()) {
    LogError("not reloaded: {}", Message(view.status()));
    return;
  }
  impl_->publisher->Offer(*std::move(view), /*first_of_stream=*/false);
}

}  // namespace terrella::dns
