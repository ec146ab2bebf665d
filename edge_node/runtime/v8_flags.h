// The flags V8 runs with, in the snapshot builder and in every process alike: V8 refuses a snapshot
// or a code cache that was made under other flags.
#pragma once

namespace terrella::runtime {

// Before V8 is initialised.
void SetV8Flags();

}  // namespace terrella::runtime
