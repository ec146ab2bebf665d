#include <v8-snapshot.h>

#include "edge_node/runtime/snapshot.h"

// TERRELLA_SNAPSHOT_FILE: the output of make_snapshot.
asm(".section .rodata\n"
    ".balign 64\n"
    ".globl terrella_snapshot_begin\n"
    ".globl terrella_snapshot_end\n"
    "terrella_snapshot_begin:\n"
    ".incbin \"" TERRELLA_SNAPSHOT_FILE
    "\"\n"
    "terrella_snapshot_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char terrella_snapshot_begin[];
extern "C" const char terrella_snapshot_end[];

namespace terrella::runtime {

std::string_view EmbeddedSnapshot() {
  return {terrella_snapshot_begin,
          static_cast<size_t>(terrella_snapshot_end - terrella_snapshot_begin)};
}

}  // namespace terrella::runtime
