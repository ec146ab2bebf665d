// CHECK: ends the process when an invariant of ours is broken, with the place and the expression.
//
// A peer's mistake is never a CHECK: it is an absl::Status. DCHECK is the same for hot paths and is
// compiled out in release builds.
#pragma once

namespace terrella {
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression);
}  // namespace terrella

#define CHECK(expression)                        \
  (__builtin_expect(!!(expression), 1) ? (void)0 \
                                       : ::terrella::CheckFailed(__FILE__, __LINE__, #expression))

#ifdef NDEBUG
#define DCHECK(expression) ((void)sizeof(!!(expression)))
#else
#define DCHECK(expression) CHECK(expression)
#endif
