#include "dns_router/policy/view_gate.h"

#include <utility>

namespace terrella::dns {

void ViewGate::Offer(TopologyView view, bool first_of_stream, MonotonicTime now) {
  const bool worse = CountReady(view) < ready_in_use_;
  if (!worse) {
    holding_ = false;
    due_ = now;
  } else if (first_of_stream && !holding_) {
    holding_ = true;
    due_ = now + hold_;
  } else if (!holding_) {
    due_ = now;
  }  // else: the deadline of the hold stays
  waiting_ = std::move(view);
}

std::optional<TopologyView> ViewGate::Take(MonotonicTime now) {
  if (!waiting_ || now < due_) return std::nullopt;
  holding_ = false;
  ready_in_use_ = CountReady(*waiting_);
  return std::exchange(waiting_, std::nullopt);
}

}  // namespace terrella::dns
