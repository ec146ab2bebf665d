// ExitCode: what a script learns from `terrella` without reading its words. The numbers are a
// promise.
#pragma once

#include <span>

#include "absl/status/status.h"

namespace terrella::cli {

enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,       // the command could not do it, or an assertion of a scenario failed
  kUsage = 2,        // wrong words, flags or values; nothing was done
  kRejected = 3,     // validation or a node refused the code; what served before still serves
  kRolledBack = 4,   // a gate of the rollout tripped; the version of before serves
  kTimedOut = 5,     // the wait ended, the work goes on
  kNotAllowed = 6,   // the control plane does not know who asks, or does not let him
  kUnreachable = 7,  // no control plane (or no cluster) to talk to
  kInterrupted = 130,
};

struct ExitCodeDoc {
  ExitCode code;
  const char* meaning;
};

// Every code with its meaning, in order of number, for `terrella help exit-codes`.
std::span<const ExitCodeDoc> ExitCodeDocs();

// The code for an error that came up from below: UNAUTHENTICATED and PERMISSION_DENIED are
// kNotAllowed, UNAVAILABLE is kUnreachable, DEADLINE_EXCEEDED is kTimedOut, CANCELLED is
// kInterrupted, everything else kFailed.
ExitCode ExitCodeFor(const absl::Status& status);

}  // namespace terrella::cli
