// KvBackend: the wire to the place where KV values are written.
//
// Thread: any. `done` runs on `loop`, once, unless the backend is destroyed first.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "terrella/v1/kv.pb.h"

namespace terrella::edge {

class KvBackend {
 public:
  template <class Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  virtual ~KvBackend() = default;
  virtual void Get(EventLoop& loop, v1::KvGetRequest request, Done<v1::KvGetResponse> done) = 0;
  virtual void Put(EventLoop& loop, v1::KvPutRequest request, Done<v1::KvPutResponse> done) = 0;
  virtual void Delete(EventLoop& loop, v1::KvDeleteRequest request,
                      Done<v1::KvDeleteResponse> done) = 0;
  virtual void List(EventLoop& loop, v1::KvListRequest request, Done<v1::KvListResponse> done) = 0;
};

}  // namespace terrella::edge
