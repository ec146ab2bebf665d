#include "control_plane/api/rollouts_service.h"

#include <memory>

#include "control_plane/api/grpc_status.h"
#include "control_plane/api/latest_writer.h"

namespace terrella::control {

grpc::ServerUnaryReactor* RolloutsService::ChangeRollout(grpc::CallbackServerContext* context,
                                                         const v1::ChangeRolloutRequest* request,
                                                         v1::Rollout* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request, response] {
    absl::StatusOr<v1::Rollout> done = coordinator_.rollouts().Change(*request);
    if (done.ok()) *response = *std::move(done);
    reactor->Finish(ToGrpc(done.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* RolloutsService::ListRollouts(grpc::CallbackServerContext* context,
                                                        const v1::ListRolloutsRequest* request,
                                                        v1::ListRolloutsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  coordinator_.Post([this, reactor, request, response] {
    absl::StatusOr<v1::ListRolloutsResponse> all = coordinator_.rollouts().List(request->script());
    if (all.ok()) *response = *std::move(all);
    reactor->Finish(ToGrpc(all.status()));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::RolloutProgress>* RolloutsService::WatchRollout(
    grpc::CallbackServerContext*, const v1::WatchRolloutRequest* request) {
  auto writer = LatestWriter<v1::RolloutProgress>::Create();
  auto watcher = std::make_shared<RolloutKeeper::WatcherId>(0);  // on the loop
  writer->set_on_gone([this, watcher] {
    coordinator_.Post([this, watcher] { coordinator_.rollouts().StopWatching(*watcher); });
  });
  coordinator_.Post([this, writer, watcher, request = *request] {
    auto id = coordinator_.rollouts().Watch(
        request, [writer, once = request.once()](const v1::RolloutProgress& progress) {
          writer->Offer(std::make_shared<const v1::RolloutProgress>(progress));
          if (once || progress.phase() == v1::RolloutProgress::ENDED) writer->End(absl::OkStatus());
        });
    if (!id.ok()) return writer->End(id.status());
    *watcher = *id;
  });
  return writer.get();
}

}  // namespace terrella::control
