#include "control_plane/api/visits_service.h"

#include "base/status.h"
#include "control_plane/api/grpc_status.h"

namespace terrella::control {

grpc::ServerUnaryReactor* VisitsService::Visit(grpc::CallbackServerContext* context,
                                               const v1::VisitRequest* request,
                                               v1::VisitResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (visitor_ == nullptr) {
    reactor->Finish(ToGrpc(FailedPrecondition(
        "this control plane was not told of an ingress (--visit-ingress and --visit-dns)")));
    return reactor;
  }
  coordinator_.Post([this, reactor, request, response] {
    Visitor::Pops pops;
    const v1::GetStatusResponse status = coordinator_.Status();
    for (const v1::NodeStatus& node : status.nodes()) {
      const v1::NodeInfo& info = node.node().info();
      pops[info.address()] = info.pop();
    }
    visitor_->Visit(*request, std::move(pops),
                    [reactor, response](absl::StatusOr<v1::VisitResponse> result) {
                      if (result.ok()) *response = *std::move(result);
                      reactor->Finish(ToGrpc(result.status()));
                    });
  });
  return reactor;
}

}  // namespace terrella::control
