#include "base/client_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace terrella {
namespace {

constexpr int kNetworkBitsV4 = 24, kNetworkBitsV6 = 56;

IpAddress NetworkOf(const IpAddress& client) {
  return client.Masked(client.is_v4() ? kNetworkBitsV4 : kNetworkBitsV6);
}

}  // namespace

bool ClientTable::Admits(const IpAddress& client) const {
  const auto network = networks_.find(NetworkOf(client));
  return network == networks_.end() ||
         network->second.newcomers + network->second.others < limits_.of_network_max;
}

void ClientTable::MakeRoom() {
  while (ClientPlace* const worst = Worst()) {
    const auto leave = std::move(worst->leave_);
    worst->GiveUp();
    leave();
  }
}

ClientPlace* ClientTable::Worst() const {
  if (held_bytes_ > limits_.held_bytes_max) return WorstHolder();
  if (places_.size() > limits_.places_max) return WorstIdler();
  return nullptr;
}

ClientPlace* ClientTable::WorstHolder() const {
  const auto holds_less = [](const ClientPlace* a, const ClientPlace* b) {
    return std::tuple(a->network_->second.held_bytes, a->held_bytes_, b->idle_since_) <
           std::tuple(b->network_->second.held_bytes, b->held_bytes_, a->idle_since_);
  };
  return *std::max_element(places_.begin(), places_.end(), holds_less);
}

ClientPlace* ClientTable::WorstIdler() const {
  const size_t share = std::max<size_t>(limits_.places_max / 32, 1);
  const bool asked = newcomers_ <= limits_.places_max / 4 && newcomers_ < places_.size();
  const auto beyond_share = [&](const ClientPlace* place) {
    return std::max(place->network_->second.places(asked), share) - share;
  };
  ClientPlace* worst = nullptr;
  for (ClientPlace* const place : places_) {
    if (place->asked_ != asked) continue;
    if (worst == nullptr || std::tuple(beyond_share(worst), place->idle_since_) <
                                std::tuple(beyond_share(place), worst->idle_since_)) {
      worst = place;
    }
  }
  return worst;
}

ClientPlace::ClientPlace(ClientTable& table, const IpAddress& client, MonotonicTime now,
                         std::function<void()> leave)
    : table_(&table),
      network_(table.networks_.try_emplace(NetworkOf(client)).first),
      position_(table.places_.insert(table.places_.end(), this)),
      leave_(std::move(leave)),
      idle_since_(now) {
  ++network_->second.newcomers;
  ++table.newcomers_;
}

void ClientPlace::Asked(MonotonicTime now) {
  if (!valid()) return;
  idle_since_ = now;
  if (std::exchange(asked_, true)) return;
  --table_->newcomers_;
  --network_->second.newcomers;
  ++network_->second.others;
}

void ClientPlace::Hold(size_t bytes) {
  if (!valid()) return;
  const size_t more = bytes - held_bytes_;  // modulo 2^64
  table_->held_bytes_ += more;
  network_->second.held_bytes += more;
  held_bytes_ = bytes;
}

void ClientPlace::GiveUp() {
  if (!valid()) return;
  Hold(0);
  table_->places_.erase(position_);
  if (!asked_) --table_->newcomers_;
  --(asked_ ? network_->second.others : network_->second.newcomers);
  if (network_->second.newcomers + network_->second.others == 0) {
    table_->networks_.erase(network_);
  }
  table_ = nullptr;
}

}  // namespace terrella
