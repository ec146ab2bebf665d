// Prober: asks every node that is not down, again and again, whether it answers this router.
//
// tcp: a connection can be made. http: `GET path` with the node's own address as Host is answered
// 2xx. Each node has its own moment within the interval, so that probes do not come in bursts; a
// node is asked again when its last probe has ended.
//
// Thread: the loop's. Owns: the probes' sockets. What results mean is policy/probe_state.h's.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "base/tcp.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

struct ProbeOptions {
  enum class Kind { kNone, kTcp, kHttp };
  Kind kind = Kind::kNone;
  Duration interval = std::chrono::seconds(2);
  Duration timeout = std::chrono::seconds(1);
  std::string path = "/.terrella/health";
  size_t at_once_max = 64;
};

class Prober {
 public:
  // `why_not` is empty for a good end. Never called from within a call of the prober.
  using Result =
      std::function<void(std::string_view node, MonotonicTime began, std::string why_not)>;

  Prober(EventLoop& loop, const ProbeOptions& options, Result result);
  ~Prober();

  // The nodes from now on. Those that were there keep their moment; a probe under way of one that
  // is gone, or elsewhere now, is given up.
  void Follow(const TopologyView& view);

 private:
  class Target;
  // Begins a probe of it, or does when its turn comes.
  void Ask(Target& target);
  // A probe has ended: whoever has waited longest begins.
  void Free();

  EventLoop& loop_;
  const ProbeOptions options_;
  const Result result_;
  size_t at_once_ = 0;
  std::deque<Target*> waiting_;  // while at_once_ is all there may be; each once
  std::map<std::string, std::unique_ptr<Target>, std::less<>> targets_;  // by node
};

}  // namespace terrella::dns
