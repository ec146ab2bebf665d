#include "edge_node/kv/memory_kv.h"

#include <memory>

#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr uint32_t kPage = 1000;

template <class Response>
void Answer(EventLoop& loop, KvBackend::Done<Response> done, absl::StatusOr<Response> response) {
  auto kept = std::make_shared<absl::StatusOr<Response>>(std::move(response));
  loop.Post([done = std::move(done), kept] { done(std::move(*kept)); });
}

}  // namespace

bool MemoryKv::Expired(const v1::KvEntry& entry) const {
  return entry.expires_unix_s() != 0 &&
         clock_.WallNow().time_since_epoch() >= std::chrono::seconds(entry.expires_unix_s());
}

void MemoryKv::Erase(const Name& name) {
  auto found = entries_.find(name);
  if (found == entries_.end()) return;
  bytes_ -= found->second.value().size();
  entries_.erase(found);
}

void MemoryKv::Get(EventLoop& loop, v1::KvGetRequest request, Done<v1::KvGetResponse> done) {
  v1::KvGetResponse response;
  {
    std::lock_guard lock(mutex_);
    for (const std::string& key : request.keys()) {
      auto found = entries_.find({request.namespace_(), key});
      if (found != entries_.end() && !Expired(found->second))
        *response.add_entries() = found->second;
    }
  }
  Answer<v1::KvGetResponse>(loop, std::move(done), std::move(response));
}

void MemoryKv::Put(EventLoop& loop, v1::KvPutRequest request, Done<v1::KvPutResponse> done) {
  absl::StatusOr<v1::KvPutResponse> response = v1::KvPutResponse();
  {
    std::lock_guard lock(mutex_);
    for (v1::KvEntry& entry : *request.mutable_entries()) {
      const Name name{request.namespace_(), entry.key()};
      Erase(name);
      if (bytes_ + entry.value().size() > bytes_max_) {
        response = ResourceExhausted("KV in memory is full: {} bytes", bytes_max_);
        break;
      }
      bytes_ += entry.value().size();
      entries_[name] = std::move(entry);
    }
  }
  Answer<v1::KvPutResponse>(loop, std::move(done), std::move(response));
}

void MemoryKv::Delete(EventLoop& loop, v1::KvDeleteRequest request,
                      Done<v1::KvDeleteResponse> done) {
  {
    std::lock_guard lock(mutex_);
    for (const std::string& key : request.keys()) Erase({request.namespace_(), key});
  }
  Answer<v1::KvDeleteResponse>(loop, std::move(done), v1::KvDeleteResponse());
}

void MemoryKv::List(EventLoop& loop, v1::KvListRequest request, Done<v1::KvListResponse> done) {
  v1::KvListResponse response;
  {
    std::lock_guard lock(mutex_);
    const uint32_t limit = request.limit() == 0 ? kPage : request.limit();
    const std::string& from = std::max(request.prefix(), request.cursor());
    for (auto it = entries_.lower_bound({request.namespace_(), from}); it != entries_.end(); ++it) {
      const auto& [ns, key] = it->first;
      if (ns != request.namespace_() || !key.starts_with(request.prefix())) break;
      if (key == request.cursor() || Expired(it->second)) continue;
      if (static_cast<uint32_t>(response.entries_size()) == limit) {
        response.set_cursor(response.entries().rbegin()->key());
        break;
      }
      *response.add_entries() = it->second;
      response.mutable_entries()->rbegin()->clear_value();
    }
  }
  Answer<v1::KvListResponse>(loop, std::move(done), std::move(response));
}

}  // namespace terrella::edge
