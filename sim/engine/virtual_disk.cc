#include "sim/engine/virtual_disk.h"

#include <algorithm>

#include "base/random.h"
#include "edge_node/cache/store/record.h"

namespace terrella::sim {
namespace {

// When a read or write that begins at `start` is done.
Duration DoneAfter(Duration start, const NodeFaults& faults) {
  const Duration late = start < faults.disk_turns_at ? faults.disk_late : faults.disk_late_then;
  // Who waits when it is quick again goes on at once.
  return std::max(start, std::min(start + late, faults.disk_late_until));
}

}  // namespace

Duration VirtualDisk::Read(Duration now, const NodeFaults& faults) {
  if (faults.disk_late == Duration(0)) return now;
  // Of those that are free the one that was busy last: what reads piece by piece keeps one busy,
  // and the others are free meanwhile.
  Duration* reader = std::min_element(reader_free_.begin(), reader_free_.end());
  for (Duration& free : reader_free_) {
    if (free <= now && free > *reader) reader = &free;
  }
  *reader = DoneAfter(std::max(now, *reader), faults);
  return *reader;
}

void VirtualDisk::Keep(const Entry& entry, Duration since) {
  evicted_.clear();
  if (is_small(entry)) memory_.Put(Mix64(entry.key), since, entry.bytes, evicted_);
}

Duration VirtualDisk::ReadEntry(const Entry& entry, Duration now, const NodeFaults& faults) {
  const Duration* const since = memory_.Find(Mix64(entry.key));
  if (since != nullptr && *since <= now) return Duration(0);
  if (const auto found = unwritten_.find(entry.key); found != unwritten_.end()) {
    if (now < found->second) return Duration(0);
    unwritten_.erase(found);
  }
  const Duration done = Read(now, faults);
  if (since == nullptr) Keep(entry, done);
  return done - now;
}

Duration VirtualDisk::ReadBody(const Entry& entry, Duration now, const NodeFaults& faults) {
  if (!is_file(entry) || faults.disk_late == Duration(0)) return Duration(0);
  Duration done = now;
  for (uint64_t at = 0; at < entry.bytes; at += cache::kPieceBytes) done = Read(done, faults);
  return done - now;
}

void VirtualDisk::Write(const Entry& entry, Duration now, const NodeFaults& faults) {
  Keep(entry, Duration(0));
  if (faults.disk_late == Duration(0)) return;
  writer_free_ = DoneAfter(std::max(now, writer_free_), faults);
  if (!is_small(entry) && !is_file(entry)) unwritten_[entry.key] = writer_free_;
}

}  // namespace terrella::sim
