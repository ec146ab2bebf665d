// Help: the overview, the page of a command, and the topics, written from the table of commands.
#pragma once

#include <span>
#include <string>

#include "cli/app/command.h"

namespace terrella::cli {

// `terrella help`: commands by group, one line each.
std::string Overview(std::span<const Command> table);
// `terrella help NAME`: usage, what it does, flags, examples.
std::string CommandPage(const Command& command);
// `terrella help exit-codes` and `terrella help environment`.
std::string ExitCodesPage();
std::string EnvironmentPage();

}  // namespace terrella::cli
