#include "edge_node/control/last_known_good.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/control/test_push.h"

namespace terrella::edge {
namespace {

class LastKnownGoodTest : public ::testing::Test {
 protected:
  uint64_t Loaded() {
    auto state = saved_.Load();
    return state.ok() ? state->revision() : 0;
  }
  TempFolder folder_;
  LastKnownGood saved_{folder_.path()};
};

TEST_F(LastKnownGoodTest, NothingSavedIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(saved_.Load().status()));
  EXPECT_TRUE(absl::IsNotFound(LastKnownGood("").Load().status()));
}

TEST_F(LastKnownGoodTest, LoadsTheNewestAndKeepsTheOneBefore) {
  for (uint64_t revision : {1, 2, 3}) {
    ASSERT_TRUE(saved_.Save(PushOf(0, revision, {})).ok());
  }
  saved_.Sync();
  EXPECT_EQ(Loaded(), 3u);
  std::filesystem::remove(saved_.current_path());
  EXPECT_EQ(Loaded(), 2u);
}

TEST_F(LastKnownGoodTest, ASlowDiskIsWaitedForAtEachSaveAndSync) {
  const SystemClock clock;
  DiskPace pace;
  LastKnownGood saved(folder_.path(), &pace);
  pace.SetDelay(std::chrono::milliseconds(20));
  const MonotonicTime began = clock.Now();
  ASSERT_TRUE(saved.Save(PushOf(0, 1, {})).ok());
  saved.Sync();
  EXPECT_GE(clock.Now() - began, std::chrono::milliseconds(2 * 20));
}

TEST_F(LastKnownGoodTest, ADurableCopyIsNotWrittenOverBeforeAnotherOneIs) {
  ASSERT_TRUE(saved_.Save(PushOf(0, 1, {})).ok());
  saved_.Sync();
  const std::filesystem::path durable = saved_.current_path();
  for (uint64_t revision = 2; revision < 20; ++revision) {
    ASSERT_TRUE(saved_.Save(PushOf(0, revision, {})).ok());
    ASSERT_NE(saved_.current_path(), durable);
  }
  // A loss of power may take everything written since.
  for (size_t slot = 0; slot < LastKnownGood::kSlots; ++slot) {
    if (saved_.PathOf(slot) != durable) std::filesystem::resize_file(saved_.PathOf(slot), 10);
  }
  EXPECT_EQ(Loaded(), 1u);
  ASSERT_TRUE(saved_.Save(PushOf(0, 20, {})).ok());
  EXPECT_EQ(Loaded(), 20u);
}

TEST_F(LastKnownGoodTest, ACopyIsForItsOwnerAndAsLongAsItsContent) {
  for (uint64_t revision = 1; revision <= 2 * LastKnownGood::kSlots; ++revision) {
    // Long ones first, short ones over them.
    v1::Push push = PushOf(0, revision, {});
    if (revision <= LastKnownGood::kSlots) push.add_removed(std::string(1000, 'x'));
    ASSERT_TRUE(saved_.Save(push).ok());
    ASSERT_EQ(Loaded(), revision);
    const auto mode = std::filesystem::status(saved_.current_path()).permissions();
    EXPECT_EQ(mode & static_cast<std::filesystem::perms>(077), std::filesystem::perms::none);
  }
}

TEST_F(LastKnownGoodTest, EveryTornLengthFallsBackToTheCopyBefore) {
  ASSERT_TRUE(saved_.Save(PushOf(0, 1, {RouteOf("a/*", "a", 1)})).ok());
  ASSERT_TRUE(saved_.Save(PushOf(0, 2, {RouteOf("b/*", "b", 2)})).ok());
  const std::filesystem::path newest = saved_.current_path();
  const std::string whole = ReadFile(newest).value();
  for (size_t length = 0; length < whole.size(); ++length) {
    ASSERT_TRUE(ReplaceFile(newest, whole.substr(0, length)).ok());
    ASSERT_EQ(LastKnownGood(folder_.path()).Load()->revision(), 1u) << length;
  }
}

TEST_F(LastKnownGoodTest, EveryFlippedByteIsNoticed) {
  const std::string whole = EncodeSnapshot(PushOf(0, 2, {RouteOf("b/*", "b", 2)}), 7);
  ASSERT_TRUE(DecodeSnapshot(whole).ok());
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    EXPECT_TRUE(absl::IsDataLoss(DecodeSnapshot(bad).status())) << i;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeSnapshot(whole + "x").status()));
}

TEST_F(LastKnownGoodTest, OnlyRubbishIsDataLossNotNotFound) {
  ASSERT_TRUE(WriteFileAtomic(saved_.current_path(), "rubbish").ok());
  EXPECT_TRUE(absl::IsDataLoss(saved_.Load().status()));
}

}  // namespace
}  // namespace terrella::edge
