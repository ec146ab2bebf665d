// NativeFunction: how C++ becomes callable from the runtime's own JavaScript. Read this to add a
// Web API.
//
// A Web API is a JavaScript class in edge_node/runtime/js/NAME.js over a few C++ functions in
// edge_node/runtime/bindings/NAME_binding.cc. Both exist once, inside the start-up snapshot made at
// build time (make_snapshot.cc), so starting an isolate runs none of their set-up.
//
// A binding's functions come to be when js/ first looks at native.NAME: those that only lazy files
// look at are not in the snapshot.
//
// C++ side. A binding is a constant table, nothing registers itself:
//     std::span<const NativeFunction> UrlFunctions();      // declared in bindings/NAME_binding.h
// listed once in bindings/all_bindings.cc as {"url", UrlFunctions()}. That list is both what is
// installed (as native.url.parse(...) ...) and the table of external references the snapshot needs.
// A callback gets only its arguments (the .cc files are listed in
// edge_node/runtime/CMakeLists.txt): no C++ state may live in the snapshot. State of a running
// isolate is reached by IsolateState::From(isolate) (isolate_state.h); there is none while the
// snapshot is made, so set-up code must not call natives that need it. Objects with internal
// fields, v8::External and v8::Global must not be reachable from the snapshot's heap.
//
// JavaScript side. Each file of js/ is the body of
//     (function (globalThis, native, internals) { 'use strict'; ... })
// run once, in the order of RUNTIME_JS in edge_node/runtime/CMakeLists.txt, when the snapshot is
// made:
//   - define globals with internals.defineGlobals({URL, ...}) (writable, configurable, not
//   enumerable);
//   - put what other files need on `internals` (never visible to workers);
//   - capture built-ins you rely on in consts at the top when a worker patching a prototype could
//   break you;
//   - keep state in #private fields; no timers, randomness or Date here; no work that could be
//   lazy.
// What few workers need is a lazy file: listed in RUNTIME_LAZY_JS and named in js/lazy.js, it ends
// with `return { URLPattern, ... };` instead of defining globals (lazy_code.h). The rules above
// hold for it too, save that it runs in a live isolate. native.NAME makes its functions when first
// looked at: what only lazy files use costs other isolates nothing. Native functions throw by
// ThrowTypeError/ThrowRangeError below; DOMException comes from `new
// internals.DOMException(message, name)`.
//
// What Headers must offer besides the standard class (js/headers.js puts them on `internals`):
//   internals.headersFromNative(flat, guard)  flat = [name, value, name, value, ...] as sent on the
//   wire,
//       already valid (no checks); guard 'immutable' | 'request' | 'response' | 'none'. Must be
//       cheap and lazy: it may keep `flat` until somebody looks.
//   internals.headersToNative(headers)        -> flat array, one pair a field, Set-Cookie kept
//   apart internals.headersFromInit(init, guard)    HeadersInit (Headers | pairs | record |
//   undefined) internals.headersCopy(headers, guard) internals.isHeaders(value) brand check
// and text decoding/encoding of whole bodies is native.encoding.decodeUtf8(u8, ignoreBOM=false) ->
// string with replacement characters and native.encoding.encodeUtf8(string) -> Uint8Array.
// internals.parseUrl(string, base?) -> the normalised href string, or undefined when invalid.
#pragma once

#include <v8.h>

#include <span>
#include <string>
#include <string_view>

namespace terrella::runtime {

struct NativeFunction {
  const char* name;
  v8::FunctionCallback callback;
};

struct NativeBinding {
  const char* name;  // member of `native`
  std::span<const NativeFunction> functions;
};

// Every binding of the snapshot, in a fixed order (all_bindings.cc).
std::span<const NativeBinding> AllBindings();
// Gives `native` the object of the binding with that name, at its first look.
void ProduceBinding(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info);

// A V8 string out of UTF-8 or, when all bytes are ASCII, quicker. Empty handle only for > 512 MiB.
v8::Local<v8::String> ToV8(v8::Isolate* isolate, std::string_view utf8);
// A V8 one-byte string: each byte is one code unit (header values).
v8::Local<v8::String> Latin1ToV8(v8::Isolate* isolate, std::string_view latin1);
// A constant name, internalised.
v8::Local<v8::String> Symbol(v8::Isolate* isolate, std::string_view ascii);
// Whether the isolate's memory has room for a string twice, flat in the heap and copied out of it.
// A rope of half a gigabyte costs JavaScript nothing until somebody reads it. When there is no
// room the turn is over, as one that exceeded its memory.
bool MayCopy(v8::Isolate* isolate, v8::Local<v8::String> string);
// UTF-8 of a string (lone surrogates become U+FFFD); empty for anything else, and for a string that
// must not be copied.
std::string FromV8(v8::Isolate* isolate, v8::Local<v8::Value> value);
// The characters of a string as bytes (header names and values), in a buffer that is used again.
class Latin1Text {
 public:
  explicit Latin1Text(v8::Isolate* isolate) : isolate_(isolate) {}
  // Empty for anything but a string, and for one that must not be copied.
  void Read(v8::Local<v8::Value> value);
  std::string_view view() const { return {data_, size_}; }

 private:
  v8::Isolate* isolate_;
  char small_[128];
  std::string large_;
  const char* data_ = small_;
  size_t size_ = 0;
};
// The bytes of an ArrayBuffer or view, without copying; empty for anything else. Valid until
// JavaScript runs.
std::string_view BytesOf(v8::Local<v8::Value> value);
// A new ArrayBuffer of `length` bytes that begin with a copy of `bytes`, zero behind; empty handle
// (exception pending) when memory is short.
v8::MaybeLocal<v8::ArrayBuffer> NewArrayBuffer(v8::Isolate* isolate, std::string_view bytes,
                                               size_t length);
// To be called for each ArrayBuffer made of memory that V8 did not allocate. V8 collects young
// garbage when its own young space is full, which a few hundred buffers of 64 KiB leave nearly
// empty: this puts something in.
void WeighBuffer(v8::Isolate* isolate, size_t bytes);
// A new Uint8Array with a copy of the bytes; empty handle (exception pending) when memory is short.
v8::MaybeLocal<v8::Value> NewUint8Array(v8::Isolate* isolate, std::string_view bytes);

// For results that only say whether JavaScript was terminated, which the turn finds out by itself.
template <class Result>
void Discard(const Result&) {}

void ThrowTypeError(v8::Isolate* isolate, std::string_view message);
void ThrowRangeError(v8::Isolate* isolate, std::string_view message);

}  // namespace terrella::runtime
