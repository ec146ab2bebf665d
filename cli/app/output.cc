#include "cli/app/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "base/status.h"

namespace terrella::cli {
namespace {

const char* StyleCode(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\033[1m";
    case Style::kDim:
      return "\033[2m";
    case Style::kGreen:
      return "\033[32m";
    case Style::kYellow:
      return "\033[33m";
    case Style::kRed:
      return "\033[31m";
  }
  return "";
}

std::string Styled(bool on, Style style, std::string_view text) {
  if (!on || style == Style::kPlain) return std::string(text);
  return fmt::format("{}{}\033[0m", StyleCode(style), text);
}

}  // namespace

OutputOptions DetectOutput() {
  OutputOptions options;
  options.data_is_terminal = isatty(STDOUT_FILENO) == 1;
  options.talk_is_terminal = isatty(STDERR_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  options.color = (no_color == nullptr || *no_color == 0) && !dumb;
  if (dumb) options.talk_is_terminal = false;  // no in-place progress
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    options.columns = size.ws_col;
  return options;
}

void Output::Write(std::string_view bytes) {
  ClearProgress();
  std::fwrite(bytes.data(), 1, bytes.size(), options_.data);
  std::fflush(options_.data);
}

void Output::TalkLine(std::string_view line) {
  if (options_.quiet) return;
  ClearProgress();
  fmt::print(options_.talk, "{}\n", line);
}

ExitCode Output::FailLine(ExitCode code, std::string_view line) {
  ClearProgress();
  fmt::print(options_.talk, "{} {}\n", TalkStyled(Style::kRed, "terrella:"), line);
  return code;
}

ExitCode Output::Fail(const absl::Status& status) {
  return FailLine(ExitCodeFor(status), Message(status));
}

void Output::Progress(std::string_view text) {
  if (options_.quiet || !options_.talk_is_terminal) return;
  // One cell is left free: a full line would wrap and could not be taken back.
  const size_t width = options_.columns > 1 ? static_cast<size_t>(options_.columns - 1) : 79;
  fmt::print(options_.talk, "\r\033[K{}", text.substr(0, width));
  std::fflush(options_.talk);
  progress_shown_ = true;
}

void Output::ClearProgress() {
  if (!progress_shown_) return;
  fmt::print(options_.talk, "\r\033[K");
  std::fflush(options_.talk);
  progress_shown_ = false;
}

std::string Output::DataStyled(Style style, std::string_view text) const {
  return Styled(options_.color && options_.data_is_terminal, style, text);
}

std::string Output::TalkStyled(Style style, std::string_view text) const {
  return Styled(options_.color && options_.talk_is_terminal, style, text);
}

}  // namespace terrella::cli
