#include "edge_node/faults/fault_signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/log.h"

namespace terrella::edge {
namespace {

// As cli/commands/node_faults.cc sends them.
int DiskSignal() {
  return SIGRTMIN + 1;
}
int ClockSignal() {
  return SIGRTMIN + 2;
}

sigset_t OurSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, DiskSignal());
  sigaddset(&set, ClockSignal());
  return set;
}

}  // namespace

void FaultSignals::Block() {
  const sigset_t ours = OurSignals();
  CHECK(pthread_sigmask(SIG_BLOCK, &ours, nullptr) == 0);
}

FaultSignals::FaultSignals(EventLoop& loop, NodeFaults& faults) : faults_(faults) {
  const sigset_t ours = OurSignals();
  fd_ = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0) {
    LogWarn("nobody can make the disk slow or the clock wrong: {}", std::strerror(errno));
    return;
  }
  poll_ = new uv_poll_t;
  poll_->data = this;
  uv_poll_init(loop.uv(), poll_, fd_);
  uv_poll_start(poll_, UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<FaultSignals*>(poll->data)->Read(); });
  faults_.disk.set_look([this] { Read(); });
}

FaultSignals::~FaultSignals() {
  if (poll_ == nullptr) return;
  faults_.disk.set_look(nullptr);
  uv_poll_stop(poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(poll_),
           [](uv_handle_t* closed) { delete reinterpret_cast<uv_poll_t*>(closed); });
  close(fd_);
}

void FaultSignals::Read() {
  std::lock_guard lock(mutex_);
  signalfd_siginfo info;
  while (read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const auto number = static_cast<int>(info.ssi_signo);
    if (info.ssi_code != SI_QUEUE) {
      LogWarn("signal {} came without a number of milliseconds (sigqueue): ignored", number);
      continue;
    }
    const auto given = std::chrono::milliseconds(info.ssi_int);
    if (number == DiskSignal()) OnDisk(given);
    if (number == ClockSignal()) OnClock(given);
  }
}

void FaultSignals::OnDisk(Duration delay) {
  if (delay < Duration(0) || delay > DiskPace::kDelayMax) {
    return LogWarn("a disk {:.0f} ms slower was asked for: expected 0 to {:.0f}", ToMs(delay),
                   ToMs(DiskPace::kDelayMax));
  }
  LogInfo("each read and write of the disk takes {:.0f} ms longer", ToMs(delay));
  faults_.disk.SetDelay(delay);
}

void FaultSignals::OnClock(Duration skew) {
  if (skew < -SkewedClock::kSkewMax || skew > SkewedClock::kSkewMax) {
    return LogWarn("a clock {:.0f} ms ahead was asked for: expected at most {:.0f} either way",
                   ToMs(skew), ToMs(SkewedClock::kSkewMax));
  }
  LogInfo("the clock is {:+.0f} ms off the machine's", ToMs(skew));
  faults_.clock.SetSkew(skew);
}

}  // namespace terrella::edge
