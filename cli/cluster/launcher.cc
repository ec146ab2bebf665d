#include "cli/cluster/launcher.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/status.h"
#include "cli/cluster/identities.h"

namespace terrella::cli {
namespace {

constexpr size_t kLogBytesMax = 256 << 20;
constexpr int kLookAgainMs = 50;  // how often deaths are looked for while ready files are awaited

// Wakes when a file is put into a folder.
class FolderWatch {
 public:
  explicit FolderWatch(const std::filesystem::path& folder)
      : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    inotify_add_watch(fd_, folder.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE);
  }
  ~FolderWatch() { close(fd_); }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Until something changed, `other_fd` is readable, or `timeout_ms` has passed.
  void Wait(int other_fd, int timeout_ms) const {
    pollfd fds[2] = {{fd_, POLLIN, 0},
                     {other_fd, POLLIN, 0}};  // poll ignores a negative descriptor
    poll(fds, 2, timeout_ms);
    char events[4096];
    while (read(fd_, events, sizeof events) > 0) {
    }
  }

 private:
  int fd_;
};

absl::Status EndedEarly(const ClusterPaths& paths, const Part& part) {
  waitpid(part.process.pid, nullptr, WNOHANG);
  const std::string tail = LogTail(paths, part.name, 8);
  return FailedPrecondition("{} ended before it was ready. The end of its log, {}:\n{}", part.name,
                            paths.log(part.name).string(), tail.empty() ? "  (empty)\n" : tail);
}

absl::Status AwaitReady(const ClusterRecord& record, const ClusterPaths& paths,
                        std::vector<std::string> waiting, const FolderWatch& watch,
                        const StartOptions& options) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + options.ready_timeout;
  const size_t total = waiting.size();
  MonotonicTime look_for_deaths = clock.Now();
  while (true) {
    std::error_code error;
    std::erase_if(waiting, [&](const std::string& name) {
      return std::filesystem::exists(paths.ready(name), error);
    });
    if (options.progress) options.progress(total - waiting.size(), total);
    if (waiting.empty()) return absl::OkStatus();
    if (options.interrupt != nullptr && options.interrupt->Raised())
      return Cancelled("interrupted");
    const bool look = clock.Now() >= look_for_deaths;
    if (look) look_for_deaths = clock.Now() + std::chrono::milliseconds(kLookAgainMs);
    for (const std::string& name : waiting) {
      if (!look) break;
      const Part& part = *record.Find(name);
      if (!IsRunning(part) && !std::filesystem::exists(paths.ready(name), error)) {
        return EndedEarly(paths, part);
      }
    }
    if (clock.Now() >= deadline) {
      return DeadlineExceeded("{} did not become ready within {:.0f} s; see {}",
                              fmt::join(waiting, ", "), ToMs(options.ready_timeout) / 1000,
                              paths.log(waiting.front()).string());
    }
    watch.Wait(options.interrupt == nullptr ? -1 : options.interrupt->fd(), kLookAgainMs);
  }
}

}  // namespace

absl::Status StartParts(ClusterRecord& record, const ClusterPaths& paths, const Programs& programs,
                        const std::vector<std::string>& names, const StartOptions& options) {
  std::error_code error;
  for (const auto& folder : {paths.logs(), paths.run(), paths.control(), paths.dir() / "nodes"}) {
    std::filesystem::create_directories(folder, error);
    if (error) return FailedPrecondition("cannot create {}: {}", folder.string(), error.message());
  }
  RETURN_IF_ERROR(EnsureIdentities(paths, record, names, SystemClock().WallNow()));
  const FolderWatch watch(paths.run());
  absl::Status spawned;
  for (const std::string& name : names) {
    Part* part = record.Find(name);
    if (part == nullptr) return NotFound("no part called '{}'", name);
    std::filesystem::remove(paths.ready(name), error);
    if (part->kind == PartKind::kNode) std::filesystem::create_directories(paths.node(name), error);
    absl::StatusOr<ProcessIdentity> process = Spawn(CommandFor(record, *part, paths, programs));
    if (!process.ok()) {
      spawned = process.status();
      break;
    }
    part->process = *std::move(process);
  }
  RETURN_IF_ERROR(SaveRecord(paths, record));
  RETURN_IF_ERROR(spawned);
  return AwaitReady(record, paths, names, watch, options);
}

Stopped StopParts(ClusterRecord& record, const std::vector<std::string>& names, Duration grace) {
  std::vector<ProcessIdentity> processes;
  Stopped stopped;
  for (const std::string& name : names) {
    const Part* part = record.Find(name);
    if (part == nullptr || !IsRunning(*part)) continue;
    processes.push_back(part->process);
    stopped.ended.push_back(part->name);
  }
  const std::vector<ProcessIdentity> killed = Terminate(processes, grace);
  for (const std::string& name : names) {
    Part* part = record.Find(name);
    if (part == nullptr) continue;
    if (std::find(killed.begin(), killed.end(), part->process) != killed.end()) {
      stopped.killed.push_back(part->name);
    }
    part->process = {};
  }
  return stopped;
}

Stopped StopCluster(ClusterRecord& record, const ClusterPaths& paths, Duration grace) {
  const std::vector<ProcessIdentity> strays = FindStrays(record, paths);
  std::vector<std::string> names;
  for (const Part& part : record.parts) names.push_back(part.name);
  Stopped stopped = StopParts(record, names, grace);
  const std::vector<ProcessIdentity> killed = Terminate(strays, grace);
  for (const ProcessIdentity& stray : strays) {
    stopped.ended.push_back(fmt::format("pid {}", stray.pid));
    if (std::find(killed.begin(), killed.end(), stray) != killed.end()) {
      stopped.killed.push_back(stopped.ended.back());
    }
  }
  return stopped;
}

std::vector<ProcessIdentity> FindStrays(const ClusterRecord& record, const ClusterPaths& paths) {
  std::vector<ProcessIdentity> strays =
      FindByArgument([&](std::string_view argument) { return IsReadyFlagOf(paths, argument); });
  std::erase_if(strays, [&](const ProcessIdentity& process) {
    return std::any_of(record.parts.begin(), record.parts.end(),
                       [&](const Part& part) { return part.process == process; });
  });
  return strays;
}

std::string LogTail(const ClusterPaths& paths, std::string_view part, size_t lines_max) {
  const std::string log = ReadFile(paths.log(part), kLogBytesMax).value_or("");
  size_t start = log.size();
  for (size_t lines = 0; start > 0 && lines < lines_max; ++lines) {
    const size_t newline = start < 2 ? std::string::npos : log.rfind('\n', start - 2);
    start = newline == std::string::npos ? 0 : newline + 1;
  }
  std::string tail;
  while (start < log.size()) {
    const size_t end = std::min(log.find('\n', start), log.size() - 1);
    tail += "  " + log.substr(start, end - start + 1);
    start = end + 1;
  }
  if (!tail.empty() && tail.back() != '\n') tail += '\n';
  return tail;
}

std::vector<std::string> Names(const std::vector<const Part*>& parts) {
  std::vector<std::string> names;
  for (const Part* part : parts) names.push_back(part->name);
  return names;
}

}  // namespace terrella::cli
