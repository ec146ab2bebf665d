// Output: what a command says. Data goes to stdout, talk to stderr, so that `terrella ... | jq`
// never meets a banner.
//
// Talk is silenced by --quiet; errors never are. Progress is drawn in place on a terminal and is
// one plain line, at its end, everywhere else. Colours only on a terminal and never with NO_COLOR
// (https://no-color.org). Thread: one.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "cli/app/exit_code.h"

namespace terrella::cli {

struct OutputOptions {
  FILE* data = stdout;
  FILE* talk = stderr;
  bool json = false;
  bool quiet = false;
  bool data_is_terminal = false;
  bool talk_is_terminal = false;
  bool color = false;
  int columns = 80;
};

// What the two streams and the environment (NO_COLOR, TERM) allow.
OutputOptions DetectOutput();

enum class Style { kPlain, kBold, kDim, kGreen, kYellow, kRed };

class Output {
 public:
  explicit Output(const OutputOptions& options) : options_(options) {}
  ~Output() { ClearProgress(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool json() const { return options_.json; }
  bool talk_is_terminal() const { return options_.talk_is_terminal; }
  void set_json(bool json) { options_.json = json; }
  void set_quiet(bool quiet) { options_.quiet = quiet; }
  const OutputOptions& options() const { return options_; }

  // Bytes of data, as they are.
  void Write(std::string_view bytes);
  template <class... Args>
  void Data(fmt::format_string<Args...> format, Args&&... args) {
    Write(fmt::format(format, std::forward<Args>(args)...) + "\n");
  }
  template <class... Args>
  void Talk(fmt::format_string<Args...> format, Args&&... args) {
    TalkLine(fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  ExitCode Fail(ExitCode code, fmt::format_string<Args...> format, Args&&... args) {
    return FailLine(code, fmt::format(format, std::forward<Args>(args)...));
  }
  // Says the status' message; the code is ExitCodeFor(status).
  ExitCode Fail(const absl::Status& status);

  // Shows where long work stands; replaced by the next call.
  void Progress(std::string_view text);
  void ClearProgress();

  // `text` in a style where the data (or talk) stream shows styles.
  std::string DataStyled(Style style, std::string_view text) const;
  std::string TalkStyled(Style style, std::string_view text) const;

  void TalkLine(std::string_view line);
  ExitCode FailLine(ExitCode code, std::string_view line);

 private:
  OutputOptions options_;
  bool progress_shown_ = false;
};

}  // namespace terrella::cli
