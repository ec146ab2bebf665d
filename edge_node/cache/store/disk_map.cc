#include "edge_node/cache/store/disk_map.h"

#include <algorithm>

#include "base/check.h"

namespace terrella::cache {
namespace {

constexpr uint8_t kHitsMax = 3;
constexpr size_t kGhostsMin = 64;

}  // namespace

std::optional<DiskEntry> DiskMap::Find(uint64_t hash) {
  const auto found = entries_.find(hash);
  if (found == entries_.end()) return std::nullopt;
  found->second.hits = std::min<uint8_t>(found->second.hits + 1, kHitsMax);
  return found->second;
}

std::optional<DiskEntry> DiskMap::Peek(uint64_t hash) const {
  const auto found = entries_.find(hash);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

DiskMap::Queue DiskMap::QueueFor(uint64_t hash) {
  if (ghosts_.erase(hash) > 0) return Queue::kMain;
  const auto found = entries_.find(hash);
  // A newer version of what was worth keeping is worth keeping.
  return found != entries_.end() && found->second.hits > 0 ? Queue::kMain : Queue::kSmall;
}

void DiskMap::Open(UnitId unit, Kind kind, Queue queue) {
  const bool is_new = units_.emplace(unit, Unit{.kind = kind, .queue = queue}).second;
  CHECK(is_new);
  QueueOf(queue).push_back(unit);
}

void DiskMap::Seal(UnitId unit) {
  units_.at(unit).open = false;
}

void DiskMap::Grow(UnitId id, uint64_t bytes) {
  Unit& unit = units_.at(id);
  unit.bytes += bytes;
  bytes_ += bytes;
  if (unit.queue == Queue::kSmall) small_bytes_ += bytes;
}

std::optional<DiskEntry> DiskMap::Add(uint64_t hash, const DiskEntry& entry) {
  units_.at(entry.unit).placed.push_back({hash, entry.offset});
  const auto [place, is_new] = entries_.try_emplace(hash, entry);
  if (is_new) return std::nullopt;
  DiskEntry old = std::exchange(place->second, entry);
  return old;
}

std::optional<DiskEntry> DiskMap::Remove(uint64_t hash) {
  const auto found = entries_.find(hash);
  if (found == entries_.end()) return std::nullopt;
  const DiskEntry entry = found->second;
  entries_.erase(found);
  return entry;
}

UnitId DiskMap::TakeOldest(Queue queue) {
  std::deque<UnitId>& units = QueueOf(queue);
  const auto oldest =
      std::find_if(units.begin(), units.end(), [&](UnitId id) { return !units_.at(id).open; });
  if (oldest == units.end()) return 0;
  const UnitId id = *oldest;
  units.erase(oldest);
  return id;
}

std::optional<DiskMap::Victim> DiskMap::NextVictim(uint64_t bytes, uint64_t outside) {
  while (!Fits(bytes, outside)) {
    const auto small_max =
        static_cast<uint64_t>(static_cast<double>(limits_.bytes_max) * limits_.small_share);
    UnitId id = small_bytes_ > small_max ? TakeOldest(Queue::kSmall) : 0;
    if (id == 0) id = TakeOldest(Queue::kMain);
    if (id == 0) id = TakeOldest(Queue::kSmall);
    if (id == 0) return std::nullopt;
    Unit& unit = units_.at(id);
    if (unit.kind == Kind::kLog) return Empty(id);
    // A file that was hit just goes round.
    DiskEntry* entry = unit.placed.empty() ? nullptr : At(id, unit.placed.back());
    if (entry != nullptr && entry->hits > 0) {
      entry->hits = unit.queue == Queue::kSmall ? 0 : entry->hits - 1;
      if (unit.queue == Queue::kSmall) small_bytes_ -= unit.bytes;
      unit.queue = Queue::kMain;
      main_.push_back(id);
      continue;
    }
    return Empty(id);
  }
  return std::nullopt;
}

DiskEntry* DiskMap::At(UnitId unit, const Unit::Placed& placed) {
  const auto found = entries_.find(placed.hash);
  if (found == entries_.end()) return nullptr;
  DiskEntry& entry = found->second;
  return entry.unit == unit && entry.offset == placed.offset ? &entry : nullptr;
}

DiskMap::Victim DiskMap::Empty(UnitId id) {
  Unit& unit = units_.at(id);
  Victim victim{.unit = id, .kind = unit.kind, .survivors = {}};
  std::vector<Victim::Survivor> hit;
  for (const Unit::Placed& placed : unit.placed) {
    const DiskEntry* entry = At(id, placed);
    if (entry == nullptr) continue;
    if (unit.kind == Kind::kLog && entry->hits > 0) {
      hit.push_back({placed.hash, *entry});
      continue;
    }
    if (unit.queue == Queue::kSmall) Remember(placed.hash);
    entries_.erase(placed.hash);
  }
  std::stable_sort(hit.begin(), hit.end(),
                   [](const auto& a, const auto& b) { return a.entry.hits > b.entry.hits; });
  const auto budget =
      static_cast<uint64_t>(static_cast<double>(unit.bytes) * limits_.survivors_share);
  uint64_t kept = 0;
  for (Victim::Survivor& survivor : hit) {
    if (kept + survivor.entry.bytes > budget) {
      if (unit.queue == Queue::kSmall) Remember(survivor.hash);
      entries_.erase(survivor.hash);
      continue;
    }
    kept += survivor.entry.bytes;
    survivor.entry.hits = unit.queue == Queue::kSmall ? 0 : survivor.entry.hits - 1;
    victim.survivors.push_back(survivor);
  }
  return victim;
}

void DiskMap::Forget(UnitId id) {
  const auto found = units_.find(id);
  if (found == units_.end()) return;
  const Unit& unit = found->second;
  for (const Unit::Placed& placed : unit.placed) {
    if (At(id, placed) != nullptr) entries_.erase(placed.hash);
  }
  std::erase(QueueOf(unit.queue), id);
  bytes_ -= unit.bytes;
  if (unit.queue == Queue::kSmall) small_bytes_ -= unit.bytes;
  units_.erase(found);
}

void DiskMap::Remember(uint64_t hash) {
  if (!ghosts_.insert(hash).second) return;
  ghost_queue_.push_back(hash);
  while (ghost_queue_.size() > std::max(kGhostsMin, entries_.size())) {
    ghosts_.erase(ghost_queue_.front());
    ghost_queue_.pop_front();
  }
}

}  // namespace terrella::cache
