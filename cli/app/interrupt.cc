#include "cli/app/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.h"

namespace terrella::cli {

Interrupt::Interrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  CHECK(fd_ >= 0);
}

Interrupt::~Interrupt() {
  Raised();  // one that was noticed must not strike again when unblocked
  close(fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupt::Raised() {
  signalfd_siginfo info;
  while (read(fd_, &info, sizeof info) == sizeof info) raised_ = true;
  return raised_;
}

bool Interrupt::Wait(int timeout_ms) {
  if (Raised()) return true;
  pollfd poll_fd{fd_, POLLIN, 0};
  poll(&poll_fd, 1, timeout_ms);
  return Raised();
}

}  // namespace terrella::cli
