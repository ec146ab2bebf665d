#include "edge_node/control/asset_loaders.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr size_t kFetchesMax = 4;  // at once
constexpr int kAttemptsMax = 3;    // each resuming where the last one stopped

AssetBytes InMemory(std::string content) {
  auto keep = std::make_shared<const std::string>(std::move(content));
  return {.bytes = *keep, .keep = keep};
}

class SyncedAssets final : public AssetLoader {
 public:
  SyncedAssets(BlobStore& blobs, std::unique_ptr<SyncTransport> transport)
      : blobs_(blobs), transport_(std::move(transport)) {}

  void Load(const std::string& sha256, uint64_t size_bytes, Done done) override {
    absl::StatusOr<AssetBytes> mapped = blobs_.Map(sha256);
    if (mapped.ok()) return done(std::move(mapped));
    if (transport_ == nullptr) {
      return done(
          Unavailable("{}, and there is no control plane to ask", Message(mapped.status())));
    }
    queue_.push_back({sha256, size_bytes, std::move(done), {}, 1});
    StartMore();
  }

 private:
  struct Job {
    std::string sha256;
    uint64_t size_bytes;
    Done done;
    std::string got;
    int attempt;
  };

  void StartMore() {
    while (fetching_ < kFetchesMax && !queue_.empty()) {
      ++fetching_;
      Job job = std::move(queue_.front());
      queue_.pop_front();
      Fetch(std::make_shared<Job>(std::move(job)));
    }
  }

  void Fetch(std::shared_ptr<Job> job) {
    const uint64_t offset = job->got.size();
    transport_->Fetch(job->sha256, offset, job->size_bytes - std::min(offset, job->size_bytes),
                      [this, job](absl::Status status, std::string bytes) {
                        job->got += bytes;
                        const bool final =
                            status.ok() || absl::IsNotFound(status) || absl::IsDataLoss(status);
                        if (!final && job->attempt++ < kAttemptsMax) return Fetch(job);
                        --fetching_;
                        job->done(status.ok() ? Take(*job) : status);
                        StartMore();
                      });
  }

  absl::StatusOr<AssetBytes> Take(Job& job) {
    const absl::Status stored = blobs_.Put(job.sha256, job.got);
    if (absl::IsDataLoss(stored)) return stored;
    if (!stored.ok()) LogWarn("asset {} is not kept: {}", ToHex(job.sha256), Message(stored));
    absl::StatusOr<AssetBytes> mapped = blobs_.Map(job.sha256);
    return mapped.ok() ? std::move(mapped) : InMemory(std::move(job.got));
  }

  BlobStore& blobs_;
  const std::unique_ptr<SyncTransport> transport_;
  std::deque<Job> queue_;
  size_t fetching_ = 0;
};

}  // namespace

void FolderAssets::Load(const std::string& sha256, uint64_t size_bytes, Done done) {
  const auto file = files_.find(sha256);
  if (file == files_.end()) return done(NotFound("the file is gone"));
  absl::StatusOr<std::string> content = ReadFile(file->second, size_bytes + 1);
  if (content.ok() && Sha256(*content) != sha256) {
    content = Unavailable("{} has changed since it was read", file->second.string());
  }
  if (!content.ok()) return done(content.status());
  done(InMemory(*std::move(content)));
}

std::unique_ptr<AssetLoader> MakeSyncedAssets(BlobStore& blobs,
                                              std::unique_ptr<SyncTransport> transport) {
  return std::make_unique<SyncedAssets>(blobs, std::move(transport));
}

}  // namespace terrella::edge
