#include "cli/cluster/launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/status.h"
#include "cli/cluster/file_lock.h"
#include "cli/testing/temp_cluster.h"

namespace terrella::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Launcher, StartsEverythingAndEndsItAgain) {
  TempCluster cluster;
  size_t ready = 0;
  ASSERT_TRUE(cluster.StartAll({.progress = [&](size_t now, size_t) { ready = now; }}).ok());
  EXPECT_EQ(ready, 6u);
  EXPECT_THAT(DeadParts(cluster.record), IsEmpty());
  const Stopped stopped = StopCluster(cluster.record, cluster.paths, std::chrono::seconds(5));
  EXPECT_EQ(stopped.ended.size(), 6u);
  EXPECT_THAT(stopped.killed, IsEmpty());
  EXPECT_FALSE(AnyRunning(cluster.record));
  EXPECT_THAT(StopCluster(cluster.record, cluster.paths, std::chrono::seconds(5)).ended, IsEmpty());
}

TEST(Launcher, SaysWhyAPartEndedEarly) {
  TempCluster cluster;
  cluster.Behave("LHR dies");
  const absl::Status status = cluster.StartAll();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(status)), HasSubstr("LHR ended before it was ready"));
  EXPECT_THAT(std::string(Message(status)), HasSubstr("cannot listen: address in use"));
}

TEST(Launcher, NamesThePartsThatAreNotReadyInTime) {
  TempCluster cluster;
  cluster.Behave("dns hangs NRT hangs");
  const absl::Status status = cluster.StartAll({.ready_timeout = std::chrono::milliseconds(150)});
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(Message(status)), HasSubstr("dns, NRT did not become ready"));
}

TEST(Launcher, InterruptStopsTheWait) {
  TempCluster cluster;
  cluster.Behave("NRT hangs");
  Interrupt interrupt;
  raise(SIGINT);
  EXPECT_EQ(cluster.StartAll({.interrupt = &interrupt}).code(), absl::StatusCode::kCancelled);
}

TEST(Launcher, KillsThePartThatIgnoresSigterm) {
  TempCluster cluster;
  cluster.Behave("FRA stubborn");
  ASSERT_TRUE(cluster.StartAll().ok());
  const Stopped stopped =
      StopCluster(cluster.record, cluster.paths, std::chrono::milliseconds(100));
  EXPECT_EQ(stopped.ended.size(), 6u);
  EXPECT_THAT(stopped.killed, ElementsAre("FRA"));
}

TEST(Launcher, FindsDeadPartsAndRestartsOnlyThose) {
  TempCluster cluster;
  ASSERT_TRUE(cluster.StartAll().ok());
  const ProcessIdentity other = cluster.record.Find("NRT")->process;
  ASSERT_TRUE(SendSignal(cluster.record.Find("LHR")->process, SIGKILL));
  Terminate(std::span(&cluster.record.Find("LHR")->process, 1), std::chrono::seconds(1));
  EXPECT_THAT(Names(DeadParts(cluster.record)), ElementsAre("LHR"));
  ASSERT_TRUE(StartParts(cluster.record, cluster.paths, cluster.programs, {"LHR"}, {}).ok());
  EXPECT_THAT(DeadParts(cluster.record), IsEmpty());
  EXPECT_EQ(cluster.record.Find("NRT")->process, other);
}

TEST(Launcher, EndsPartsItsRecordHasLost) {
  TempCluster cluster;
  ASSERT_TRUE(cluster.StartAll().ok());
  ClusterRecord lost{.name = "test"};
  EXPECT_EQ(FindStrays(lost, cluster.paths).size(), 6u);
  EXPECT_THAT(FindStrays(cluster.record, cluster.paths), IsEmpty());
  EXPECT_EQ(StopCluster(lost, cluster.paths, std::chrono::seconds(5)).ended.size(), 6u);
  EXPECT_FALSE(AnyRunning(cluster.record));
}

TEST(Launcher, DoesNotTouchAnotherClustersParts) {
  TempCluster one, other;
  ASSERT_TRUE(one.StartAll().ok());
  ASSERT_TRUE(other.StartAll().ok());
  StopCluster(one.record, one.paths, std::chrono::seconds(5));
  EXPECT_THAT(DeadParts(other.record), IsEmpty());
}

TEST(LogTail, GivesTheLastLines) {
  TempCluster cluster;
  std::filesystem::create_directories(cluster.paths.logs());
  std::ofstream(cluster.paths.log("dns")) << "one\ntwo\nthree\n";
  EXPECT_EQ(LogTail(cluster.paths, "dns", 2), "  two\n  three\n");
  EXPECT_EQ(LogTail(cluster.paths, "dns", 9), "  one\n  two\n  three\n");
  EXPECT_EQ(LogTail(cluster.paths, "nobody", 9), "");
}

TEST(FileLock, SecondHolderIsToldOfTheFirst) {
  TempCluster cluster;
  const auto first = FileLock::Acquire(cluster.paths.lock(), "terrella up");
  ASSERT_TRUE(first.ok());
  const auto second = FileLock::Acquire(cluster.paths.lock(), "terrella down");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr("terrella up, pid"));
}

}  // namespace
}  // namespace terrella::cli
