// EtcdBlobs: large contents in etcd, which takes values up to about 1.5 MiB, as parts of 512 KiB.
//
// The parts are written first and the size last, which makes the content exist. The parts that were
// read last are kept in memory, since many nodes fetch the same content at the same time and piece
// by piece. A write that was broken off leaves parts without a size: they are overwritten when the
// content comes again, and otherwise stay (another control plane may be writing them now).
//
// Thread: any.
#pragma once

#include <list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "control_plane/store/etcd_client.h"
#include "control_plane/store/etcd_keys.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

class EtcdBlobs {
 public:
  EtcdBlobs(EtcdClient& client, const EtcdKeys& keys, size_t bytes_max)
      : client_(client), keys_(keys), bytes_max_(bytes_max) {}

  // See StateStore.
  absl::Status Put(std::span<const std::string_view> contents);
  absl::StatusOr<std::vector<std::string>> List();
  absl::StatusOr<uint64_t> Size(std::string_view sha256);
  absl::StatusOr<std::string> Read(std::string_view sha256, uint64_t offset, size_t bytes_max);

 private:
  struct Kept {
    std::string key;
    std::string value;
  };
  absl::Status PutOne(std::string_view content);
  absl::Status PutKey(std::string key, std::string_view value);
  // A value that never changes once it is there; NotFound.
  absl::StatusOr<std::string> GetKey(const std::string& key);

  EtcdClient& client_;
  const EtcdKeys keys_;
  const size_t bytes_max_;
  std::mutex mutex_;      // guards kept_
  std::list<Kept> kept_;  // the one used last is the first
};

}  // namespace terrella::control
