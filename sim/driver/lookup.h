// Lookup: where a person's requests for a host go, and since when they are asked for: to the
// anycast address at once, or to the node that the city's resolver names, after what the modelled
// look-up takes.
//
// Thread: the loop's. Destroying it cancels it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.h"
#include "base/tcp.h"
#include "sim/driver/visit.h"
#include "sim/net/path_wish.h"

namespace terrella::sim {

class Lookup {
 public:
  // Called at most once, at once or later; never while the resolver is out. The destination is
  // meaningless when it failed.
  using Callback =
      std::function<void(Failure, const SocketAddress& destination, MonotonicTime asked_at)>;
  // The arrival outlives it.
  Lookup(const VisitContext& context, const Arrival& arrival, Callback callback);
  ~Lookup();
  // `wanted`: when it was, however late we are.
  void Start(const std::string& host, MonotonicTime wanted);

 private:
  void OnAddress(const absl::StatusOr<CityResolver::Answer>& answer, MonotonicTime wanted);
  Duration ResolverDelay(const CityResolver::Answer& answer) const;

  const VisitContext& context_;
  const Arrival& arrival_;
  const Callback callback_;
  std::unique_ptr<Timer> delay_;
  std::shared_ptr<bool> alive_;  // false once destroyed: resolver callbacks cannot be taken back
};

}  // namespace terrella::sim
