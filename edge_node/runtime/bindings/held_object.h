// A C++ object that JavaScript holds: an ArrayBuffer whose memory is the object and whose release
// destroys it, so that it needs no weak handle and goes with the young generation's collections.
//
// Such a buffer must never reach a worker, which could write over the object: js/ keeps it in
// #private fields, and neither resolves a promise with it nor hands it to anything a worker can
// patch (array destructuring is one such thing).
#pragma once

#include <v8.h>

#include <algorithm>
#include <memory>

namespace terrella::runtime {

// `memory_bytes`: what the object holds in all, which counts as the worker's external memory. The
// destructor runs on any thread.
template <class T>
v8::Local<v8::ArrayBuffer> Hold(v8::Isolate* isolate, std::unique_ptr<T> object,
                                size_t memory_bytes) {
  auto store = v8::ArrayBuffer::NewBackingStore(
      object.release(), std::max(memory_bytes, sizeof(T)),
      [](void* data, size_t, void*) { delete static_cast<T*>(data); }, nullptr);
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

template <class T>
T& Held(v8::Local<v8::Value> value) {
  return *static_cast<T*>(value.As<v8::ArrayBuffer>()->Data());
}

}  // namespace terrella::runtime
