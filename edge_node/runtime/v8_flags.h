// The flags V8 runs with, in the snapshot builder and in every process alike: V8 refuses a snapshot
// or a code cache that was made under other flags.
#pragma once

#include <cstddef>

namespace terrella::runtime {

// How much of a thread's stack JavaScript may use.
inline constexpr size_t kStackBytes = 800 * 1024;

// Before V8 is initialised.
void SetV8Flags();

}  // namespace terrella::runtime
