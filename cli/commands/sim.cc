#include "cli/commands/commands.h"

namespace terrella::cli {
Command SimRunCommand() {
  return {.name = "sim run"};
}
Command SimCheckCommand() {
  return {.name = "sim check"};
}
}  // namespace terrella::cli
