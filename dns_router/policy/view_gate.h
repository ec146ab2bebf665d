// ViewGate: decides when a view that arrived is believed.
//
// A control plane that has just restarted knows no nodes until they reattach, one by one, within
// seconds. Its first views would empty the DNS of a network that is in perfect health. So the first
// view of a new stream, when it has fewer READY nodes than the one in use, waits up to `hold` for a
// successor that is as good; then it is believed anyway. Views on an unbroken stream are news and
// pass at once, good or bad.
//
// Thread: one.
#pragma once

#include <optional>

#include "base/clock.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

class ViewGate {
 public:
  explicit ViewGate(Duration hold) : hold_(hold) {}

  // `first_of_stream`: the stream it came on had not given one before.
  void Offer(TopologyView view, bool first_of_stream, MonotonicTime now);
  // The view to put in use now, if there is one.
  std::optional<TopologyView> Take(MonotonicTime now);
  // When Take should be called again; none when nothing waits.
  std::optional<MonotonicTime> due() const { return waiting_ ? std::optional(due_) : std::nullopt; }

 private:
  Duration hold_;
  size_t ready_in_use_ = 0;
  bool holding_ = false;
  std::optional<TopologyView> waiting_;
  MonotonicTime due_{};
};

}  // namespace terrella::dns
