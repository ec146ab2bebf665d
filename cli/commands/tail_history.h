// ShowTailHistory: `tail --since`: what was kept of a worker, the oldest first, in the shapes that
// a live tail has.
//
// Thread: the command's.
#pragma once

#include <cstdint>

#include "cli/app/exit_code.h"
#include "cli/commands/invocation.h"
#include "terrella/v1/tail.pb.h"

namespace terrella::cli {

// Shows the newest events that the request asks for, `limit` of them at most.
ExitCode ShowTailHistory(Invocation& in, v1::TailHistoryRequest request, int64_t limit);

}  // namespace terrella::cli
