#include "edge_node/runtime/v8_flags.h"

#include <v8.h>

namespace terrella::runtime {

void SetV8Flags() {
  v8::V8::SetFlagsFromString(
      // One node is one of hundreds of processes on a machine: helper threads per process would
      // only fight over the cores, and what they do would escape the CPU budget of the worker that
      // caused it.
      "--single-threaded "
      // No shared memory: with it a worker could build the fine clock that frozen time denies it.
      "--no-harmony-sharedarraybuffer "
      // The snapshot is linked into the binary: what could damage it could damage the code as well.
      "--no-verify-snapshot-checksum "
      // 64 KiB pages; one memory may not outgrow the isolate's whole allowance of 128 MiB.
      "--wasm-max-mem-pages=2048 "
      "--stack-size=800");
  static_assert(kStackBytes == 800 * 1024);
}

}  // namespace terrella::runtime
