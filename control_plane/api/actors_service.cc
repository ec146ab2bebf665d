#include "control_plane/api/actors_service.h"

#include <utility>

#include "control_plane/api/grpc_status.h"

namespace terrella::control {

grpc::ServerUnaryReactor* ActorsService::Join(grpc::CallbackServerContext* context,
                                              const v1::JoinActorsRequest* request,
                                              v1::JoinActorsResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.loop().Post(
      [this, reactor, request] { reactor->Finish(ToGrpc(registry_.Join(request->host()))); });
  return reactor;
}

grpc::ServerUnaryReactor* ActorsService::Locate(grpc::CallbackServerContext* context,
                                                const v1::LocateActorRequest* request,
                                                v1::LocateActorResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.loop().Post([this, reactor, request, response] {
    auto found = registry_.Locate(
        *request, [this](std::string_view id) -> std::optional<ActorRegistry::NodeFacts> {
          const NodeEntry* node = coordinator_.registry().Find(id);
          if (node == nullptr || !node->connected) return std::nullopt;
          return ActorRegistry::NodeFacts{node->info, node->state() == v1::NODE_STATE_READY};
        });
    if (found.ok()) *response = *std::move(found);
    reactor->Finish(ToGrpc(found.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ActorsService::ListActors(grpc::CallbackServerContext* context,
                                                    const v1::ListActorsRequest* request,
                                                    v1::ListActorsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.loop().Post([this, reactor, request, response] {
    auto found = registry_.List(*request);
    if (found.ok()) *response = *std::move(found);
    reactor->Finish(ToGrpc(found.status()));
  });
  return reactor;
}

}  // namespace terrella::control
