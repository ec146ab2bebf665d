// KvService: Workers KV, for nodes and people, over the one store of its values.
//
// Thread: gRPC's. The store takes calls from any thread and answers after the disk has, or etcd:
// they run in a pool, and the coordinator's loop has nothing to do with values. RESOURCE_EXHAUSTED
// when more wait than may.
#pragma once

#include "control_plane/api/call_pool.h"
#include "control_plane/kv/kv_store.h"
#include "terrella/v1/kv.grpc.pb.h"

namespace terrella::control {

class KvService final : public v1::Kv::CallbackService {
 public:
  explicit KvService(KvStore& store) : store_(store) {}

  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context,
                                const v1::KvGetRequest* request,
                                v1::KvGetResponse* response) override;
  grpc::ServerUnaryReactor* Put(grpc::CallbackServerContext* context,
                                const v1::KvPutRequest* request,
                                v1::KvPutResponse* response) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const v1::KvDeleteRequest* request,
                                   v1::KvDeleteResponse* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::KvListRequest* request,
                                 v1::KvListResponse* response) override;
  grpc::ServerUnaryReactor* ListNamespaces(grpc::CallbackServerContext* context,
                                           const v1::KvListNamespacesRequest* request,
                                           v1::KvListNamespacesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteNamespace(grpc::CallbackServerContext* context,
                                            const v1::KvDeleteNamespaceRequest* request,
                                            v1::KvDeleteNamespaceResponse* response) override;

 private:
  // Ends the call with what `body` says, in the pool.
  template <class Body>
  grpc::ServerUnaryReactor* InPool(grpc::CallbackServerContext* context, Body body);

  KvStore& store_;
  CallPool pool_;  // last: its calls end before what they use
};

}  // namespace terrella::control
