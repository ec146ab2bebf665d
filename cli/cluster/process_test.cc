#include "cli/cluster/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/testing/temp_cluster.h"

namespace terrella::cli {
namespace {

ProcessIdentity Sleeper(const TempCluster& cluster) {
  return *Spawn({.program = "/bin/sleep", .arguments = {"60"}, .log = cluster.root / "log"});
}

TEST(Process, KnowsItself) {
  const auto self = IdentifyProcess(getpid());
  ASSERT_TRUE(self.has_value());
  EXPECT_TRUE(IsAlive(*self));
  EXPECT_GT(MemoryOf(*self).private_bytes, 0u);
  EXPECT_GE(MemoryOf(*self).proportional_bytes, MemoryOf(*self).private_bytes);
}

TEST(Process, AReusedPidIsNobodyOfOurs) {
  const TempCluster cluster;
  const ProcessIdentity stranger = Sleeper(cluster);
  ProcessIdentity earlier = stranger;
  earlier.start_ticks -= 1;
  ProcessIdentity other_program = stranger;
  other_program.exe = "/usr/bin/edge_node";
  for (const ProcessIdentity& stale : {earlier, other_program}) {
    EXPECT_FALSE(IsAlive(stale));
    EXPECT_FALSE(SendSignal(stale, SIGKILL));
    EXPECT_TRUE(Terminate(std::span(&stale, 1), std::chrono::milliseconds(10)).empty());
  }
  EXPECT_TRUE(IsAlive(stranger)) << "a stranger was hit";
  Terminate(std::span(&stranger, 1), std::chrono::seconds(5));
  EXPECT_FALSE(IsAlive(stranger));
}

TEST(Process, AZombieIsDead) {
  const TempCluster cluster;
  const ProcessIdentity child = Sleeper(cluster);
  kill(child.pid, SIGKILL);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOWAIT);
  EXPECT_FALSE(IsAlive(child));
  waitpid(child.pid, nullptr, 0);
}

TEST(Process, RunsInItsOwnSessionWithClearSignals) {
  const TempCluster cluster;
  const ProcessIdentity child = Sleeper(cluster);
  EXPECT_EQ(getsid(child.pid), child.pid);
  Terminate(std::span(&child, 1), std::chrono::seconds(5));
}

TEST(Process, SaysWhichProgramIsMissing) {
  const TempCluster cluster;
  const auto process = Spawn({.program = cluster.root / "nothing", .log = cluster.root / "log"});
  EXPECT_EQ(process.status().code(), absl::StatusCode::kNotFound);
}

TEST(Process, IsFoundByAnArgument) {
  const TempCluster cluster;
  // A time that no other run of this test has.
  const std::string time = "61." + std::to_string(getpid());
  const ProcessIdentity child =
      *Spawn({.program = "/bin/sleep", .arguments = {time}, .log = cluster.root / "log"});
  std::vector<ProcessIdentity> found;
  // The kernel shows a new program before its arguments.
  for (int i = 0; i < 10'000 && found.empty(); ++i) {
    found = FindByArgument([&](std::string_view argument) { return argument == time; });
  }
  Terminate({&child, 1}, std::chrono::seconds(5));
  EXPECT_EQ(found, std::vector<ProcessIdentity>{child});
}

}  // namespace
}  // namespace terrella::cli
