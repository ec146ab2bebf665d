#include "control_plane/api/launcher_service.h"

#include <algorithm>

#include "base/status.h"
#include "control_plane/api/grpc_status.h"

namespace terrella::control {

grpc::ServerUnaryReactor* LauncherService::GetLauncher(grpc::CallbackServerContext* context,
                                                       const v1::GetLauncherRequest*,
                                                       v1::GetLauncherResponse* response) {
  response->set_present(launcher_ != nullptr);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* LauncherService::KillNode(grpc::CallbackServerContext* context,
                                                    const v1::LaunchRequest* request,
                                                    v1::LaunchResponse* response) {
  return Launch(context, Launcher::Order::kKill, request, response);
}

grpc::ServerUnaryReactor* LauncherService::StartNode(grpc::CallbackServerContext* context,
                                                     const v1::LaunchRequest* request,
                                                     v1::LaunchResponse* response) {
  return Launch(context, Launcher::Order::kStart, request, response);
}

grpc::ServerUnaryReactor* LauncherService::Launch(grpc::CallbackServerContext* context,
                                                  Launcher::Order order,
                                                  const v1::LaunchRequest* request,
                                                  v1::LaunchResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (launcher_ == nullptr) {
    reactor->Finish(ToGrpc(FailedPrecondition(
        "this control plane has no launcher (--launcher); 'terrella up' gives one to a cluster of "
        "its own machine")));
    return reactor;
  }
  coordinator_.Post([this, reactor, order, request, response] {
    const v1::GetStatusResponse status = coordinator_.Status();
    const bool known = std::any_of(
        status.nodes().begin(), status.nodes().end(),
        [&](const v1::NodeStatus& node) { return node.node().info().id() == request->node(); });
    if (!known) return reactor->Finish(ToGrpc(NotFound("no node '{}'", request->node())));
    launcher_->Run(order, request->node(), [reactor, response](absl::StatusOr<std::string> said) {
      if (said.ok()) response->set_said(*std::move(said));
      reactor->Finish(ToGrpc(said.status()));
    });
  });
  return reactor;
}

}  // namespace terrella::control
