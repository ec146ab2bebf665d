// ApiServer: the control plane's gRPC endpoint with its services.
//
// Thread: Start and Stop on the owner's, which is not the loop's: Stop waits for the loop.
// Owns: the services and gRPC's threads; the coordinator, its running loop, the KV store, the
// registry of actors, access control and what the options point at outlive it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "control_plane/access/access_control.h"
#include "control_plane/actors/actor_registry.h"
#include "control_plane/identity/registrar.h"
#include "control_plane/identity/revocations.h"
#include "control_plane/kv/kv_store.h"
#include "control_plane/launcher/launcher.h"
#include "control_plane/rollout/coordinator.h"
#include "control_plane/visits/visitor.h"
#include "rpc/tls_files.h"

namespace grpc {
class Channel;
}

namespace terrella::control {

struct ApiServerOptions {
  SocketAddress listen;                      // port 0 takes a free one
  bool require_auth = false;                 // see CallGuardOptions
  rpc::TlsFiles tls;                         // empty: plain text
  Registrar* registrar = nullptr;            // null: nobody joins
  const Revocations* revocations = nullptr;  // null: none
  Visitor* visitor = nullptr;                // null: nobody is sent anywhere
  Launcher* launcher = nullptr;              // null: nobody is killed or started
};

class ApiServer {
 public:
  // FailedPrecondition with the reason when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<ApiServer>> Start(Coordinator& coordinator, KvStore& kv,
                                                          ActorRegistry& actors,
                                                          AccessControl& access,
                                                          const ApiServerOptions& options);
  ~ApiServer();

  const SocketAddress& address() const { return address_; }
  // Calls by it are calls like any other, without a socket. Gone with Stop.
  std::shared_ptr<grpc::Channel> InProcessChannel();
  // What calls by it are known by (CallGuardOptions).
  const std::string& gateway_secret() const;
  // Whether a value of `authorization` is anybody's; who shows a wrong one at the gateway is
  // counted among those who are nobody. Any thread, as long as it serves.
  absl::Status CheckAtGateway(std::string_view authorization, const std::string& peer);
  // The page of a run of a scenario at a path of the gateway; null: there is none. Any thread, as
  // long as it serves.
  std::shared_ptr<const std::string> ReportOfRun(std::string_view path) const;
  // Full names of what is served.
  static std::vector<std::string> ServiceNames();
  // Ends all streams and calls; returns when none is left.
  void Stop();

 private:
  struct Grpc;
  ApiServer(Coordinator& coordinator, std::unique_ptr<Grpc> grpc, SocketAddress address);

  Coordinator& coordinator_;
  std::unique_ptr<Grpc> grpc_;
  SocketAddress address_;
};

}  // namespace terrella::control
