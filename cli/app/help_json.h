// The table of commands as JSON, for who documents, completes or tests `terrella` by program.
#pragma once

#include <span>
#include <string>

#include "cli/app/command.h"

namespace terrella::cli {

// {"commands": [...], "flags": [...], "exit_codes": [...]}: what Overview and the pages say,
// without hidden commands. Every command has the flags of "flags", too.
std::string HelpJson(std::span<const Command> table);

}  // namespace terrella::cli
