// MemoryKv: KV of a node that stands alone (`terrella dev`): kept in memory, gone with the process.
//
// Thread: any.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "edge_node/kv/kv_backend.h"

namespace terrella::edge {

class MemoryKv final : public KvBackend {
 public:
  // All values together; a put beyond is RESOURCE_EXHAUSTED.
  explicit MemoryKv(const Clock& clock, size_t bytes_max = 256 << 20)
      : clock_(clock), bytes_max_(bytes_max) {}

  void Get(EventLoop& loop, v1::KvGetRequest request, Done<v1::KvGetResponse> done) override;
  void Put(EventLoop& loop, v1::KvPutRequest request, Done<v1::KvPutResponse> done) override;
  void Delete(EventLoop& loop, v1::KvDeleteRequest request,
              Done<v1::KvDeleteResponse> done) override;
  void List(EventLoop& loop, v1::KvListRequest request, Done<v1::KvListResponse> done) override;

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, key
  bool Expired(const v1::KvEntry& entry) const;
  void Erase(const Name& name);

  const Clock& clock_;
  const size_t bytes_max_;
  std::mutex mutex_;  // guards everything below
  std::map<Name, v1::KvEntry> entries_;
  size_t bytes_ = 0;
};

}  // namespace terrella::edge
