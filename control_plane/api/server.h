// ApiServer: the control plane's gRPC endpoint with its services.
//
// Thread: Start and Stop on the owner's, which is not the loop's: Stop waits for the loop.
// Owns: the services and gRPC's threads; the coordinator, its running loop, the KV store and the
// registry of actors outlive it.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "control_plane/actors/actor_registry.h"
#include "control_plane/kv/kv_store.h"
#include "control_plane/rollout/coordinator.h"

namespace terrella::control {

class ApiServer {
 public:
  // Port 0 takes a free one. FailedPrecondition with the reason when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<ApiServer>> Start(Coordinator& coordinator, KvStore& kv,
                                                          ActorRegistry& actors,
                                                          const SocketAddress& listen);
  ~ApiServer();

  const SocketAddress& address() const { return address_; }
  // Ends all streams and calls; returns when none is left.
  void Stop();

 private:
  struct Grpc;
  ApiServer(Coordinator& coordinator, std::unique_ptr<Grpc> grpc, SocketAddress address);
  // Returns when `task`, and all that was posted to the loop before it, has run there.
  void RunOnLoop(const std::function<void()>& task);

  Coordinator& coordinator_;
  std::unique_ptr<Grpc> grpc_;
  SocketAddress address_;
};

}  // namespace terrella::control
