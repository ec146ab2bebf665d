// ForbidCoreDumps: a crash of this process leaves no copy of its memory, where secrets are.
//
// The limit is 1 byte and not 0: Linux heeds no limit where core files go to a program (a pipe in
// kernel.core_pattern), except this one; and a file of 1 byte is too small to be begun. Who wants
// to look into a process attaches a debugger, which this leaves possible.
#pragma once

namespace terrella {

// For good, also of what this process starts. Aborts when the system refuses, which it does not.
void ForbidCoreDumps();

}  // namespace terrella
