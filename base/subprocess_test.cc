#include "base/subprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "base/testing/temp_folder.h"

namespace terrella {
namespace {

SubprocessOptions Shell(std::string command) {
  return {.argv = {"sh", "-c", std::move(command)}};
}

TEST(Subprocess, CollectsBothStreamsAndTheExitCode) {
  auto result = RunSubprocess(Shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->out, "out\n");
  EXPECT_EQ(result->err, "err\n");
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(RunSubprocess(Shell("kill -9 $$"))->exit_code, 128 + 9);
}

TEST(Subprocess, HasAFolderAnEnvironmentAndNoInput) {
  SubprocessOptions options = Shell("cat; pwd; echo $TERRELLA_X $HOME");
  options.cwd = "/";
  options.env = {"TERRELLA_X=1", "HOME=/nowhere"};
  EXPECT_EQ(RunSubprocess(options)->out, "/\n1 /nowhere\n");
}

TEST(Subprocess, DropsWhatIsBeyondTheLimit) {
  SubprocessOptions options = Shell("head -c 300000 /dev/zero; echo end >&2");
  options.output_bytes_max = 1000;
  auto result = RunSubprocess(options);
  EXPECT_EQ(result->out.size(), 1000u);
  EXPECT_EQ(result->err, "end\n");
}

TEST(Subprocess, IsKilledWithItsChildrenWhenTheTimeIsUp) {
  SubprocessOptions options = Shell("sleep 60 & sleep 60");
  options.timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(Message(RunSubprocess(options).status()), "sh did not end within 0 s");
}

TEST(Subprocess, NamesAProgramThatIsNotThere) {
  auto result = RunSubprocess({.argv = {"terrella-no-such-program"}});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Message(result.status()), "there is no program 'terrella-no-such-program'");
}

}  // namespace
}  // namespace terrella
