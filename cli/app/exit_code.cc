#include "cli/app/exit_code.h"

#include <array>

namespace terrella::cli {

std::span<const ExitCodeDoc> ExitCodeDocs() {
  static constexpr std::array<ExitCodeDoc, 9> kDocs = {{
      {ExitCode::kOk, "done"},
      {ExitCode::kFailed, "could not be done, or an assertion of a scenario failed"},
      {ExitCode::kUsage, "usage: unknown command or flag, bad value; nothing was done"},
      {ExitCode::kRejected,
       "rejected: the code failed validation or a node refused it; what served "
       "before still serves"},
      {ExitCode::kRolledBack,
       "rolled back: a gate of the rollout tripped, the version of before serves"},
      {ExitCode::kTimedOut, "the wait timed out; the work itself goes on"},
      {ExitCode::kNotAllowed,
       "not allowed: no certificate or token that the control plane knows, or not for this"},
      {ExitCode::kUnreachable, "the control plane cannot be reached, or no cluster is running"},
      {ExitCode::kInterrupted, "interrupted (Ctrl-C)"},
  }};
  return kDocs;
}

ExitCode ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kNotAllowed;
    case absl::StatusCode::kUnavailable:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kTimedOut;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kFailed;
  }
}

}  // namespace terrella::cli
