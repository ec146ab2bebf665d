#include "edge_node/assets/asset_store.h"

#include <utility>

#include "base/status.h"

namespace terrella::edge {

std::shared_ptr<const AssetBytes> AssetStore::Find(std::string_view sha256) {
  std::lock_guard lock(mutex_);
  const auto found = held_.find(sha256);
  if (found == held_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second.position);
  return found->second.bytes;
}

std::unique_ptr<AssetStore::Pending> AssetStore::Load(std::string_view sha256, uint64_t size_bytes,
                                                      EventLoop& loop, Done done) {
  std::unique_ptr<Pending> pending(new Pending);
  auto tell = [alive = pending->alive_,
               done = std::move(done)](absl::StatusOr<std::shared_ptr<const AssetBytes>> result) {
    if (*alive) done(std::move(result));
  };
  std::lock_guard lock(mutex_);
  if (waits_ >= limits_.waiting_max) {
    loop.Post([tell, full = waits_] {
      tell(Unavailable("{} requests wait for files, which is the limit", full));
    });
    return pending;
  }
  ++waits_;
  std::vector<Wait>& waiting = waiting_[std::string(sha256)];
  waiting.push_back({&loop, std::move(tell)});
  if (waiting.size() > 1) return pending;  // it is on its way
  control_loop_.Post(
      [this, hash = std::string(sha256), size_bytes] { StartLoad(hash, size_bytes); });
  return pending;
}

void AssetStore::StartLoad(const std::string& sha256, uint64_t size_bytes) {
  const auto loader = loader_.lock();
  if (loader == nullptr) return OnLoaded(sha256, Unavailable("nobody brings files here"));
  loader->Load(sha256, size_bytes, [this, sha256](absl::StatusOr<AssetBytes> loaded) {
    OnLoaded(sha256, std::move(loaded));
  });
}

void AssetStore::OnLoaded(const std::string& sha256, absl::StatusOr<AssetBytes> loaded) {
  absl::StatusOr<std::shared_ptr<const AssetBytes>> result = nullptr;
  if (loaded.ok()) {
    result = std::make_shared<const AssetBytes>(*std::move(loaded));
  } else {
    result = loaded.status();
  }
  std::vector<Wait> waiting;
  {
    std::lock_guard lock(mutex_);
    if (auto node = waiting_.extract(sha256)) waiting = std::move(node.mapped());
    waits_ -= waiting.size();
    if (result.ok()) Keep(sha256, *result);
  }
  for (Wait& wait : waiting) {
    wait.loop->Post([tell = std::move(wait.tell), result] { tell(result); });
  }
}

void AssetStore::Keep(const std::string& sha256, std::shared_ptr<const AssetBytes> bytes) {
  if (held_.contains(sha256)) return;
  bytes_ += bytes->bytes.size();
  recent_.push_front(sha256);
  held_[sha256] = {std::move(bytes), recent_.begin()};
  while (held_.size() > 1 && (bytes_ > limits_.bytes_max || held_.size() > limits_.files_max)) {
    const auto oldest = held_.find(recent_.back());
    bytes_ -= oldest->second.bytes->bytes.size();
    held_.erase(oldest);
    recent_.pop_back();
  }
}

}  // namespace terrella::edge
