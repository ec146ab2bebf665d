#include "http/server/server.h"

#include "http/server/opening.h"
#include "http/server/server_impl.h"
#include "http/server/session.h"

namespace terrella::http {
namespace {

// Beyond connections_max so many more are told 503; the rest is closed without a word.
constexpr size_t kPoliteRefusalsMax = 256;

}  // namespace

Server::Impl::Impl(EventLoop& loop, ServerOptions options, Handler handler)
    : loop_(loop),
      options_(std::move(options)),
      handler_(std::move(handler)),
      turn_end_(loop, [this] { AfterTurn(); }),
      drain_timer_(loop, [this] {
        while (!connections_.empty()) connections_.front()->Retire();
      }) {
  if (const ServerLimits& limits = options_.limits; limits.connections_per_network_max > 0) {
    clients_.emplace(ClientTable::Limits{.places_max = limits.connections_max,
                                         .of_network_max = limits.connections_per_network_max});
  }
}

Server::Impl::~Impl() {
  listener_.reset();
  while (!connections_.empty()) connections_.front()->Retire();
}

absl::Status Server::Impl::Listen() {
  TcpListener::Options options;
  options.address = options_.address;
  options.reuse_port = options_.reuse_port;
  auto listener = TcpListener::Listen(
      loop_, options, [this](std::unique_ptr<TcpConnection> tcp) { Accept(std::move(tcp)); });
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  return absl::OkStatus();
}

void Server::Impl::Accept(std::unique_ptr<TcpConnection> tcp) {
  const size_t max = options_.limits.connections_max;
  const IpAddress client = tcp->peer_address().ip;
  const bool busy = !clients_ && connections_.size() >= max;
  if (busy || (clients_ && !clients_->Admits(client))) {
    ++statistics_.connections_refused;
    if (!busy || connections_.size() >= max + kPoliteRefusalsMax) return;
  } else {
    ++statistics_.connections_accepted;
  }
  auto opening = std::make_unique<Opening>(*this, std::move(tcp));
  Opening& ref = *opening;
  ref.generation = generation_;
  ref.position = connections_.insert(connections_.end(), std::move(opening));
  if (clients_) {
    ref.place =
        std::make_unique<ClientPlace>(*clients_, client, loop_.Now(), [this, at = ref.position] {
          ++statistics_.connections_refused;
          (*at)->Retire();
        });
  }
  if (busy) {
    ref.RefuseBusy();
  } else {
    ref.Start();
  }
  if (clients_) clients_->MakeRoom();
}

void Server::Impl::CountRequest(Session& session) {
  ++statistics_.requests;
  if (session.place != nullptr) session.place->Asked(loop_.Now());
}

void Server::Impl::Bury(Session& session) {
  auto position = session.position;
  session.place.reset();
  turn_end_.Bury(std::move(*position));
  connections_.erase(position);
}

void Server::Impl::Replace(Session& opening, std::unique_ptr<Session> next) {
  auto position = opening.position;
  next->position = position;
  next->generation = opening.generation;
  next->place = std::move(opening.place);
  turn_end_.Bury(std::exchange(*position, std::move(next)));
}

bool Server::Impl::IsLeaving(const Session& session) const {
  return draining_ || !keep_alive_ || session.generation != generation_;
}

void Server::Impl::AfterTurn() {
  if (draining_ && drained_ && connections_.empty()) {
    drain_timer_.Stop();
    std::exchange(drained_, nullptr)();
  }
}

void Server::Impl::Drain(Duration deadline, std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  listener_.reset();
  for (auto next = connections_.begin(); next != connections_.end();) {
    Session& session = **next++;  // Drain may take it out of the list
    session.Drain();
  }
  drain_timer_.Start(deadline);
  turn_end_.Schedule();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(EventLoop& loop, ServerOptions options,
                                                      Handler handler) {
  auto impl = std::make_unique<Impl>(loop, std::move(options), std::move(handler));
  absl::Status status = impl->Listen();
  if (!status.ok()) return status;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

SocketAddress Server::address() const {
  return impl_->listener_ != nullptr ? impl_->listener_->address() : impl_->options_.address;
}
void Server::Drain(Duration deadline, std::function<void()> done) {
  impl_->Drain(deadline, std::move(done));
}
void Server::set_keep_alive(bool keep) {
  impl_->set_keep_alive(keep);
}
void Server::RenewConnections() {
  impl_->RenewConnections();
}
size_t Server::connections() const {
  return impl_->connections_.size();
}
const ServerStatistics& Server::statistics() const {
  return impl_->statistics_;
}

}  // namespace terrella::http
