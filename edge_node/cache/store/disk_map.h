// DiskMap: which entries the disk holds and where, and what leaves when it is full. The map of a
// log-structured store, without the store: it does no I/O.
//
// The disk is a set of units. A log unit (a segment) holds many small entries one behind the other
// and is only ever reclaimed whole; a file unit holds one large entry. Units stand in two queues as
// objects do in S3Fifo: new ones enter the small queue, a tenth of the bytes. When the oldest unit
// of a queue is reclaimed, its entries that were hit are moved to the main queue (the entries of a
// segment are written again, a file just changes queues), the others go and the hashes of those
// that left the small queue are remembered. So every write is an append, space comes back in large
// pieces, and what is read often is never far from the young end.
//
//   Reserve(bytes) --does not fit--> Victim --survivors moved--> Forget(unit)
//
// Hits of entries that are served from memory must be told here too, or the disk would forget what
// is hottest.
//
// Thread: one at a time (its user locks). Invariants: (1) bytes() is the sum over all units; (2) an
// entry's unit exists; (3) an open unit is never a victim.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace terrella::cache {

using UnitId = uint64_t;  // grows with time

struct DiskEntry {
  UnitId unit = 0;
  uint32_t offset = 0;  // of its record in a log unit
  uint32_t bytes = 0;   // of its record in a log unit
  uint8_t hits = 0;
};

class DiskMap {
 public:
  struct Limits {
    uint64_t bytes_max = 256ull << 20;
    double small_share = 0.1;      // of the bytes, for the small queue
    double survivors_share = 0.5;  // of a segment that may be written again
  };
  enum class Kind { kLog, kFile };
  enum class Queue { kSmall, kMain };

  explicit DiskMap(const Limits& limits) : limits_(limits) {}

  // Counts a hit.
  std::optional<DiskEntry> Find(uint64_t hash);
  std::optional<DiskEntry> Peek(uint64_t hash) const;

  // Which queue a new entry belongs to; a remembered hash is forgotten by asking.
  Queue QueueFor(uint64_t hash);
  // A unit that entries can be added to, until Seal.
  void Open(UnitId unit, Kind kind, Queue queue);
  void Seal(UnitId unit);
  // Bytes written to an open unit (or, at the end of a file, one that was sealed).
  void Grow(UnitId unit, uint64_t bytes);
  // Puts an entry on the map; returns the one it replaces, whose bytes are dead now.
  std::optional<DiskEntry> Add(uint64_t hash, const DiskEntry& entry);
  // Takes it off the map; returns where it was.
  std::optional<DiskEntry> Remove(uint64_t hash);

  struct Victim {
    UnitId unit = 0;
    Kind kind = Kind::kLog;
    // kLog: to be written again, most hit first. kFile: empty, and the file is to be deleted.
    struct Survivor {
      uint64_t hash = 0;
      DiskEntry entry;
    };
    std::vector<Survivor> survivors;
  };
  // What must go next so that `bytes` more fit beside `outside` bytes that others hold on the same
  // disk; nothing when they fit. A victim's entries other than its survivors are off the map; its
  // survivors must be added again (elsewhere) or removed, and the unit forgotten. Nothing as well
  // when nothing can go: ask Fits.
  std::optional<Victim> NextVictim(uint64_t bytes, uint64_t outside);
  bool Fits(uint64_t bytes, uint64_t outside) const {
    return bytes_ + outside + bytes <= limits_.bytes_max;
  }
  // The unit is gone from the disk, with every entry still in it.
  void Forget(UnitId unit);

  uint64_t bytes() const { return bytes_; }
  size_t entries() const { return entries_.size(); }
  size_t units() const { return units_.size(); }
  bool Has(UnitId unit) const { return units_.contains(unit); }
  // Of a unit that exists.
  Kind KindOf(UnitId unit) const { return units_.at(unit).kind; }
  uint64_t BytesOf(UnitId unit) const { return units_.at(unit).bytes; }

 private:
  struct Unit {
    Kind kind = Kind::kLog;
    Queue queue = Queue::kSmall;
    bool open = true;
    uint64_t bytes = 0;
    // Entries added, some of which have moved or gone since.
    struct Placed {
      uint64_t hash = 0;
      uint32_t offset = 0;
    };
    std::vector<Placed> placed;
  };

  std::deque<UnitId>& QueueOf(Queue queue) { return queue == Queue::kSmall ? small_ : main_; }
  // The oldest sealed unit of a queue, taken out of it; 0 when there is none.
  UnitId TakeOldest(Queue queue);
  Victim Empty(UnitId id);
  // The entry when it still stands where it was placed; null when it has moved or gone.
  DiskEntry* At(UnitId unit, const Unit::Placed& placed);
  void Remember(uint64_t hash);

  const Limits limits_;
  uint64_t bytes_ = 0;
  uint64_t small_bytes_ = 0;
  absl::flat_hash_map<uint64_t, DiskEntry> entries_;
  std::map<UnitId, Unit> units_;
  std::deque<UnitId> small_, main_;
  absl::flat_hash_set<uint64_t> ghosts_;
  std::deque<uint64_t> ghost_queue_;
};

}  // namespace terrella::cache
