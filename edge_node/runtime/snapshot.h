// The start-up snapshot: a V8 heap with every Web API in it, made at build time by make_snapshot
// and linked into the binary as bytes. Isolates begin as a copy of it.
#pragma once

#include <v8-snapshot.h>

#include <string_view>

namespace terrella::runtime {

// The bytes linked in; make_snapshot itself has none.
std::string_view EmbeddedSnapshot();
// What lazy_code.h reads.
std::string_view EmbeddedLazyCode();

// Zero-terminated addresses of everything native the snapshot refers to, from AllBindings().
const intptr_t* ExternalReferences();

// Index of the context data that make_snapshot stores: the object whose members are the entry
// points.
inline constexpr size_t kEntryPointsIndex = 0;

}  // namespace terrella::runtime
