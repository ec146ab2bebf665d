#include "cli/sim/own_commands.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/file.h"
#include "base/signed_duration.h"
#include "base/status.h"
#include "bundle/bundle.h"
#include "bundle/rollout_plan.h"

namespace terrella::cli {
namespace {

constexpr size_t kMessageBytesMax = 4096;

// What the child said on stderr, at most kMessageBytesMax of it, without the final newline.
std::string ReadAll(int fd) {
  std::string out;
  char buffer[1024];
  while (true) {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (out.size() < kMessageBytesMax) out.append(buffer, static_cast<size_t>(n));
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace

absl::Status OwnCommands::RunSelf(std::vector<std::string> words) const {
  words.insert(words.begin(), "terrella");
  words.insert(words.end(), {"--cluster", cluster_, "--quiet"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) return Internal("pipe: {}", std::strerror(errno));
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, pipe_fds[1], 2);
  // Our Ctrl-C ends the run, not the step under way; the child starts with a clear signal mask.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  int error = posix_spawn(&pid, "/proc/self/exe", &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  close(pipe_fds[1]);
  std::string said = error == 0 ? ReadAll(pipe_fds[0]) : "";
  close(pipe_fds[0]);
  if (error != 0) return Internal("cannot start terrella: {}", std::strerror(error));

  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return FailedPrecondition("{}",
                            said.empty() ? fmt::format("terrella {} failed", words[1]) : said);
}

absl::Status OwnCommands::Deploy(const std::string& path, const std::string& name,
                                 std::vector<std::string> flags) {
  std::vector<std::string> words = {"deploy", (folder_ / path).lexically_normal().string()};
  if (!name.empty()) words.insert(words.end(), {"--name", name});
  for (const std::string& origin : origins_) words.insert(words.end(), {"--origin", origin});
  words.insert(words.end(), flags.begin(), flags.end());
  return RunSelf(std::move(words));
}

absl::Status OwnCommands::PurgeCaches(const std::string& path, const std::string& name) {
  ASSIGN_OR_RETURN(const bundle::Bundle worker, bundle::LoadBundle(folder_ / path, {.name = name}));
  return RunSelf({"purge", worker.version.script(), "--everything"});
}

absl::Status OwnCommands::BeginRollout(const sim::TimelineEvent& event) {
  const std::filesystem::path plan =
      std::filesystem::temp_directory_path() / fmt::format("terrella-rollout-{}.toml", getpid());
  RETURN_IF_ERROR(WriteFileAtomic(plan, bundle::RolloutPlanText(*event.rollout)));
  const absl::Status begun =
      Deploy(event.target, event.script, {"--rollout", plan.string(), "--detach"});
  std::error_code gone;
  std::filesystem::remove(plan, gone);
  return begun;
}

absl::Status OwnCommands::Disturb(const sim::TimelineEvent& event) {
  const bool is_disk = event.action == sim::TimelineEvent::Action::kSlowDisk;
  RETURN_IF_ERROR(
      RunSelf({is_disk ? "slow-disk" : "skew", event.target, SignedDurationText(event.by)}));
  std::set<std::string>& disturbed = is_disk ? slow_ : skewed_;
  if (event.by == Duration(0)) {
    disturbed.erase(event.target);
  } else {
    disturbed.insert(event.target);
  }
  return absl::OkStatus();
}

absl::Status OwnCommands::Perform(const sim::TimelineEvent& event) {
  using enum sim::TimelineEvent::Action;
  if (sim::HasAmount(event.action)) return Disturb(event);
  if (event.action == kDeploy && event.rollout) return BeginRollout(event);
  if (event.action == kDeploy) return Deploy(event.target, event.script);
  if (event.action == kPurge) return RunSelf({"purge", event.target, "--everything"});
  absl::Status status = RunSelf({std::string(sim::ActionName(event.action)), event.target});
  if (!status.ok()) return status;
  if (event.action == kKill) {
    dead_.insert(event.target);
    // The next process has none of it.
    for (std::set<std::string>* wrong : {&apart_, &slow_, &skewed_}) wrong->erase(event.target);
  }
  if (event.action == kStart) dead_.erase(event.target);
  if (event.action == kPartition) apart_.insert(event.target);
  if (event.action == kRejoin) apart_.erase(event.target);
  return status;
}

}  // namespace terrella::cli
