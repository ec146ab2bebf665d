// Escape: the last way out of JavaScript that does not listen.
//
// TerminateExecution is honoured where V8 checks for it: in loops and calls of JavaScript, but not
// inside some built-ins ([].includes on {length: 2**53}), and where V8 finds a size it cannot serve
// it ends the process
// ('a'.repeat(2**28).split('')). Both must cost a worker its isolate and nobody else anything. So a
// turn leaves a jump buffer behind; the watchdog's signal (SIGURG) or V8's own trap (SIGTRAP) jumps
// back to it, and the isolate is abandoned as it stands: never entered, never freed. The leak is
// the price, counted by AbandonedIsolates.
//
// A jump out of the middle of malloc would leave its lock held, so a signal that finds the thread
// outside of V8's own code is let pass; the watchdog sends another a moment later.
//
// Thread: Guarded on any thread; the buffer is thread-local. Turns do not nest.
#pragma once

#include <pthread.h>

#include <cstddef>

namespace terrella::runtime {

enum class EscapeCause { kNone, kStuck, kFatal };

// Once, before JavaScript runs.
void InstallEscape();

// Runs body(data) and returns kNone, or why it was jumped out of (its locals were not destroyed
// then).
EscapeCause RunGuarded(void (*body)(void*), void* data);

// From the watchdog: asks `thread` to leave its turn, if it is in V8's code right now.
void AskToEscape(pthread_t thread);

// How many isolates this process has had to leave behind, and how many of them this thread.
size_t AbandonedIsolates();
size_t AbandonedOnThisThread();

}  // namespace terrella::runtime
