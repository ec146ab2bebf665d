// FrozenClockPlatform: V8's platform with the clock that JavaScript reads under our hand.
//
// Between two turns of the event loop time stands still for a worker: Date.now() and
// performance.now() cannot time its own computation (Spectre), and the same worker gives the same
// answer under virtual time. V8's tasks for an isolate wait for the end of a turn (turn_tasks.h).
// Everything else goes to V8's own single-threaded platform.
//
// Thread: any; the frozen time is per thread.
#pragma once

#include <v8-platform.h>

#include <memory>

#include "edge_node/runtime/turn_tasks.h"

namespace terrella::runtime {

// Milliseconds since the epoch that JavaScript on this thread sees until the next call.
void SetFrozenTime(double epoch_ms);
double FrozenTime();

std::unique_ptr<v8::Platform> MakePlatform();
// Where the platform that was made keeps V8's tasks for an isolate, until it is told to forget
// them.
std::shared_ptr<TurnTasks> TasksOf(v8::Platform* platform, v8::Isolate* isolate);
void ForgetTasks(v8::Platform* platform, v8::Isolate* isolate);

}  // namespace terrella::runtime
