#include "control_plane/api/actors_service.h"

#include <utility>
#include <vector>

#include "base/status.h"
#include "control_plane/api/grpc_status.h"

namespace terrella::control {

absl::Status ActorsService::RefreshClasses() {
  const ResourceTable& table = coordinator_.table();
  if (told_ == table.revision()) return absl::OkStatus();
  std::vector<ActorClassPlace> classes;
  const auto& all = table.resources();
  for (auto it = all.lower_bound("deployment/"); it != all.end() && it->second.has_deployment();
       ++it) {
    const v1::Deployment& deployment = it->second.deployment();
    for (const v1::ActorClass& one : deployment.actor_classes()) {
      if (one.forwarded()) continue;
      classes.push_back({deployment.script(), one.class_name(), one.namespace_id()});
    }
  }
  RETURN_IF_ERROR(registry_.SetClasses(std::move(classes)));
  told_ = table.revision();
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ActorsService::Join(grpc::CallbackServerContext* context,
                                              const v1::JoinActorsRequest* request,
                                              v1::JoinActorsResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request] {
    RefreshClasses().IgnoreError();  // whoever needs them hears of it
    reactor->Finish(ToGrpc(registry_.Join(request->host())));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ActorsService::Locate(grpc::CallbackServerContext* context,
                                                const v1::LocateActorRequest* request,
                                                v1::LocateActorResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request, response] {
    if (absl::Status told = RefreshClasses(); !told.ok()) return reactor->Finish(ToGrpc(told));
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
  coordinator_.Post([this, reactor, request, response] {
    if (absl::Status told = RefreshClasses(); !told.ok()) return reactor->Finish(ToGrpc(told));
    auto found = registry_.List(*request);
    if (found.ok()) *response = *std::move(found);
    reactor->Finish(ToGrpc(found.status()));
  });
  return reactor;
}

}  // namespace terrella::control
