#include "cli/cluster/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/file.h"
#include "base/status.h"

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot to say so itself
}
extern char** environ;

namespace terrella::cli {
namespace {

constexpr size_t kProcFileBytesMax = 1 << 20;

// Closes a descriptor when it goes.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string ProcPath(int pid, std::string_view file) {
  return fmt::format("/proc/{}/{}", pid, file);
}

// Fields of /proc/PID/stat after the command's name, which may itself hold spaces and parentheses:
// [0] is the state, field 3 of proc(5).
std::vector<std::string> StatFields(int pid) {
  const absl::StatusOr<std::string> stat = ReadFile(ProcPath(pid, "stat"), kProcFileBytesMax);
  if (!stat.ok()) return {};
  const size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos) return {};
  std::vector<std::string> fields;
  size_t at = name_end + 1;
  while (at < stat->size()) {
    const size_t start = stat->find_first_not_of(" \n", at);
    if (start == std::string::npos) break;
    at = std::min(stat->find_first_of(" \n", start), stat->size());
    fields.push_back(stat->substr(start, at - start));
  }
  return fields;
}

uint64_t ToNumber(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// A pidfd of that very process, or -1.
Fd OpenProcess(const ProcessIdentity& process) {
  if (process.pid <= 0) return Fd(-1);
  Fd fd(pidfd_open(process.pid, 0));
  // Checked after opening: from here on the descriptor names whoever we looked at.
  if (fd.get() < 0 || IdentifyProcess(process.pid) != process) return Fd(-1);
  return fd;
}

// Waits until every descriptor says its process has ended, or `timeout` passes; true when all have.
bool WaitForExit(const std::vector<Fd>& processes, Duration timeout) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + timeout;
  for (const Fd& process : processes) {
    pollfd poll_fd{process.get(), POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.Now()).count();
    if (poll(&poll_fd, 1, static_cast<int>(std::max<int64_t>(0, left))) <= 0) return false;
  }
  return true;
}

// Children of ours that ended stay zombies until they are waited for; others are their parent's
// matter.
void Reap(std::span<const ProcessIdentity> processes) {
  for (const ProcessIdentity& process : processes) waitpid(process.pid, nullptr, WNOHANG);
}

}  // namespace

std::optional<ProcessIdentity> IdentifyProcess(int pid) {
  const std::vector<std::string> stat = StatFields(pid);
  if (stat.size() < 20 || stat[0] == "Z" || stat[0] == "X") return std::nullopt;
  char exe[4096];
  const ssize_t length = readlink(ProcPath(pid, "exe").c_str(), exe, sizeof exe);
  if (length <= 0) return std::nullopt;
  std::string path(exe, static_cast<size_t>(length));
  // The program's file was replaced under it, by a rebuild for instance; it is still the same
  // process.
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return ProcessIdentity{pid, ToNumber(stat[19]), std::move(path)};
}

bool IsAlive(const ProcessIdentity& process) {
  return process.pid > 0 && IdentifyProcess(process.pid) == process;
}

std::string BootId() {
  std::string id = ReadFile("/proc/sys/kernel/random/boot_id", 100).value_or("");
  std::erase(id, '\n');
  return id;
}

MemoryUse MemoryOf(const ProcessIdentity& process) {
  if (!IsAlive(process)) return {};
  const std::string text =
      ReadFile(ProcPath(process.pid, "smaps_rollup"), kProcFileBytesMax).value_or("");
  const auto bytes_of = [&](std::string_view field) -> uint64_t {
    const size_t at = text.find(fmt::format("\n{}:", field));
    if (at == std::string::npos) return 0;
    const size_t digits = text.find_first_of("0123456789", at);
    return digits == std::string::npos ? 0 : ToNumber(std::string_view(text).substr(digits)) * 1024;
  };
  return {bytes_of("Pss"), bytes_of("Private_Clean") + bytes_of("Private_Dirty")};
}

absl::StatusOr<ProcessIdentity> Spawn(const SpawnOptions& options) {
  std::vector<std::string> words = {options.program.string()};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, options.log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, options.program.c_str(), &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error == ENOENT) {
    return NotFound("cannot start {}: no such program (or its log folder {} is gone)",
                    options.program.string(), options.log.parent_path().string());
  }
  if (error != 0) {
    return Internal("cannot start {}: {}", options.program.string(), std::strerror(error));
  }
  const std::optional<ProcessIdentity> identity = IdentifyProcess(pid);
  // It ended between exec and now: it keeps its number, because we have not waited for it.
  return identity.value_or(ProcessIdentity{pid, 0, options.program.string()});
}

bool SendSignal(const ProcessIdentity& process, int signal) {
  const Fd fd = OpenProcess(process);
  return fd.get() >= 0 && pidfd_send_signal(fd.get(), signal, nullptr, 0) == 0;
}

bool SendSignalWith(const ProcessIdentity& process, int signal, int value) {
  const Fd fd = OpenProcess(process);
  siginfo_t info{};
  info.si_signo = signal;
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_value.sival_int = value;
  return fd.get() >= 0 && pidfd_send_signal(fd.get(), signal, &info, 0) == 0;
}

std::vector<ProcessIdentity> Terminate(std::span<const ProcessIdentity> processes, Duration grace) {
  std::vector<ProcessIdentity> ours;
  std::vector<Fd> open;
  for (const ProcessIdentity& process : processes) {
    Fd fd = OpenProcess(process);
    if (fd.get() < 0) continue;
    pidfd_send_signal(fd.get(), SIGTERM, nullptr, 0);
    ours.push_back(process);
    open.push_back(std::move(fd));
  }
  std::vector<ProcessIdentity> killed;
  if (!WaitForExit(open, grace)) {
    for (size_t i = 0; i < ours.size(); ++i) {
      if (!IsAlive(ours[i])) continue;
      pidfd_send_signal(open[i].get(), SIGKILL, nullptr, 0);
      killed.push_back(ours[i]);
    }
    WaitForExit(open, std::chrono::seconds(5));
  }
  Reap(ours);
  return killed;
}

std::vector<ProcessIdentity> FindByArgument(
    const std::function<bool(std::string_view argument)>& matches) {
  std::vector<ProcessIdentity> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.empty() || name.find_first_not_of("0123456789") != std::string::npos) continue;
    const int pid = static_cast<int>(ToNumber(name));
    const absl::StatusOr<std::string> line = ReadFile(ProcPath(pid, "cmdline"), kProcFileBytesMax);
    if (!line.ok() || pid == getpid()) continue;
    size_t start = line->find('\0');  // past the program's name
    bool match = false;
    while (start != std::string::npos && ++start < line->size() && !match) {
      const size_t end = std::min(line->find('\0', start), line->size());
      match = matches(std::string_view(*line).substr(start, end - start));
      start = end;
    }
    if (!match) continue;
    if (auto identity = IdentifyProcess(pid)) found.push_back(*std::move(identity));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return found;
}

}  // namespace terrella::cli
