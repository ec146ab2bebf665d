#include "cli/dev/dev_session.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>
#include <system_error>

#include "base/clock.h"
#include "base/status.h"
#include "bundle/packed.h"
#include "cli/app/interrupt.h"
#include "cli/dev/file_watch.h"

namespace terrella::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kSettleMs = 40;  // editors write in several steps

// "*+*+*+*+*": what is behind '=' in a URL.
std::string QueryOf(std::string cron) {
  std::string out;
  for (const char c : cron) {
    if (c == ' ') {
      out += '+';
    } else if (c == '#') {
      out += "%23";
    } else {
      out += c;
    }
  }
  return out;
}

class Session {
 public:
  Session(const DevOptions& options, Output& out) : options_(options), out_(out) {}
  ~Session() {
    std::error_code error;
    if (!folder_.empty()) fs::remove_all(folder_, error);
  }

  ExitCode Run() {
    std::string pattern = (fs::temp_directory_path() / "terrella-dev-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      return out_.Fail(ExitCode::kFailed, "cannot make a temporary folder: {}",
                       std::strerror(errno));
    }
    folder_ = pattern;
    Interrupt interrupt;
    if (absl::Status built = Build(); !built.ok()) {
      const bool missing = absl::IsNotFound(built) || absl::IsUnavailable(built);
      return out_.FailLine(missing ? ExitCode::kFailed : ExitCode::kRejected, Message(built));
    }
    if (!StartNode()) {
      return out_.Fail(ExitCode::kFailed, "cannot start {}: {}", options_.node.string(),
                       std::strerror(errno));
    }
    const ExitCode code = Wait(interrupt);
    close(node_fd_);
    return code;
  }

 private:
  fs::path packed() const { return folder_ / "dev.worker"; }

  absl::Status Build() {
    const SystemClock clock;
    const MonotonicTime began = clock.Now();
    ASSIGN_OR_RETURN(const bundle::Bundle bundle, bundle::LoadBundle(options_.path, options_.load));
    for (const std::string& warning : bundle.warnings) {
      // Those that were said already would only hide the new ones.
      if (said_.insert(warning).second)
        out_.Talk("{} {}", out_.TalkStyled(Style::kYellow, "warning:"), warning);
    }
    watch_.Set(bundle.watch);
    if (bundle.version.id() == version_id_) return absl::OkStatus();
    RETURN_IF_ERROR(bundle::SavePacked(packed(), bundle));
    if (!version_id_.empty()) out_.Talk("built again in {:.0f} ms", ToMs(clock.Now() - began));
    version_id_ = bundle.version.id();
    for (const std::string& cron : bundle.version.crons()) {
      if (said_.insert("cron " + cron).second) {
        out_.Talk(
            "'{}' (UTC) runs scheduled(), here, too; at once: curl "
            "'127.0.0.1:{}/__scheduled?cron={}'",
            cron, options_.port, QueryOf(cron));
      }
    }
    return absl::OkStatus();
  }

  // The node is in our group: Ctrl-C reaches it, too. It does not outlive us.
  bool StartNode() {
    const std::string program = options_.node.string();
    const std::string worker = "--worker=" + packed().string();
    const std::string listen = fmt::format("--listen=127.0.0.1:{}", options_.port);
    // Durable Objects keep what they have until the session ends.
    const std::string actors = "--actors=" + (folder_ / "actors").string();
    const std::string shards = "--shards=" + options_.shards;
    const char* argv[] = {program.c_str(), worker.c_str(),
                          "--watch",       listen.c_str(),
                          actors.c_str(),  options_.shards.empty() ? nullptr : shards.c_str(),
                          nullptr};
    const pid_t parent = getpid();
    node_ = fork();
    if (node_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      if (getppid() == parent) execv(program.c_str(), const_cast<char* const*>(argv));
      _exit(127);
    }
    if (node_ < 0) return false;
    node_fd_ = static_cast<int>(syscall(SYS_pidfd_open, node_, 0));
    return node_fd_ >= 0;
  }

  ExitCode Wait(Interrupt& interrupt) {
    bool changed = false;
    for (;;) {
      pollfd fds[] = {{interrupt.fd(), POLLIN, 0}, {node_fd_, POLLIN, 0}, {watch_.fd(), POLLIN, 0}};
      const int ready = poll(fds, 3, changed ? kSettleMs : -1);
      if (fds[1].revents != 0) return Reap();
      if (interrupt.Raised()) {
        kill(node_, SIGTERM);
        Reap();
        return ExitCode::kOk;
      }
      if (ready == 0 && changed) {
        changed = false;
        Rebuild();
      } else if (watch_.Drain()) {
        changed = true;
      }
    }
  }

  void Rebuild() {
    const absl::Status built = Build();
    // A build writes files, too.
    watch_.Drain();
    const std::string error(Message(built));
    if (!built.ok() && error != last_error_) {
      out_.Talk("{} {}\nThe version before it goes on answering.",
                out_.TalkStyled(Style::kRed, "not built:"), error);
    }
    last_error_ = error;
  }

  ExitCode Reap() {
    int status = 0;
    while (waitpid(node_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status)) : ExitCode::kFailed;
  }

  const DevOptions& options_;
  Output& out_;
  FileWatch watch_;
  fs::path folder_;
  std::string version_id_;
  std::string last_error_;
  std::set<std::string> said_;
  pid_t node_ = -1;
  int node_fd_ = -1;
};

}  // namespace

ExitCode RunDevSession(const DevOptions& options, Output& out) {
  return Session(options, out).Run();
}

}  // namespace terrella::cli
