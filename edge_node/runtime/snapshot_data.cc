#include <v8-snapshot.h>

#include "edge_node/runtime/snapshot.h"

// TERRELLA_SNAPSHOT_FILE, TERRELLA_LAZY_FILE: what make_snapshot writes.
#define EMBED(symbol, file)            \
  asm(".section .rodata\n"             \
      ".balign 64\n"                   \
      ".globl " symbol                 \
      "_begin\n"                       \
      ".globl " symbol "_end\n" symbol \
      "_begin:\n"                      \
      ".incbin \"" file "\"\n" symbol  \
      "_end:\n"                        \
      ".byte 0\n"                      \
      ".previous\n")

EMBED("terrella_snapshot", TERRELLA_SNAPSHOT_FILE);
EMBED("terrella_lazy", TERRELLA_LAZY_FILE);

extern "C" const char terrella_snapshot_begin[];
extern "C" const char terrella_snapshot_end[];
extern "C" const char terrella_lazy_begin[];
extern "C" const char terrella_lazy_end[];

namespace terrella::runtime {

std::string_view EmbeddedSnapshot() {
  return {terrella_snapshot_begin,
          static_cast<size_t>(terrella_snapshot_end - terrella_snapshot_begin)};
}

std::string_view EmbeddedLazyCode() {
  return {terrella_lazy_begin, static_cast<size_t>(terrella_lazy_end - terrella_lazy_begin)};
}

}  // namespace terrella::runtime
