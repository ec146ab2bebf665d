#include "edge_node/shard/call_order.h"

#include <algorithm>
#include <optional>

#include "base/random.h"

namespace terrella::edge {

CallOrder::CallOrder() : caller_(RandomU64()) {}

CallTicket CallOrder::Leave(const std::string& object, const std::string& door) {
  UnderWay& last = under_way_[object];
  const uint64_t after = last.door == door ? last.number : 0;
  last = {.number = ++last_, .door = door};
  return {.caller = caller_, .number = last.number, .after = after};
}

void CallOrder::Settle(const std::string& object, uint64_t number) {
  const auto found = under_way_.find(object);
  if (found != under_way_.end() && found->second.number == number) under_way_.erase(found);
}

ArrivalOrder::ArrivalOrder(EventLoop& loop, Options options)
    : loop_(loop), options_(options), expire_(loop, [this] { Expire(); }) {}

void ArrivalOrder::Arrive(const std::string& object, const CallTicket& ticket,
                          std::function<void()> deliver) {
  const Stream stream(ticket.caller, object);
  Waiting call{.number = ticket.number,
               .until = loop_.Now() + options_.wait_max,
               .deliver = std::move(deliver)};
  const Key after(stream, ticket.after);
  // Two do not wait for the same call: whoever says so has made a mistake, and is not held.
  if (ticket.after == 0 || HasCome(stream, ticket.after) || waiting_.contains(after)) {
    return Deliver(stream, std::move(call));
  }
  const MonotonicTime until = call.until;
  waiting_.emplace(after, std::move(call));
  if (!expire_.active()) expire_.StartAt(until);
}

void ArrivalOrder::Deliver(const Stream& stream, Waiting call) {
  std::optional<Waiting> next = std::move(call);
  while (next.has_value()) {
    const uint64_t number = next->number;
    next->deliver();
    next.reset();
    if (number == 0) return;
    Remember(stream, number);
    if (auto behind = waiting_.extract(Key(stream, number)); !behind.empty()) {
      next = std::move(behind.mapped());
    }
  }
}

bool ArrivalOrder::HasCome(const Stream& stream, uint64_t number) const {
  const auto found = came_.find(stream);
  return found != came_.end() && number <= found->second.number;
}

void ArrivalOrder::Remember(const Stream& stream, uint64_t number) {
  const auto [found, is_new] = came_.try_emplace(stream);
  Came& came = found->second;
  came.number = std::max(came.number, number);
  if (is_new) {
    came.recent = recent_.insert(recent_.begin(), stream);
  } else {
    recent_.splice(recent_.begin(), recent_, came.recent);
  }
  if (came_.size() <= options_.remembered_max) return;
  came_.erase(recent_.back());
  recent_.pop_back();
}

void ArrivalOrder::Expire() {
  const MonotonicTime now = loop_.Now();
  while (true) {
    const auto first = std::min_element(
        waiting_.begin(), waiting_.end(),
        [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
    if (first == waiting_.end()) return;
    if (first->second.until > now) return expire_.StartAt(first->second.until);
    auto call = waiting_.extract(first);
    Deliver(call.key().first, std::move(call.mapped()));
  }
}

}  // namespace terrella::edge
