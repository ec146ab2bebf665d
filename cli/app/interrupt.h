// Interrupt: Ctrl-C and SIGTERM as something to wait for instead of the end of the process.
//
// While one exists both signals are blocked and readable from fd(); afterwards they act as before.
// Make it before threads that must not receive them. A child is to be started with a clear mask.
#pragma once

#include <csignal>

namespace terrella::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Readable once a signal has come.
  int fd() const { return fd_; }
  // True from the first signal on; reads it off the descriptor.
  bool Raised();
  // Waits until a signal comes or `timeout_ms` passes; Raised().
  bool Wait(int timeout_ms);

 private:
  sigset_t before_;
  int fd_;
  bool raised_ = false;
};

}  // namespace terrella::cli
