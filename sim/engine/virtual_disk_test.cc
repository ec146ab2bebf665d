// Goal: a node with a slow disk waits for what its memory does not hold, no more than four reads at
// once, and no longer than the disk is slow.
#include "sim/engine/virtual_disk.h"

#include <gtest/gtest.h>

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kSmall = 4'000, kMiddle = 100'000, kLarge = 600'000;
constexpr NodeFaults kSlow{.disk_late = 200ms};

TEST(VirtualDisk, WhatIsSmallAndWasStoredLatelyNobodyWaitsFor) {
  VirtualDisk disk;
  const VirtualDisk::Entry entry{.key = 1, .bytes = kSmall};
  disk.Write(entry, 1s, kSlow);
  EXPECT_EQ(disk.ReadEntry(entry, 5s, kSlow), 0ms);
  EXPECT_EQ(disk.ReadBody(entry, 5s, kSlow), 0ms);
}

TEST(VirtualDisk, WhatMemoryHadNoRoomForIsReadOnceAndKept) {
  VirtualDisk disk({.memory_bytes_max = 10 * kSmall});
  for (uint64_t key = 0; key < 100; ++key) disk.Write({.key = key, .bytes = kSmall}, 1s, {});
  const VirtualDisk::Entry old{.key = 3, .bytes = kSmall};
  EXPECT_EQ(disk.ReadEntry(old, 60s, kSlow), 200ms);
  EXPECT_EQ(disk.ReadEntry(old, 60s + 50ms, kSlow), 200ms) << "it is not there yet";
  EXPECT_EQ(disk.ReadEntry(old, 61s, kSlow), 0ms);
}

TEST(VirtualDisk, AMiddlingOneIsReadEachTimeUnlessItIsStillToBeWritten) {
  VirtualDisk disk;
  const VirtualDisk::Entry entry{.key = 1, .bytes = kMiddle};
  disk.Write(entry, 1s, kSlow);
  EXPECT_EQ(disk.ReadEntry(entry, 1100ms, kSlow), 0ms);
  EXPECT_EQ(disk.ReadEntry(entry, 1300ms, kSlow), 200ms);
  EXPECT_EQ(disk.ReadEntry(entry, 2s, kSlow), 200ms);
  EXPECT_EQ(disk.ReadBody(entry, 2s, kSlow), 0ms) << "it came with the entry";
}

TEST(VirtualDisk, ALargeOneIsReadPieceByPiece) {
  VirtualDisk disk;
  const VirtualDisk::Entry entry{.key = 1, .bytes = kLarge};
  disk.Write(entry, 1s, kSlow);
  EXPECT_EQ(disk.ReadEntry(entry, 1100ms, kSlow), 200ms) << "memory never has it";
  EXPECT_EQ(disk.ReadBody(entry, 10s, kSlow), 10 * 200ms);
}

TEST(VirtualDisk, FourAreReadAtOnceAndTheOthersWaitForThem) {
  VirtualDisk disk;
  std::vector<Duration> waited;
  for (uint64_t key = 0; key < 9; ++key) {
    waited.push_back(disk.ReadEntry({.key = key, .bytes = kMiddle}, 1s, kSlow));
  }
  const std::vector<Duration> expected = {200ms, 200ms, 200ms, 200ms, 400ms,
                                          400ms, 400ms, 400ms, 600ms};
  EXPECT_EQ(waited, expected);
}

TEST(VirtualDisk, PiecesOfOneBodyKeepOneOfTheFourBusy) {
  VirtualDisk disk;
  EXPECT_EQ(disk.ReadBody({.key = 1, .bytes = kLarge}, 1s, kSlow), 2s);
  for (uint64_t key = 2; key < 5; ++key) {
    EXPECT_EQ(disk.ReadEntry({.key = key, .bytes = kMiddle}, 1100ms, kSlow), 200ms);
  }
  EXPECT_EQ(disk.ReadEntry({.key = 5, .bytes = kMiddle}, 1100ms, kSlow), 400ms);
}

TEST(VirtualDisk, WhoWaitsWhenItIsQuickAgainGoesOn) {
  VirtualDisk disk;
  const NodeFaults ends{.disk_late = 10s, .disk_late_until = 3s};
  EXPECT_EQ(disk.ReadEntry({.key = 1, .bytes = kMiddle}, 1s, ends), 2s);
  EXPECT_EQ(disk.ReadEntry({.key = 1, .bytes = kMiddle}, 3s, {}), 0s);
}

TEST(VirtualDisk, WhoWaitsWhenItIsSlowInAnotherWayWaitsOnAndWhoIsNextByThat) {
  VirtualDisk disk;
  const NodeFaults turns{.disk_late = 10s, .disk_turns_at = 3s, .disk_late_then = 1s};
  for (uint64_t key = 0; key < 4; ++key) {
    EXPECT_EQ(disk.ReadEntry({.key = key, .bytes = kMiddle}, 1s, turns), 10s);
  }
  EXPECT_EQ(disk.ReadEntry({.key = 4, .bytes = kMiddle}, 2s, turns), 10s) << "nine and one";
}

}  // namespace
}  // namespace terrella::sim
