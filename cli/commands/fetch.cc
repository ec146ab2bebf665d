#include "cli/commands/commands.h"
namespace terrella::cli {
Command FetchCommand() {
  return {.name = "fetch"};
}
Command SimRunCommand() {
  return {.name = "sim run"};
}
Command SimCheckCommand() {
  return {.name = "sim check"};
}
}  // namespace terrella::cli
