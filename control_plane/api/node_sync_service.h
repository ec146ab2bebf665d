// NodeSyncService: terrella.v1.NodeSync over gRPC, one NodeStream an edge node.
//
// Subscribe is served on raw byte buffers, so that the shared part of a push is neither serialized
// nor copied per node.
//
// Thread: gRPC's; everything that decides is posted to the coordinator's loop.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include "control_plane/identity/revocations.h"
#include "control_plane/rollout/coordinator.h"
#include "terrella/v1/node_sync.grpc.pb.h"

namespace terrella::control {

class NodeSyncService final
    : public v1::NodeSync::WithRawCallbackMethod_Subscribe<
          v1::NodeSync::WithCallbackMethod_FetchBlob<v1::NodeSync::Service>> {
 public:
  NodeSyncService(Coordinator& coordinator, const Revocations* revocations)
      : coordinator_(coordinator), revocations_(revocations) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::BlobChunk>* FetchBlob(grpc::CallbackServerContext* context,
                                                     const v1::FetchBlobRequest* request) override;

 private:
  Coordinator& coordinator_;
  const Revocations* revocations_;
};

}  // namespace terrella::control
