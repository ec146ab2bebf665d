// RunsService: runs of scenarios, from who runs them to who looks on.
//
// Thread: gRPC's.
#pragma once

#include "control_plane/runs/run_book.h"
#include "terrella/v1/runs.grpc.pb.h"

namespace terrella::control {

class RunsService final : public v1::Runs::CallbackService {
 public:
  explicit RunsService(RunBook& book) : book_(book) {}

  grpc::ServerUnaryReactor* PublishRun(grpc::CallbackServerContext* context,
                                       const v1::PublishRunRequest* request,
                                       v1::PublishRunResponse* response) override;
  grpc::ServerWriteReactor<v1::RunList>* WatchRuns(grpc::CallbackServerContext* context,
                                                   const v1::WatchRunsRequest* request) override;

 private:
  RunBook& book_;
};

}  // namespace terrella::control
