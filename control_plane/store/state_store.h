// StateStore: the durable, ordered state of the control plane.
//
// A small key-value map with one global revision that every transaction that changes something
// raises; by how much is the engine's business. Keys are compared and written together (Txn), read
// by prefix (Range), and followed from any revision that is still in the log (Watch). Large
// immutable content lives beside the map, named by its SHA-256 (PutBlobs, ReadBlob). The shape is
// etcd's, cut to what is used, so that several control planes can stand on one etcd with the same
// code above; limits are those that all engines keep.
//
// Left out on purpose: historical reads, and removing contents.
//
// Thread: any, for every method. Methods block: on the disk, or on a network for some seconds.
// Invariants: (1) after a crash the store holds every transaction that was answered and no part of
// one
//         that was not; (2) a watch sees every revision of its prefix after its start exactly once,
//         in order, each revision's events together; (3) a request id is applied at most once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella::control {

// Position in the store's history; 0 is before everything.
using Revision = uint64_t;

struct StoreLimits {
  size_t txn_ops_max = 100;
  size_t txn_bytes_max = size_t{1} << 20;  // keys and values of all operations
  size_t key_bytes_max = 2048;
  size_t request_id_bytes_max = 128;
  size_t blob_bytes_max = size_t{25} << 20;
  // How far back a watch may start, and for how many revisions a request id is remembered; what is
  // older by a tenth more is forgotten.
  Revision log_revisions = 10'000;
  Revision request_revisions = 100'000;
};

struct Record {
  std::string key;
  std::string value;
  Revision created = 0;   // revision that created the key
  Revision modified = 0;  // revision that last wrote it
};

// Holds when the key was last modified at exactly `modified`; 0: when the key is absent.
struct Compare {
  std::string key;
  Revision modified = 0;
};

struct Op {
  enum class Kind { kPut, kDelete };
  Kind kind = Kind::kPut;
  std::string key;
  std::string value;

  static Op Put(std::string key, std::string value) {
    return {Kind::kPut, std::move(key), std::move(value)};
  }
  static Op Delete(std::string key) { return {Kind::kDelete, std::move(key), {}}; }
};

struct TxnRequest {
  std::vector<Compare> compares;
  std::vector<Op> ops;     // at most one for a key
  std::string request_id;  // empty: not remembered
  std::string result;      // remembered with the request id and given back on a retry
};

struct TxnResult {
  Revision revision = 0;
  bool replayed = false;  // the request id was known: nothing was done, this is the first answer
  std::string result;
};

struct RangeResult {
  Revision revision = 0;        // of the snapshot that was read
  std::vector<Record> records;  // by key
};

// One key's change. A deleted key has an empty value, `modified` is the revision that deleted it,
// and `created` means nothing.
struct Event {
  bool deleted = false;
  Record record;
};

// Called once per revision that touched the watched prefix, in order, on a thread of the store's
// choice and with the store locked: take what is needed and return, never call the store.
//
// Without events it tells of a gap: what happened up to that revision is no longer in the log that
// the watch needed (it was cut off while others compacted). Read the range again; the watch goes on
// after that revision.
using WatchCallback = std::function<void(Revision, std::span<const Event>)>;

// A running watch; destroying it ends it, after which the callback is not called again.
class Watch {
 public:
  virtual ~Watch() = default;
};

// The right of one process among several to lead. Destroying it gives the right up.
class Leadership {
 public:
  virtual ~Leadership() = default;
  // Holds as long as the right does. A leader that writes with it cannot write after it was
  // deposed, however late it learns of that.
  virtual Compare fence() const = 0;
};

struct CampaignOptions {
  std::string name;                        // of the election; its key is kLeaderPrefix + name
  std::string holder;                      // who asks: the key's value, for people
  Duration ttl = std::chrono::seconds(3);  // a leader that is silent for so long is deposed
  std::function<bool()> go_on;             // asked while waiting, some times a second
  std::function<void()> lost = [] {};      // the right is gone; called once, on any thread
};

constexpr std::string_view kLeaderPrefix = "leader/";
// The election of the control plane that serves.
constexpr std::string_view kControlElection = "control";

class StateStore {
 public:
  virtual ~StateStore() = default;

  // Every record whose key starts with `prefix`, by key, from one snapshot.
  virtual absl::StatusOr<RangeResult> Range(std::string_view prefix) = 0;
  // NotFound when the key is absent.
  virtual absl::StatusOr<Record> Get(std::string_view key) = 0;

  // Applies all operations at one new revision when all comparisons hold, else Aborted naming the
  // first that does not. A known request id answers as it did the first time, whatever the rest
  // says. InvalidArgument beyond the limits. Deleting an absent key changes nothing, and watches
  // never hear of a transaction that changes nothing. On return the watches of this process have
  // seen the change, unless the store is a remote one that lags: then they will.
  //
  // Unavailable when the store could not be reached in time: nothing was answered, and only with a
  // request id can a retry tell whether it had been applied. ResourceExhausted when it is full.
  virtual absl::StatusOr<TxnResult> Txn(const TxnRequest& request) = 0;
  // The answer given to a request id, when it is remembered.
  virtual absl::StatusOr<std::optional<TxnResult>> FindRequest(std::string_view request_id) = 0;

  // Replays what happened after `after` (before it returns), then follows. OutOfRange when that
  // part of the log is compacted: read the range and watch from its revision.
  virtual absl::StatusOr<std::unique_ptr<Watch>> WatchPrefix(std::string_view prefix,
                                                             Revision after,
                                                             WatchCallback callback) = 0;
  // Forgets the log up to and including `revision`.
  virtual absl::Status Compact(Revision revision) = 0;
  // As far as this process knows.
  virtual Revision compacted() = 0;
  // Of the newest transaction that this process knows of; never ahead of what its watches have
  // seen.
  virtual Revision revision() = 0;

  // Stores each content under its SHA-256; durable on return. Content already there is skipped.
  virtual absl::Status PutBlobs(std::span<const std::string_view> contents) = 0;
  // The 32-byte hashes of all contents, in their order.
  virtual absl::StatusOr<std::vector<std::string>> ListBlobs() = 0;
  // Size in bytes of the content named by the 32-byte hash; NotFound.
  virtual absl::StatusOr<uint64_t> BlobSize(std::string_view sha256) = 0;
  // Up to `bytes_max` bytes from `offset`; empty at the end. NotFound; OutOfRange past the end.
  virtual absl::StatusOr<std::string> ReadBlob(std::string_view sha256, uint64_t offset,
                                               size_t bytes_max) = 0;

  // Waits until nobody else leads. Cancelled when `go_on` says no. Stores of a single process know
  // only candidates in that process.
  virtual absl::StatusOr<std::unique_ptr<Leadership>> Campaign(const CampaignOptions& options) = 0;

  // Names this history. Nodes that carry a revision of another epoch start over.
  virtual uint64_t epoch() = 0;
  // Starts a new epoch: called when the state turns out to be older than what nodes have seen.
  virtual absl::Status RenewEpoch() = 0;
};

// InvalidArgument when a transaction is beyond the limits or writes a key twice.
absl::Status CheckTxn(const TxnRequest& request, const StoreLimits& limits);
// A fresh random epoch, never 0.
uint64_t NewEpoch();

}  // namespace terrella::control
