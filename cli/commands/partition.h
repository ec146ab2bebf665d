// `partition` and `rejoin`: a PoP's node and the control plane stop hearing of each other, and hear
// of each other again.
#pragma once

#include "cli/app/command.h"

namespace terrella::cli {

Command PartitionCommand();
Command RejoinCommand();

}  // namespace terrella::cli
