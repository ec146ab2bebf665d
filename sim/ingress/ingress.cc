#include "sim/ingress/ingress.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::sim {

Ingress::Ingress(EventLoop& loop, IngressWorld world, const IngressOptions& options)
    : loop_(loop),
      world_(std::move(world)),
      options_(options),
      placer_world_{*world_.places, *world_.prefixes, options.default_place},
      catchment_(*world_.model, options.anycast ? FromMs(options.live.convergence.settled_ms)
                                                : options.convergence),
      routes_(options.anycast
                  ? std::make_unique<AnycastRoutes>(world_.internet, *options.anycast, options.live)
                  : nullptr),
      context_{.loop = loop,
               .path = {.model = *world_.model,
                        .places = *world_.places,
                        .transport = options.transport,
                        .last_mile = options.last_mile,
                        .evening = options.evening,
                        .jitter = options.jitter,
                        .seed = options.seed},
               .world = placer_world_,
               .catchment = catchment_,
               .routes = routes_.get(),
               .limits = options.tunnel,
               .held_in_all = &held_in_all_,
               .wakeup = &wakeup_,
               .late_ns = &late_ns_},
      reaper_(loop, [this] { ended_.clear(); }),
      drain_deadline_(loop, [this] {
        tunnels_.clear();
        if (auto done = std::exchange(drained_, nullptr)) done();
      }) {}

Ingress::~Ingress() = default;

absl::StatusOr<std::unique_ptr<Ingress>> Ingress::Start(EventLoop& loop, IngressWorld world,
                                                        const IngressOptions& options) {
  std::unique_ptr<Ingress> ingress(new Ingress(loop, std::move(world), options));
  ASSIGN_OR_RETURN(
      ingress->listener_,
      TcpListener::Listen(
          loop, {.address = options.listen, .reuse_port = options.share_address},
          [self = ingress.get()](auto connection) { self->Accept(std::move(connection)); }));
  ingress->context_.anycast = ingress->address().ip;
  return ingress;
}

SocketAddress Ingress::address() const {
  return listener_->address();
}

void Ingress::Update(const v1::View& view) {
  std::vector<std::string> complaints;
  catchment_.Update(view, loop_.Now(), &complaints);
  if (routes_ != nullptr) routes_->Update(catchment_, loop_.Now(), &complaints);
  for (const std::string& complaint : complaints) LogWarn("left out of the view: {}", complaint);
}

void Ingress::Accept(std::unique_ptr<TcpConnection> connection) {
  if (tunnels_.size() >= options_.connections_max) {
    constexpr std::string_view kFull = "too many connections at once\n";
    connection->Write(fmt::format("HTTP/1.1 503 Service Unavailable\r\n"
                                  "content-type: text/plain; charset=utf-8\r\n"
                                  "content-length: {}\r\nterrella-ingress: full\r\n"
                                  "connection: close\r\n\r\n",
                                  kFull.size()),
                      kFull);
    TcpConnection::CloseGracefully(std::move(connection));
    return;
  }
  auto tunnel = std::make_unique<Tunnel>(context_, std::move(connection), next_number_++,
                                         [this](Tunnel* ended) { Forget(ended); });
  Tunnel* key = tunnel.get();
  tunnels_.emplace(key, std::move(tunnel));
  connections_most_ = std::max(connections_most_, tunnels_.size());
}

void Ingress::Forget(Tunnel* tunnel) {
  auto it = tunnels_.find(tunnel);
  if (it == tunnels_.end()) return;
  ended_.push_back(std::move(it->second));
  tunnels_.erase(it);
  reaper_.Start(Duration(0));
  if (listener_ == nullptr && tunnels_.empty() && drained_) drain_deadline_.Start(Duration(0));
}

void Ingress::Drain(Duration deadline, std::function<void()> done) {
  listener_.reset();
  drained_ = std::move(done);
  drain_deadline_.Start(tunnels_.empty() ? Duration(0) : deadline);
}

}  // namespace terrella::sim
