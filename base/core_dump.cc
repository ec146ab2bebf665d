#include "base/core_dump.h"

#include <sys/resource.h>

#include "base/check.h"

namespace terrella {

void ForbidCoreDumps() {
  constexpr rlimit kOneByte{.rlim_cur = 1, .rlim_max = 1};
  if (setrlimit(RLIMIT_CORE, &kOneByte) == 0) return;
  // Who started this process allowed 0 at most, which programs that collect core files heed.
  constexpr rlimit kNothing{.rlim_cur = 0, .rlim_max = 0};
  CHECK(setrlimit(RLIMIT_CORE, &kNothing) == 0);
}

}  // namespace terrella
