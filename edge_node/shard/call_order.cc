#include "edge_node/shard/call_order.h"

#include <algorithm>
#include <optional>

#include "base/random.h"

namespace terrella::edge {

CallOrder::CallOrder() : caller_(RandomU64()) {}

CallTicket CallOrder::Leave(const std::string& object) {
  uint64_t& last = under_way_[object];
  return {.caller = caller_, .number = ++last_, .after = std::exchange(last, last_)};
}

void CallOrder::Settle(const std::string& object, uint64_t number) {
  const auto found = under_way_.find(object);
  if (found != under_way_.end() && found->second == number) under_way_.erase(found);
}

ArrivalOrder::ArrivalOrder(EventLoop& loop, Options options)
    : loop_(loop), options_(options), expire_(loop, [this] { Expire(); }) {}

void ArrivalOrder::Arrive(const CallTicket& ticket, std::function<void()> deliver) {
  Waiting call{.own = {ticket.caller, ticket.number},
               .until = loop_.Now() + options_.wait_max,
               .deliver = std::move(deliver)};
  const Key after(ticket.caller, ticket.after);
  // Two do not wait for the same call: whoever says so has made a mistake, and is not held.
  if (ticket.after == 0 || came_.contains(after) || waiting_.contains(after)) {
    return Deliver(std::move(call));
  }
  const MonotonicTime until = call.until;
  waiting_.emplace(after, std::move(call));
  if (!expire_.active()) expire_.StartAt(until);
}

void ArrivalOrder::Deliver(Waiting call) {
  std::optional<Waiting> next = std::move(call);
  while (next.has_value()) {
    const Key key = next->own;
    next->deliver();
    next.reset();
    if (key.second == 0) return;
    Remember(key);
    if (auto behind = waiting_.extract(key); !behind.empty()) next = std::move(behind.mapped());
  }
}

void ArrivalOrder::Remember(const Key& key) {
  const MonotonicTime now = loop_.Now();
  if (came_.emplace(key, now).second) came_in_order_.push_back(key);
  while (!came_in_order_.empty() && (came_.size() > options_.remembered_max ||
                                     came_.at(came_in_order_.front()) + options_.remember < now)) {
    came_.erase(came_in_order_.front());
    came_in_order_.pop_front();
  }
}

void ArrivalOrder::Expire() {
  const MonotonicTime now = loop_.Now();
  while (true) {
    const auto first = std::min_element(
        waiting_.begin(), waiting_.end(),
        [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
    if (first == waiting_.end()) return;
    if (first->second.until > now) return expire_.StartAt(first->second.until);
    Deliver(std::move(waiting_.extract(first).mapped()));
  }
}

}  // namespace terrella::edge
