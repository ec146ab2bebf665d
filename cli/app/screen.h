// Screen: the whole terminal for a page that is drawn again and again, given back as it was.
//
// While one exists the terminal shows another buffer without a cursor, keys come one by one and are
// not echoed, and Ctrl-C still is a signal: make an Interrupt first, so that it ends the page and
// not the process. Ctrl-Z and Ctrl-\ do nothing meanwhile.
//
// Thread: one. Owns: the terminal's state.
#pragma once

#include <termios.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "cli/app/interrupt.h"

namespace terrella::cli {

class Screen {
 public:
  struct Size {
    size_t columns = 80, lines = 24;
  };
  enum class Event { kTimeout, kResized, kKey, kInterrupted };

  // `out` is a terminal; `interrupt` outlives the screen.
  Screen(FILE* out, Interrupt& interrupt);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  Size size() const;
  // Shows the lines from the top; no line may be longer than the screen.
  void Draw(const std::vector<std::string>& lines);
  // Waits for one of these, `timeout_ms` at most. `key` is set with kKey.
  Event Wait(int timeout_ms, char* key);

 private:
  FILE* const out_;
  Interrupt& interrupt_;
  std::optional<termios> before_;  // of standard input, when it is a terminal
  sigset_t mask_before_;
  int resized_fd_;  // readable once the terminal has changed its size
  bool keys_ = true;
};

}  // namespace terrella::cli
