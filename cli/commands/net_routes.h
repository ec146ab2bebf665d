// `net catchment --origin`: how every AS reaches one that announces a prefix to all its neighbours.
#pragma once

#include "cli/app/exit_code.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

// Reads --graph, --origin, --dump.
ExitCode RunRoutesTo(Invocation& in);

}  // namespace terrella::cli
