#include "control_plane/api/network_services.h"

#include "base/log.h"
#include "control_plane/access/call.h"
#include "control_plane/api/grpc_status.h"
#include "control_plane/api/latest_writer.h"

namespace terrella::control {

grpc::ServerUnaryReactor* AdminService::GetStatus(grpc::CallbackServerContext* context,
                                                  const v1::GetStatusRequest*,
                                                  v1::GetStatusResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, response] {
    *response = coordinator_.Status();
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

// `change` makes the node's new state, on the coordinator's loop.
template <class Response, class Change>
grpc::ServerUnaryReactor* AdminService::Answer(grpc::CallbackServerContext* context,
                                               Response* response, Change change) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([reactor, response, change = std::move(change)] {
    absl::StatusOr<v1::Node> node = change();
    if (node.ok()) *response->mutable_node() = *std::move(node);
    reactor->Finish(ToGrpc(node.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::DrainNode(grpc::CallbackServerContext* context,
                                                  const v1::DrainNodeRequest* request,
                                                  v1::DrainNodeResponse* response) {
  return Answer(context, response, [this, request] {
    return coordinator_.DrainNode(request->node(), request->drain());
  });
}

grpc::ServerUnaryReactor* AdminService::CordonNode(grpc::CallbackServerContext* context,
                                                   const v1::CordonNodeRequest* request,
                                                   v1::CordonNodeResponse* response) {
  return Answer(context, response, [this, request] {
    return coordinator_.CordonNode(request->node(), request->cordon());
  });
}

grpc::ServerUnaryReactor* AdminService::EvictNode(grpc::CallbackServerContext* context,
                                                  const v1::EvictNodeRequest* request,
                                                  v1::EvictNodeResponse* response) {
  return Answer(context, response,
                [this, request] { return coordinator_.EvictNode(request->node()); });
}

std::shared_ptr<const v1::View> TopologyService::WithoutZone(
    const std::shared_ptr<const v1::View>& view) {
  if (whole_ != view) {
    auto bare = std::make_shared<v1::View>(*view);
    bare->clear_records();
    bare->clear_policies();
    whole_ = view;
    bare_ = std::move(bare);
  }
  return bare_;
}

grpc::ServerWriteReactor<v1::View>* TopologyService::WatchView(
    grpc::CallbackServerContext*, const v1::WatchViewRequest* request) {
  auto writer = LatestWriter<v1::View>::Create();
  auto watcher = std::make_shared<Coordinator::WatcherId>(0);  // on the loop
  writer->set_on_gone([this, watcher] {
    coordinator_.Post([this, watcher] { coordinator_.StopWatchingView(*watcher); });
  });
  const bool sees_zone = CoversSome(CallScope::Current()->caller().scopes, Grant::kDnsRead);
  coordinator_.Post([this, writer, watcher, sees_zone, name = request->watcher().substr(0, 64)] {
    LogInfo("{} watches the view", name.empty() ? "somebody" : name);
    *watcher = coordinator_.WatchView(
        [this, writer, sees_zone](const std::shared_ptr<const v1::View>& view) {
          writer->Offer(sees_zone ? view : WithoutZone(view));
        });
  });
  return writer.get();
}

}  // namespace terrella::control
