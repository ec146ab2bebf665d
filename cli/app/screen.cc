#include "cli/app/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"

namespace terrella::cli {
namespace {

void Put(FILE* out, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out);
  std::fflush(out);
}

}  // namespace

Screen::Screen(FILE* out, Interrupt& interrupt) : out_(out), interrupt_(interrupt) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGWINCH);
  pthread_sigmask(SIG_BLOCK, &signals, &mask_before_);
  resized_fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  CHECK(resized_fd_ >= 0);
  if (termios now; tcgetattr(STDIN_FILENO, &now) == 0) {
    before_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    now.c_cc[VSUSP] = now.c_cc[VQUIT] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }
  Put(out_, "\033[?1049h\033[?25l\033[2J");
}

Screen::~Screen() {
  Put(out_, "\033[?25h\033[?1049l");
  if (before_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
  close(resized_fd_);
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

Screen::Size Screen::size() const {
  winsize window{};
  if (ioctl(fileno(out_), TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) {
    return {};
  }
  return {window.ws_col, window.ws_row};
}

void Screen::Draw(const std::vector<std::string>& lines) {
  // In one write and without clearing the page first, so that nothing flickers. A line is cleared
  // before it is written: after one of full width the cursor stands on its last letter.
  std::string page = "\033[H";
  for (size_t i = 0; i < lines.size(); ++i) {
    page += "\033[K" + lines[i];
    if (i + 1 < lines.size()) page += "\r\n";
  }
  Put(out_, page + "\033[J");
}

Screen::Event Screen::Wait(int timeout_ms, char* key) {
  if (interrupt_.Raised()) return Event::kInterrupted;
  pollfd fds[] = {{interrupt_.fd(), POLLIN, 0},
                  {resized_fd_, POLLIN, 0},
                  {keys_ && before_ ? STDIN_FILENO : -1, POLLIN, 0}};
  if (poll(fds, std::size(fds), timeout_ms) <= 0) return Event::kTimeout;
  if (interrupt_.Raised()) return Event::kInterrupted;
  if (fds[1].revents != 0) {
    signalfd_siginfo info;
    while (read(resized_fd_, &info, sizeof info) == sizeof info) {
    }
    return Event::kResized;
  }
  if (fds[2].revents != 0) {
    if (read(STDIN_FILENO, key, 1) == 1) return Event::kKey;
    keys_ = false;  // nobody is there any more
  }
  return Event::kTimeout;
}

}  // namespace terrella::cli
