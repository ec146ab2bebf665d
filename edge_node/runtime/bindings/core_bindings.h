// The bindings of the runtime's core: everything that js/ calls besides URL, encoding and Headers.
#pragma once

#include <span>

#include "edge_node/runtime/bindings/binding.h"

namespace terrella::runtime {

std::span<const NativeFunction> IoFunctions();
std::span<const NativeFunction> SocketFunctions();   // requests, answers, bodies, fetch
std::span<const NativeFunction> TimerFunctions();    // start(callback, ms, repeat), stop(id)
std::span<const NativeFunction> ConsoleFunctions();  // write(level, text)
std::span<const NativeFunction> Base64Functions();   // encode(latin1), decode(text)
std::span<const NativeFunction> ValuesFunctions();   // clone(value, transferred buffers)
std::span<const NativeFunction> WasmFunctions();
std::span<const NativeFunction> BodyFunctions();  // MIME types, data: URLs, multipart, concat
std::span<const NativeFunction> EventStreamFunctions();  // open, feed, lastId
std::span<const NativeFunction> CacheFunctions();        // start(arguments)
std::span<const NativeFunction> HtmlFunctions();         // see html_binding.cc
std::span<const NativeFunction> CompressionFunctions();  // see compression_binding.cc
std::span<const NativeFunction> StreamFunctions();       // transfer, isDetached, copyBytes, ...
std::span<const NativeFunction> ActorFunctions();        // see actor_binding.cc
std::span<const NativeFunction> KvFunctions();           // get, put, remove, list
std::span<const NativeFunction> RateLimitFunctions();    // take
std::span<const NativeFunction> ModuleFunctions();       // names(prefix), bytes(name)
std::span<const NativeFunction> LazyFunctions();    // compile(file), define(target, name, number)
std::span<const NativeFunction> AsyncFunctions();   // stores, run, enter
std::span<const NativeFunction> BufferFunctions();  // see buffer_binding.cc

// Where a context keeps the object WebAssembly as V8 made it; index 0 is V8's.
inline constexpr int kEngineWasmIndex = 1;

// What `define` hangs on a property: the snapshot has to know its address.
void ProduceLazyValue(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info);

}  // namespace terrella::runtime
