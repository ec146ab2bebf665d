// What the rest of the runtime needs of the Engine that its public header must not show (V8 types).
#pragma once

#include <v8.h>

#include "edge_node/runtime/engine.h"

namespace terrella::runtime {

v8::Platform* EnginePlatform(Engine& engine);
// The embedded snapshot in V8's form.
v8::StartupData* SnapshotBlob();

}  // namespace terrella::runtime
