// A signal with a number beside it, to one process of this machine.
#pragma once

#include "cli/cluster/process.h"

namespace terrella::cli {

// As SendSignal, with `value` as sigqueue has it.
bool SendSignalWith(const ProcessIdentity& process, int signal, int value);

}  // namespace terrella::cli
