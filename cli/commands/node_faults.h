// `slow-disk` and `skew`: a PoP's node reads and writes its disk late; its clock is wrong.
#pragma once

#include "cli/app/command.h"

namespace terrella::cli {

Command SlowDiskCommand();
Command SkewCommand();

}  // namespace terrella::cli
