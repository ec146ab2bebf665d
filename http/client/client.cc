#include "http/client/client.h"

#include <algorithm>

#include "base/check.h"
#include "http/client/call.h"
#include "http/client/client_connection.h"
#include "http/client/client_impl.h"

namespace terrella::http {

Client::Impl::~Impl() {
  while (!connections_.empty()) connections_.front()->Retire();
}

void Client::Impl::Assign(CallImpl& call, bool fresh) {
  Target target{call.request_.to, call.request_.from, call.request_.tls, call.request_.tls_host,
                call.request_.kept_as};
  auto found = fresh ? idle_.end() : idle_.find(target);
  if (found != idle_.end()) {
    ClientConnection* connection = found->second.back();
    Unpool(*connection);
    connection->Take(call);
    return;
  }
  auto position = connections_.insert(
      connections_.end(),
      std::make_unique<ClientConnection>(*this, std::move(target), call.request_.limits.parser));
  (*position)->position = position;
  (*position)->Connect(call);
}

bool Client::Impl::Pool(ClientConnection& connection) {
  if (idle_count_ >= limits_.idle_total_max) return false;
  if (limits_.idle_per_target_max == 0) return false;
  std::vector<ClientConnection*>& idle = idle_[connection.target()];
  if (idle.size() >= limits_.idle_per_target_max) return false;
  idle.push_back(&connection);
  ++idle_count_;
  return true;
}

void Client::Impl::Unpool(ClientConnection& connection) {
  auto found = idle_.find(connection.target());
  CHECK(found != idle_.end());
  CHECK(std::erase(found->second, &connection) == 1);
  if (found->second.empty()) idle_.erase(found);
  --idle_count_;
}

void Client::Impl::Bury(ClientConnection& connection) {
  auto position = connection.position;
  turn_end_.Bury(std::move(*position));
  connections_.erase(position);
}

void Client::Impl::DropIdle(const SocketAddress& to) {
  std::vector<ClientConnection*> doomed;
  for (const auto& [target, connections] : idle_) {
    if (target.to == to) doomed.insert(doomed.end(), connections.begin(), connections.end());
  }
  for (ClientConnection* connection : doomed) connection->Retire();
}

Client::Client(EventLoop& loop, PoolLimits limits) : impl_(std::make_unique<Impl>(loop, limits)) {}
Client::~Client() = default;

std::unique_ptr<Call> Client::Send(ClientRequest request, ResponseObserver& observer) {
  auto call = std::make_unique<CallImpl>(*impl_, std::move(request), observer);
  call->Start();
  return call;
}

size_t Client::idle_connections() const {
  return impl_->idle_count_;
}
void Client::DropIdle(const SocketAddress& to) {
  impl_->DropIdle(to);
}

}  // namespace terrella::http
