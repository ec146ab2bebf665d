// What stays when not all fits: S3Fifo in memory and DiskMap on disk, against a plain LRU on traces
// made from a seed.
#include <gtest/gtest.h>

#include <cmath>
#include <list>
#include <unordered_map>

#include "base/random.h"
#include "edge_node/cache/store/disk_map.h"
#include "edge_node/cache/store/s3_fifo.h"

namespace terrella::cache {
namespace {

// A sequence of keys with sizes: popularity by Zipf's law, and between them keys asked for once.
class Trace {
 public:
  Trace(uint64_t seed, size_t keys, double skew, double once_share)
      : random_(seed), once_share_(once_share) {
    double sum = 0;
    for (size_t i = 1; i <= keys; ++i) {
      sum += std::pow(static_cast<double>(i), -skew);
      cumulated_.push_back(sum);
    }
  }
  uint64_t Next() {
    if (random_.Uniform() < once_share_) return ++once_ | uint64_t{1} << 40;
    const double at = random_.Uniform() * cumulated_.back();
    const auto place = std::lower_bound(cumulated_.begin(), cumulated_.end(), at);
    return static_cast<uint64_t>(place - cumulated_.begin()) + 1;
  }
  // 1 to 64 KiB, the same for a key each time.
  static uint32_t BytesOf(uint64_t key) { return 1024u << (Mix64(key) % 7); }

 private:
  CounterRandom random_;
  const double once_share_;
  std::vector<double> cumulated_;
  uint64_t once_ = 0;
};

class Lru {
 public:
  explicit Lru(size_t bytes_max) : bytes_max_(bytes_max) {}
  bool Get(uint64_t key, size_t bytes) {
    const auto found = map_.find(key);
    if (found != map_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    order_.emplace_front(key, bytes);
    map_[key] = order_.begin();
    bytes_ += bytes;
    while (bytes_ > bytes_max_) {
      bytes_ -= order_.back().second;
      map_.erase(order_.back().first);
      order_.pop_back();
    }
    return false;
  }

 private:
  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::list<std::pair<uint64_t, size_t>> order_;
  std::unordered_map<uint64_t, std::list<std::pair<uint64_t, size_t>>::iterator> map_;
};

class S3 {
 public:
  explicit S3(size_t bytes_max) : map_(bytes_max) {}
  bool Get(uint64_t key, size_t bytes) {
    if (map_.Find(Mix64(key)) != nullptr) return true;
    std::vector<uint64_t> evicted;
    map_.Put(Mix64(key), key, bytes, evicted);
    return false;
  }

 private:
  S3Fifo<uint64_t> map_;
};

// DiskMap as disk.cc uses it, without the disk.
class DiskModel {
 public:
  explicit DiskModel(uint64_t bytes_max)
      : segment_bytes_(bytes_max / 64), map_(DiskMap::Limits{.bytes_max = bytes_max}) {}

  bool Get(uint64_t key, uint32_t bytes) {
    const uint64_t hash = Mix64(key);
    if (map_.Find(hash)) return true;
    MakeRoom(bytes);
    Append(map_.QueueFor(hash), hash, bytes, 0);
    return false;
  }
  uint64_t written() const { return written_; }
  const DiskMap& map() const { return map_; }

 private:
  struct Log {
    UnitId unit = 0;
    uint32_t bytes = 0;
  };
  void MakeRoom(uint64_t bytes) {
    while (const auto victim = map_.NextVictim(bytes, 0)) {
      map_.Forget(victim->unit);
      for (const auto& survivor : victim->survivors) {
        Append(DiskMap::Queue::kMain, survivor.hash, survivor.entry.bytes, survivor.entry.hits);
      }
    }
    ASSERT_TRUE(map_.Fits(bytes, 0));
  }
  void Append(DiskMap::Queue queue, uint64_t hash, uint32_t bytes, uint8_t hits) {
    Log& log = queue == DiskMap::Queue::kSmall ? small_ : main_;
    if (log.unit == 0 || log.bytes + bytes > segment_bytes_) {
      if (log.unit != 0) map_.Seal(log.unit);
      log = {.unit = ++last_unit_};
      map_.Open(log.unit, DiskMap::Kind::kLog, queue);
    }
    map_.Grow(log.unit, bytes);
    map_.Add(hash, {.unit = log.unit, .offset = log.bytes, .bytes = bytes, .hits = hits});
    log.bytes += bytes;
    written_ += bytes;
  }

  const uint64_t segment_bytes_;
  DiskMap map_;
  Log small_, main_;
  UnitId last_unit_ = 0;
  uint64_t written_ = 0;
};

struct Case {
  const char* name;
  double skew;
  double once_share;
  double capacity_share;  // of all keys' bytes
};

TEST(Eviction, KeepsMoreOfWhatIsAskedForAgainThanLru) {
  constexpr size_t kKeys = 20'000, kRequests = 400'000;
  const Case cases[] = {
      {"web", 0.8, 0.1, 0.05},      {"web, little room", 0.8, 0.1, 0.01},
      {"steep", 1.0, 0.1, 0.05},    {"one hit wonders", 0.8, 0.4, 0.05},
      {"much room", 0.8, 0.1, 0.3},
  };
  uint64_t all_bytes = 0;
  for (uint64_t key = 1; key <= kKeys; ++key) all_bytes += Trace::BytesOf(key);
  for (const Case& one : cases) {
    const auto bytes_max =
        static_cast<uint64_t>(static_cast<double>(all_bytes) * one.capacity_share);
    Trace trace(/*seed=*/301, kKeys, one.skew, one.once_share);
    Lru lru(bytes_max);
    S3 s3(bytes_max);
    DiskModel disk(bytes_max);
    size_t lru_hits = 0, s3_hits = 0, disk_hits = 0;
    uint64_t missed_bytes = 0;
    for (size_t i = 0; i < kRequests; ++i) {
      const uint64_t key = trace.Next();
      const uint32_t bytes = Trace::BytesOf(key);
      lru_hits += lru.Get(key, bytes);
      s3_hits += s3.Get(key, bytes);
      const bool hit = disk.Get(key, bytes);
      disk_hits += hit;
      if (!hit) missed_bytes += bytes;
      ASSERT_LE(disk.map().bytes(), bytes_max);
    }
    const auto percent = [&](size_t hits) { return 100.0 * static_cast<double>(hits) / kRequests; };
    const double amplification =
        static_cast<double>(disk.written()) / static_cast<double>(missed_bytes);
    printf(
        "%-18s LRU %5.2f %%   S3Fifo %5.2f %%   disk %5.2f %%, %.2f bytes written a byte stored\n",
        one.name, percent(lru_hits), percent(s3_hits), percent(disk_hits), amplification);
    EXPECT_GT(s3_hits, lru_hits) << one.name;
    EXPECT_GT(disk_hits, lru_hits) << one.name;
    EXPECT_LT(amplification, 1.5) << one.name;
  }
}

TEST(S3Fifo, AScanLeavesWhatIsPopular) {
  S3Fifo<int> map(1000);
  std::vector<int> evicted;
  for (uint64_t key = 1; key <= 10; ++key) {
    map.Put(key, 1, 50, evicted);
    for (int i = 0; i < 3; ++i) map.Find(key);
  }
  for (uint64_t key = 1000; key < 3000; ++key) map.Put(key, 1, 50, evicted);
  for (uint64_t key = 1; key <= 10; ++key) EXPECT_NE(map.Peek(key), nullptr) << key;
}

TEST(S3Fifo, StaysWithinItsBoundWhateverIsDoneToIt) {
  CounterRandom random(301);
  S3Fifo<uint64_t> map(10'000);
  std::unordered_map<uint64_t, std::pair<uint64_t, size_t>> model;  // last value, bytes
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t key = random.Below(500);
    std::vector<uint64_t> evicted;
    switch (random.Below(4)) {
      case 0: {
        const uint64_t value = random.Next();
        const size_t bytes = random.Below(900) + (random.Below(50) == 0 ? 10'000 : 0);
        map.Put(key, value, bytes, evicted);
        model[key] = {value, bytes};
        break;
      }
      case 1:
        if (map.Erase(key, evicted)) {
          ASSERT_EQ(evicted, std::vector<uint64_t>{model.at(key).first});
        }
        model.erase(key);
        break;
      default:
        if (const uint64_t* found = map.Find(key)) {
          ASSERT_EQ(*found, model.at(key).first);
        }
    }
    ASSERT_LE(map.bytes(), 10'000u);
  }
  size_t bytes = 0, entries = 0;
  for (const auto& [key, entry] : model) {
    if (map.Peek(key) == nullptr) continue;
    bytes += entry.second;
    ++entries;
  }
  EXPECT_EQ(map.bytes(), bytes);
  EXPECT_EQ(map.size(), entries);
}

TEST(DiskMap, AFileThatWasHitGoesRoundAndOneThatWasNotGoes) {
  DiskMap map({.bytes_max = 100});
  for (UnitId unit : {1, 2, 3}) {
    map.Open(unit, DiskMap::Kind::kFile, DiskMap::Queue::kSmall);
    map.Grow(unit, 30);
    map.Seal(unit);
    map.Add(unit * 10, {.unit = unit});
  }
  EXPECT_TRUE(map.Find(10));
  const auto victim = map.NextVictim(40, 0);
  ASSERT_TRUE(victim);
  EXPECT_EQ(victim->unit, 2u);
  map.Forget(2);
  EXPECT_FALSE(map.NextVictim(40, 0));
  EXPECT_TRUE(map.Peek(10));
  EXPECT_FALSE(map.Peek(20));
  EXPECT_EQ(map.QueueFor(20), DiskMap::Queue::kMain) << "it left lately";
}

TEST(DiskMap, BytesOutsideCountAndOpenUnitsStay) {
  DiskMap map({.bytes_max = 100});
  map.Open(1, DiskMap::Kind::kLog, DiskMap::Queue::kSmall);
  map.Grow(1, 60);
  EXPECT_TRUE(map.Fits(40, 0));
  EXPECT_FALSE(map.Fits(40, 1));
  EXPECT_FALSE(map.NextVictim(41, 0)) << "what is open cannot go";
  map.Seal(1);
  EXPECT_EQ(map.NextVictim(41, 0)->unit, 1u);
}

TEST(DiskMap, AnEntryWrittenTwiceIntoOneSegmentSurvivesOnce) {
  DiskMap map({.bytes_max = 100, .survivors_share = 1.0});
  map.Open(1, DiskMap::Kind::kLog, DiskMap::Queue::kSmall);
  map.Grow(1, 40);
  EXPECT_FALSE(map.Add(7, {.unit = 1, .offset = 0, .bytes = 20}));
  const auto replaced = map.Add(7, {.unit = 1, .offset = 20, .bytes = 20});
  ASSERT_TRUE(replaced);
  EXPECT_EQ(replaced->offset, 0u);
  map.Seal(1);
  map.Find(7);
  const auto victim = map.NextVictim(100, 0);
  ASSERT_TRUE(victim);
  ASSERT_EQ(victim->survivors.size(), 1u);
  EXPECT_EQ(victim->survivors[0].entry.offset, 20u);
}

}  // namespace
}  // namespace terrella::cache
