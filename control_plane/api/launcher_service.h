// LauncherService: processes of nodes killed and started, for people.
//
// Thread: gRPC's; nodes are looked up on the coordinator's loop, the order runs on the launcher's.
#pragma once

#include "control_plane/launcher/launcher.h"
#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/launcher.grpc.pb.h"

namespace terrella::control {

class LauncherService final : public v1::Launcher::CallbackService {
 public:
  // `launcher` may be null: nobody is killed or started. It outlives the service's calls.
  LauncherService(Coordinator& coordinator, Launcher* launcher)
      : coordinator_(coordinator), launcher_(launcher) {}

  grpc::ServerUnaryReactor* GetLauncher(grpc::CallbackServerContext* context,
                                        const v1::GetLauncherRequest* request,
                                        v1::GetLauncherResponse* response) override;
  grpc::ServerUnaryReactor* KillNode(grpc::CallbackServerContext* context,
                                     const v1::LaunchRequest* request,
                                     v1::LaunchResponse* response) override;
  grpc::ServerUnaryReactor* StartNode(grpc::CallbackServerContext* context,
                                      const v1::LaunchRequest* request,
                                      v1::LaunchResponse* response) override;

 private:
  grpc::ServerUnaryReactor* Launch(grpc::CallbackServerContext* context, Launcher::Order order,
                                   const v1::LaunchRequest* request, v1::LaunchResponse* response);

  Coordinator& coordinator_;
  Launcher* const launcher_;
};

}  // namespace terrella::control
