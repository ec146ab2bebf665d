#include "control_plane/api/runs_service.h"

#include <memory>

#include "control_plane/api/grpc_status.h"
#include "control_plane/api/latest_writer.h"

namespace terrella::control {

grpc::ServerUnaryReactor* RunsService::PublishRun(grpc::CallbackServerContext* context,
                                                  const v1::PublishRunRequest* request,
                                                  v1::PublishRunResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<v1::PublishRunResponse> published = book_.Publish(*request);
  if (published.ok()) *response = *std::move(published);
  reactor->Finish(ToGrpc(published.status()));
  return reactor;
}

grpc::ServerWriteReactor<v1::RunList>* RunsService::WatchRuns(grpc::CallbackServerContext*,
                                                              const v1::WatchRunsRequest*) {
  auto writer = LatestWriter<v1::RunList>::Create();
  // Nobody is gone before this function has returned the writer.
  auto watcher = std::make_shared<uint64_t>(0);
  writer->set_on_gone([this, watcher] { book_.StopWatching(*watcher); });
  *watcher = book_.Watch([writer](std::shared_ptr<const v1::RunList> list) {
    if (list != nullptr) return writer->Offer(std::move(list));
    writer->End(absl::UnavailableError("the control plane is stopping"));
  });
  return writer.get();
}

}  // namespace terrella::control
