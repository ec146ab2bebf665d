// What js/cache.js makes of a RequestInit's `cf` and `cache`, as C++ has it.
//
// Thread: the isolate's.
#pragma once

#include <v8.h>

#include "edge_node/cache/policy/fetch_rules.h"

namespace terrella::runtime {

// Out of [mode, everything, time to live or null, key, [tags], [statuses, time to live, ...]].
cache::FetchRules CacheRulesFromV8(v8::Isolate* isolate, v8::Local<v8::Value> array);

}  // namespace terrella::runtime
