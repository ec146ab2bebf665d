#include <cstdlib>
#include <memory>
#include <vector>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

class Delegate final : public v8::ValueSerializer::Delegate {
 public:
  explicit Delegate(v8::Isolate* isolate) : isolate_(isolate) {}
  // The serialised form counts like what it is made of: one string in a thousand places is written
  // a thousand times.
  void* ReallocateBufferMemory(void* old, size_t bytes, size_t* actual) override {
    IsolateState* state = IsolateState::From(isolate_);
    if (bytes > state->limits().heap_bytes) {
      state->ExceedMemory();
      return nullptr;
    }
    *actual = bytes;
    return std::realloc(old, bytes);
  }
  void FreeBufferMemory(void* bytes) override { std::free(bytes); }
  // js/base64.js turns the prefix into a DOMException.
  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    ThrowTypeError(isolate_, "DataCloneError: " + FromV8(isolate_, message));
  }

 private:
  v8::Isolate* isolate_;
};

// clone(value, [ArrayBuffer...]) -> value
void Clone(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto context = isolate->GetCurrentContext();
  auto transfer = info[1].As<v8::Array>();
  Delegate delegate(isolate);
  v8::ValueSerializer serializer(isolate, &delegate);
  serializer.WriteHeader();
  std::vector<v8::Local<v8::ArrayBuffer>> buffers;
  for (uint32_t i = 0; i < transfer->Length(); ++i) {
    // `instanceof` in JavaScript proves nothing: an object may borrow the prototype.
    v8::Local<v8::Value> item = transfer->Get(context, i).ToLocalChecked();
    if (!item->IsArrayBuffer()) {
      return ThrowTypeError(isolate, "DataCloneError: only ArrayBuffers can be transferred");
    }
    buffers.push_back(item.As<v8::ArrayBuffer>());
    if (!buffers.back()->IsDetachable()) {
      return ThrowTypeError(isolate, "DataCloneError: an ArrayBuffer cannot be transferred");
    }
    serializer.TransferArrayBuffer(i, buffers.back());
  }
  if (!serializer.WriteValue(context, info[0]).FromMaybe(false)) return;
  std::vector<std::shared_ptr<v8::BackingStore>> stores;
  for (auto& buffer : buffers) {
    stores.push_back(buffer->GetBackingStore());
    buffer->Detach();
  }
  std::pair<uint8_t*, size_t> bytes = serializer.Release();
  std::unique_ptr<uint8_t, decltype(&std::free)> owned(bytes.first, &std::free);
  v8::ValueDeserializer deserializer(isolate, bytes.first, bytes.second);
  for (uint32_t i = 0; i < stores.size(); ++i) {
    deserializer.TransferArrayBuffer(i, v8::ArrayBuffer::New(isolate, stores[i]));
  }
  v8::Local<v8::Value> value;
  if (deserializer.ReadHeader(context).FromMaybe(false) &&
      deserializer.ReadValue(context).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

constexpr NativeFunction kFunctions[] = {{"clone", Clone}};

}  // namespace

std::span<const NativeFunction> CloneFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
