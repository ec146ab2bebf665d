#include "base/core_dump.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/testing/temp_folder.h"

namespace terrella {
namespace {

// Whether a process that crashes in a folder of its own leaves a core file.
bool LeavesCore(bool forbidden) {
  TempFolder folder;
  const pid_t pid = fork();
  if (pid == 0) {
    rlimit limit{};
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
    if (chdir(folder.path().c_str()) != 0) _exit(3);
    if (forbidden) ForbidCoreDumps();
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    _exit(3);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << status;
  return WCOREDUMP(status);
}

TEST(CoreDumpTest, AProcessThatForbidsThemLeavesNone) {
  EXPECT_FALSE(LeavesCore(true));
  if (!LeavesCore(false)) GTEST_SKIP() << "this system keeps no core files of any process";
}

TEST(CoreDumpTest, ItIsForGood) {
  const pid_t pid = fork();
  if (pid == 0) {
    ForbidCoreDumps();
    rlimit limit{};
    getrlimit(RLIMIT_CORE, &limit);
    _exit(limit.rlim_cur <= 1 && limit.rlim_max <= 1 ? 0 : 3);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace terrella
