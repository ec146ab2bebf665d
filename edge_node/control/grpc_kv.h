// GrpcKv: KV over gRPC to the control plane, on a channel of its own that is dialled with the first
// operation, so that nodes whose workers use no KV pay nothing.
//
// Thread: any; Stop on the main thread, before the loops that calls answer to are gone.
#pragma once

#include <memory>
#include <string>

#include "edge_node/kv/kv_backend.h"
#include "rpc/upstream.h"

namespace terrella::edge {

class GrpcKv final : public KvBackend {
 public:
  explicit GrpcKv(const rpc::Upstream& control);
  ~GrpcKv() override;

  // Cancels what is under way and waits for it; nobody hears of it any more.
  void Stop();
  // As UnaryCalls.
  void SetCutOff(bool cut_off);

  void Get(EventLoop& loop, v1::KvGetRequest request, Done<v1::KvGetResponse> done) override;
  void Put(EventLoop& loop, v1::KvPutRequest request, Done<v1::KvPutResponse> done) override;
  void Delete(EventLoop& loop, v1::KvDeleteRequest request,
              Done<v1::KvDeleteResponse> done) override;
  void List(EventLoop& loop, v1::KvListRequest request, Done<v1::KvListResponse> done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace terrella::edge
