#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/status.h"

extern char** environ;

namespace terrella {
namespace {

// A pipe whose reading end stays with us.
class Pipe {
 public:
  Pipe() { open_ = pipe2(fds_, O_CLOEXEC) == 0; }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool open() const { return open_; }
  int read_fd() const { return fds_[0]; }
  int write_fd() const { return fds_[1]; }
  void CloseRead() { Close(fds_[0]); }
  void CloseWrite() { Close(fds_[1]); }

 private:
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  int fds_[2] = {-1, -1};
  bool open_ = false;
};

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> Environment(const std::vector<std::string>& more) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view ours = *entry;
    const std::string_view name = ours.substr(0, ours.find('=') + 1);
    bool replaced = false;
    for (const std::string& theirs : more) replaced |= theirs.starts_with(name);
    if (!replaced) out.emplace_back(ours);
  }
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

// The process in a group of its own, so that all it starts can be ended with it. Errno, or 0.
int Start(const SubprocessOptions& options, const Pipe& out, const Pipe& err, pid_t& pid) {
  std::vector<std::string> words = options.argv;
  std::vector<std::string> env = Environment(options.env);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_fd(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_fd(), 2);
  if (!options.cwd.empty()) posix_spawn_file_actions_addchdir_np(&actions, options.cwd.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  const int failed = posix_spawnp(&pid, words[0].c_str(), &actions, &attributes,
                                  Pointers(words).data(), Pointers(env).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

// Reads what is there; false at the end of the stream.
bool Drain(int fd, std::string& into, size_t bytes_max) {
  char buffer[65536];
  const ssize_t n = read(fd, buffer, sizeof buffer);
  if (n > 0) {
    const size_t room = bytes_max - std::min(bytes_max, into.size());
    into.append(buffer, std::min(room, static_cast<size_t>(n)));
  }
  return n > 0 || (n < 0 && errno == EINTR);
}

enum class End { kItself, kTimeUp, kCancelled };

// Until both streams have ended.
End Collect(const SubprocessOptions& options, Pipe& out, Pipe& err, SubprocessResult& result) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + options.timeout;
  while (out.read_fd() >= 0 || err.read_fd() >= 0) {
    const double left_ms = ToMs(deadline - clock.Now());
    if (left_ms <= 0) return End::kTimeUp;
    if (options.go_on && !options.go_on()) return End::kCancelled;
    pollfd fds[2] = {{out.read_fd(), POLLIN, 0}, {err.read_fd(), POLLIN, 0}};
    poll(fds, 2, static_cast<int>(std::min(left_ms + 1, options.go_on ? 100.0 : 1000.0)));
    if (fds[0].revents != 0 && !Drain(out.read_fd(), result.out, options.output_bytes_max)) {
      out.CloseRead();
    }
    if (fds[1].revents != 0 && !Drain(err.read_fd(), result.err, options.output_bytes_max)) {
      err.CloseRead();
    }
  }
  return End::kItself;
}

}  // namespace

absl::StatusOr<SubprocessResult> RunSubprocess(const SubprocessOptions& options) {
  const std::string& program = options.argv.at(0);
  Pipe out;
  Pipe err;
  if (!out.open() || !err.open())
    return Unavailable("cannot make a pipe: {}", std::strerror(errno));
  pid_t pid = 0;
  if (const int failed = Start(options, out, err, pid); failed != 0) {
    if (failed == ENOENT) return NotFound("there is no program '{}'", program);
    return Unavailable("cannot start {}: {}", program, std::strerror(failed));
  }
  out.CloseWrite();
  err.CloseWrite();
  SubprocessResult result;
  const End end = Collect(options, out, err, result);
  if (end != End::kItself) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (end == End::kCancelled) return Cancelled("{} was ended", program);
  if (end == End::kTimeUp) {
    return DeadlineExceeded("{} did not end within {:.0f} s", program,
                            ToMs(options.timeout) / 1000);
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace terrella
