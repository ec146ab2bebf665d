// What the rest of the runtime needs of the Engine that its public header must not show (V8 types).
#pragma once

#include <v8.h>

#include "edge_node/runtime/engine.h"

namespace terrella::runtime {

v8::Platform* EnginePlatform(Engine& engine);
// Runs V8's own foreground tasks (finalization registries, delayed collection) that are due.
bool PumpPlatform(Engine& engine, v8::Isolate* isolate);
// Drops V8's tasks for an isolate that is about to be disposed of.
void ForgetIsolate(Engine& engine, v8::Isolate* isolate);
// The embedded snapshot in V8's form.
v8::StartupData* SnapshotBlob();

}  // namespace terrella::runtime
