// Upload: the parts of one uploaded version, collected, checked against the version's hashes and
// stored. BlobUpload: contents alone, ahead of it.
//
// Contents come in any order and name themselves by their hash; a content that the store has
// already may be left out. Everything is held in memory until the end: at most the size of a
// bundle.
//
// Thread: one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control_plane/rollout/version_check.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/deployments.pb.h"

namespace terrella::control {

class Upload {
 public:
  explicit Upload(const VersionLimits& limits = {}) : limits_(limits) {}

  // The next part. After an error the upload is of no use any more.
  absl::Status Add(v1::UploadRequest part);
  // All parts are there: stores the contents durably and gives the version to be committed, without
  // inline bytes. Nothing names the contents until that is done, so a crash in between leaves no
  // version.
  absl::StatusOr<v1::Version> Store(StateStore& store);

 private:
  absl::Status Begin(v1::Version version);
  // Every content the assets' list names is there, with its size.
  absl::Status CheckAssets(StateStore& store) const;
  absl::Status EndContent();

  const VersionLimits limits_;
  bool begun_ = false;
  v1::Version version_;
  std::set<std::string> wanted_;                 // hashes the version names
  std::map<std::string, std::string> contents_;  // by hash
  bool in_content_ = false;
  std::string content_;
  uint64_t bytes_ = 0;
};

// Holds a few contents at most; each batch is durable before the next one is taken. Contents that
// no version names in the end are as harmless as they are useless.
class BlobUpload {
 public:
  explicit BlobUpload(StateStore& store) : store_(store) {}

  // The next part. After an error the upload is of no use any more.
  absl::Status Add(const v1::UploadBlobsRequest& part);
  absl::StatusOr<v1::UploadBlobsResponse> Finish();

 private:
  absl::Status Flush();

  StateStore& store_;
  std::vector<std::string> contents_;
  size_t bytes_ = 0;  // of them
  v1::UploadBlobsResponse response_;
};

// Those the store lacks. InvalidArgument when a hash is none, or there are too many.
absl::StatusOr<v1::FindMissingBlobsResponse> FindMissingBlobs(
    StateStore& store, const v1::FindMissingBlobsRequest& request);

}  // namespace terrella::control
