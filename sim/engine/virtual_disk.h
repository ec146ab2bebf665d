// VirtualDisk: what one virtual node's cache holds in memory, and how long it waits for its disk
// when that is slow.
//
// What a node stored or read lately it has in memory, when it is small: the live store's rule and
// its eviction. The rest is one read of its log, or, when it is large, one of its file's end and
// one of each piece. Four are read at once, as libuv's pool does; one thread writes, in order, and
// what it has not written yet is in memory.
//
// On a disk that is not slow nobody waits: it only learns what is in memory.
//
// It leaves out the thread's making room, the bound of what waits for it, what a death finds not
// yet written, and bodies too large for memory while they are stored. A large body's pieces are
// read one after another; live, others' reads come in between.
//
// Thread: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "edge_node/cache/store/s3_fifo.h"
#include "edge_node/cache/store/store.h"
#include "sim/engine/history.h"

namespace terrella::sim {

class VirtualDisk {
 public:
  explicit VirtualDisk(const cache::StoreOptions& options = {})
      : options_(options), memory_(options.memory_bytes_max) {}

  struct Entry {
    uint64_t key = 0;
    uint64_t bytes = 0;  // with its body
  };
  // How long a look-up at `now` waits for the entry, and the body beside it when that is small.
  Duration ReadEntry(const Entry& entry, Duration now, const NodeFaults& faults);
  // How long whoever gets the body from `now` on waits for what ReadEntry did not bring.
  Duration ReadBody(const Entry& entry, Duration now, const NodeFaults& faults);
  // It came at `now`.
  void Write(const Entry& entry, Duration now, const NodeFaults& faults);

 private:
  static constexpr size_t kReaders = 4;

  bool is_small(const Entry& entry) const { return entry.bytes <= options_.memory_entry_bytes_max; }
  bool is_file(const Entry& entry) const { return entry.bytes > options_.small_body_bytes_max; }
  // When one read that is wanted at `now` is done.
  Duration Read(Duration now, const NodeFaults& faults);
  // It is in memory from `since` on.
  void Keep(const Entry& entry, Duration since);

  const cache::StoreOptions options_;
  cache::S3Fifo<Duration> memory_;                     // by mixed key: since when
  absl::flat_hash_map<uint64_t, Duration> unwritten_;  // of middle size, by key: until when
  std::array<Duration, kReaders> reader_free_{};
  Duration writer_free_{};
  std::vector<Duration> evicted_;  // of one call; kept for its memory
};

}  // namespace terrella::sim
