#include "sim/engine/virtual_disk.h"

#include <algorithm>

#include "base/random.h"
#include "edge_node/cache/store/record.h"

namespace terrella::sim {

Duration VirtualDisk::Read(Duration now, const NodeFaults& faults) {
  if (faults.disk_late == Duration(0)) return now;
  // Of those that are free the one that was busy last: what reads piece by piece keeps one busy,
  // and the others are free meanwhile.
  Duration* reader = std::min_element(reader_free_.begin(), reader_free_.end());
  for (Duration& free : reader_free_) {
    if (free <= now && free > *reader) reader = &free;
  }
  const Duration done = std::max(now, *reader) + faults.disk_late;
  // Who waits when it is quick again goes on at once.
  *reader = std::max(now, std::min(done, faults.disk_late_until));
  return *reader;
}

void VirtualDisk::Keep(const Entry& entry) {
  evicted_.clear();
  if (is_small(entry)) memory_.Put(Mix64(entry.key), true, entry.bytes, evicted_);
}

Duration VirtualDisk::ReadEntry(const Entry& entry, Duration now, const NodeFaults& faults) {
  if (memory_.Find(Mix64(entry.key)) != nullptr) return Duration(0);
  if (const auto found = unwritten_.find(entry.key); found != unwritten_.end()) {
    if (now < found->second) return Duration(0);
    unwritten_.erase(found);
  }
  const Duration done = Read(now, faults);
  Keep(entry);
  return done - now;
}

Duration VirtualDisk::ReadBody(const Entry& entry, Duration now, const NodeFaults& faults) {
  if (!is_file(entry) || faults.disk_late == Duration(0)) return Duration(0);
  Duration done = now;
  for (uint64_t at = 0; at < entry.bytes; at += cache::kPieceBytes) done = Read(done, faults);
  return done - now;
}

void VirtualDisk::Write(const Entry& entry, Duration now, const NodeFaults& faults) {
  Keep(entry);
  if (faults.disk_late == Duration(0)) return;
  const Duration done = std::max(now, writer_free_) + faults.disk_late;
  writer_free_ = std::max(now, std::min(done, faults.disk_late_until));
  if (!is_small(entry) && !is_file(entry)) unwritten_[entry.key] = writer_free_;
}

}  // namespace terrella::sim
