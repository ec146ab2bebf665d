// native.streams: what the standard does with array buffers and promises that JavaScript itself
// cannot.
#include <cstring>

#include "edge_node/runtime/bindings/core_bindings.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

size_t Size(const Info& info, int i) {
  return static_cast<size_t>(info[i].As<v8::Number>()->Value());
}

// transfer(buffer) -> a buffer with its bytes; the old one is detached (TransferArrayBuffer).
void Transfer(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsArrayBuffer()) {
    return ThrowTypeError(isolate, "a SharedArrayBuffer cannot be transferred");
  }
  auto buffer = info[0].As<v8::ArrayBuffer>();
  if (buffer->WasDetached()) return ThrowTypeError(isolate, "the ArrayBuffer is detached");
  if (!buffer->IsDetachable()) {
    return ThrowTypeError(isolate, "the ArrayBuffer cannot be transferred");
  }
  auto store = buffer->GetBackingStore();
  buffer->Detach();
  info.GetReturnValue().Set(v8::ArrayBuffer::New(isolate, std::move(store)));
}

void IsDetached(const Info& info) {
  info.GetReturnValue().Set(info[0]->IsArrayBuffer() &&
                            info[0].As<v8::ArrayBuffer>()->WasDetached());
}

// copyBytes(to, toOffset, from, fromOffset, count), within the bounds of both.
void CopyBytes(const Info& info) {
  const std::string_view to = BytesOf(info[0]);
  const std::string_view from = BytesOf(info[2]);
  const size_t to_offset = Size(info, 1);
  const size_t from_offset = Size(info, 3);
  const size_t count = Size(info, 4);
  if (count > to.size() || to_offset > to.size() - count || count > from.size() ||
      from_offset > from.size() - count) {
    return ThrowRangeError(info.GetIsolate(), "a buffer was resized or detached");
  }
  std::memmove(const_cast<char*>(to.data()) + to_offset, from.data() + from_offset, count);
}

// cloneBytes(buffer, offset, count) -> a Uint8Array of its own.
void CloneBytes(const Info& info) {
  const std::string_view bytes = BytesOf(info[0]);
  const size_t offset = Size(info, 1);
  const size_t count = Size(info, 2);
  if (count > bytes.size() || offset > bytes.size() - count) {
    return ThrowRangeError(info.GetIsolate(), "the buffer is detached");
  }
  v8::Local<v8::Value> clone;
  if (NewUint8Array(info.GetIsolate(), bytes.substr(offset, count)).ToLocal(&clone)) {
    info.GetReturnValue().Set(clone);
  }
}

// Its rejection is nobody's fault to handle.
void MarkHandled(const Info& info) {
  info[0].As<v8::Promise>()->MarkAsHandled();
}

constexpr NativeFunction kFunctions[] = {
    {"transfer", Transfer},     {"isDetached", IsDetached},   {"copyBytes", CopyBytes},
    {"cloneBytes", CloneBytes}, {"markHandled", MarkHandled},
};

}  // namespace

std::span<const NativeFunction> StreamFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
