// EventsService: the streams of nodes that attend (terrella.v1.NodeEvents), and what people ask of
// triggers, statistics and tails (Crons, Stats, Tail).
//
// Thread: gRPC's; everything is posted to the coordinator's loop.
#pragma once

#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/crons.grpc.pb.h"
#include "terrella/v1/node_events.grpc.pb.h"
#include "terrella/v1/stats.grpc.pb.h"
#include "terrella/v1/tail.grpc.pb.h"

namespace terrella::control {

class NodeEventsService final : public v1::NodeEvents::CallbackService {
 public:
  explicit NodeEventsService(Coordinator& coordinator) : coordinator_(coordinator) {}
  grpc::ServerBidiReactor<v1::NodeEvent, v1::NodeOrder>* Attend(
      grpc::CallbackServerContext* context) override;

 private:
  Coordinator& coordinator_;
};

class CronsService final : public v1::Crons::CallbackService {
 public:
  explicit CronsService(Coordinator& coordinator) : coordinator_(coordinator) {}
  grpc::ServerUnaryReactor* ListCrons(grpc::CallbackServerContext* context,
                                      const v1::ListCronsRequest* request,
                                      v1::ListCronsResponse* response) override;

 private:
  Coordinator& coordinator_;
};

class StatsService final : public v1::Stats::CallbackService {
 public:
  explicit StatsService(Coordinator& coordinator) : coordinator_(coordinator) {}
  grpc::ServerUnaryReactor* Query(grpc::CallbackServerContext* context,
                                  const v1::StatsRequest* request,
                                  v1::StatsResponse* response) override;

 private:
  Coordinator& coordinator_;
};

class TailService final : public v1::Tail::CallbackService {
 public:
  explicit TailService(Coordinator& coordinator) : coordinator_(coordinator) {}
  grpc::ServerWriteReactor<v1::TailItem>* Open(grpc::CallbackServerContext* context,
                                               const v1::TailRequest* request) override;
  grpc::ServerUnaryReactor* History(grpc::CallbackServerContext* context,
                                    const v1::TailHistoryRequest* request,
                                    v1::TailHistoryResponse* response) override;

 private:
  Coordinator& coordinator_;
};

}  // namespace terrella::control
