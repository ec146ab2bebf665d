// AssetStore: the bytes of assets on a node: those at hand, and the way to the others.
//
// A shard asks for a file by its hash. What was served lately is there at once, as a view of the
// file's pages, which the kernel shares and takes back; the rest is brought by the control thread,
// from the node's disk or from the control plane. So a site costs a node no memory of its own, a
// deploy costs it no more than the list of files, and a file it has served once it serves without a
// control plane.
//
// Thread: any, but for Serve. Invariants: nobody waits on the lock for a disk.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"

namespace terrella::edge {

// One file's content; immutable.
struct AssetBytes {
  std::string_view bytes;
  std::shared_ptr<const void> keep;  // what the view looks into
};

// Brings contents. Thread: the control loop's.
class AssetLoader {
 public:
  using Done = std::function<void(absl::StatusOr<AssetBytes>)>;
  virtual ~AssetLoader() = default;
  // `done` follows once, now or later, unless the loader goes first.
  virtual void Load(const std::string& sha256, uint64_t size_bytes, Done done) = 0;
};

class AssetStore {
 public:
  struct Limits {
    uint64_t bytes_max = uint64_t{64} << 20;  // at hand: views of files, or memory without a disk
    size_t files_max = 4096;
    size_t waiting_max = 1024;  // requests for files that are not at hand
  };
  explicit AssetStore(EventLoop& control_loop) : AssetStore(control_loop, Limits()) {}
  AssetStore(EventLoop& control_loop, Limits limits)
      : control_loop_(control_loop), limits_(limits) {}

  // Null when it is not at hand.
  std::shared_ptr<const AssetBytes> Find(std::string_view sha256);

  // A load under way; destroying it ends it without an answer.
  class Pending {
   public:
    ~Pending() { *alive_ = false; }
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

   private:
    friend class AssetStore;
    Pending() = default;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  };
  using Done = std::function<void(absl::StatusOr<std::shared_ptr<const AssetBytes>>)>;
  // `done` follows on `loop`, which is the caller's, never from within this call. Unavailable when
  // the content cannot be had now.
  std::unique_ptr<Pending> Load(std::string_view sha256, uint64_t size_bytes, EventLoop& loop,
                                Done done);

  // From now on this one brings what is missing. Thread: the control loop's.
  void Serve(std::weak_ptr<AssetLoader> loader) { loader_ = std::move(loader); }

 private:
  struct Wait {
    EventLoop* loop;
    std::function<void(absl::StatusOr<std::shared_ptr<const AssetBytes>>)> tell;  // on that loop
  };
  struct Held {
    std::shared_ptr<const AssetBytes> bytes;
    std::list<std::string>::iterator position;
  };
  void StartLoad(const std::string& sha256, uint64_t size_bytes);
  void OnLoaded(const std::string& sha256, absl::StatusOr<AssetBytes> loaded);
  void Keep(const std::string& sha256, std::shared_ptr<const AssetBytes> bytes);

  EventLoop& control_loop_;
  const Limits limits_;
  std::weak_ptr<AssetLoader> loader_;  // on the control loop
  std::mutex mutex_;
  std::map<std::string, Held, std::less<>> held_;
  std::list<std::string> recent_;  // hashes, the one used last in front
  uint64_t bytes_ = 0;
  std::map<std::string, std::vector<Wait>, std::less<>> waiting_;
  size_t waits_ = 0;
};

}  // namespace terrella::edge
