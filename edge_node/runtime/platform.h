// FrozenClockPlatform: V8's platform with the clock that JavaScript reads under our hand.
//
// Between two turns of the event loop time stands still for a worker: Date.now() and
// performance.now() cannot time its own computation (Spectre), and the same worker gives the same
// answer under virtual time. Everything else goes to V8's own single-threaded platform.
//
// Thread: any; the frozen time is per thread.
#pragma once

#include <v8-platform.h>

#include <memory>

namespace terrella::runtime {

// Milliseconds since the epoch that JavaScript on this thread sees until the next call.
void SetFrozenTime(double epoch_ms);
double FrozenTime();

std::unique_ptr<v8::Platform> MakePlatform();
// What libplatform's helpers (PumpMessageLoop, NotifyIsolateShutdown) want to be called with.
v8::Platform* InnerPlatform(v8::Platform* platform);

}  // namespace terrella::runtime
