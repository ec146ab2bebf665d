// WorkLimit: whether a computation has to stop before it is done.
//
// The watchdog can end JavaScript, not what C++ computes for it. So everything a worker can make
// long (key generation, derivation, a digest of its whole memory) asks this from time to time, at
// least once in about a millisecond, and gives up with DeadlineExceeded when it says so.
#pragma once

#include "absl/functional/function_ref.h"
#include "base/status.h"

namespace terrella::runtime {

// True: stop now. It stays true once it was.
using WorkLimit = absl::FunctionRef<bool()>;

inline bool Unlimited() {
  return false;
}

inline absl::Status WorkLimitExceeded() {
  return DeadlineExceeded("stopped: it takes more CPU time than the worker may use");
}

// Bytes of input between two looks at the limit: a fraction of a millisecond of the slowest digest.
inline constexpr size_t kBytesBetweenLooks = 256 << 10;

}  // namespace terrella::runtime
