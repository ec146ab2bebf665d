// AsyncFrame: what a chain of promises carries along: the request it belongs to, and what
// AsyncLocalStorage put there.
//
// V8 hands one value from where a reaction is made to where it runs (the continuation-preserved
// embedder data of the context). Mostly that is the number of the request's IoContext, which costs
// nothing to make. Only inside of AsyncLocalStorage.run() it is an array [number, stores], stores
// being whatever js/node/async_hooks.js keeps there. What V8 does not carry (a timer's callback, a
// task) captures the frame where it is made and runs in it.
//
// Thread: the isolate's, inside a turn.
#pragma once

#include <v8.h>

#include <cstdint>

namespace terrella::runtime {

// The running frame's IoContext; 0 in the global scope.
uint32_t CurrentIoId(v8::Isolate* isolate);
// What AsyncLocalStorage keeps; undefined outside of it.
v8::Local<v8::Value> CurrentStores(v8::Isolate* isolate);
// From here on, for this chain. `stores` undefined: none.
void SetFrame(v8::Isolate* isolate, uint32_t io_id, v8::Local<v8::Value> stores);

// The stores of the running frame, kept for later.
class AsyncFrame {
 public:
  AsyncFrame() = default;
  static AsyncFrame Capture(v8::Isolate* isolate);
  // Nothing to enter: whoever runs has the right frame already.
  bool empty() const { return stores_.IsEmpty(); }
  v8::Local<v8::Value> stores(v8::Isolate* isolate) const { return stores_.Get(isolate); }

 private:
  v8::Global<v8::Value> stores_;
};

// The frame is current while this lives; the request stays the running one.
class FrameScope {
 public:
  FrameScope(v8::Isolate* isolate, const AsyncFrame& frame);
  FrameScope(v8::Isolate* isolate, v8::Local<v8::Value> stores);
  ~FrameScope();
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;

 private:
  v8::Isolate* isolate_;
  v8::Local<v8::Value> before_;  // empty: nothing was entered
};

}  // namespace terrella::runtime
