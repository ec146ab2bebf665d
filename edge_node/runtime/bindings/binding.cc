#include "edge_node/runtime/bindings/binding.h"

#include <algorithm>
#include <cstring>

#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {

v8::Local<v8::String> ToV8(v8::Isolate* isolate, std::string_view utf8) {
  if (utf8.size() > static_cast<size_t>(v8::String::kMaxLength)) return {};
  if (IsAscii(utf8)) return Latin1ToV8(isolate, utf8);
  return v8::String::NewFromUtf8(isolate, utf8.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(utf8.size()))
      .FromMaybe(v8::Local<v8::String>());
}

v8::Local<v8::String> Latin1ToV8(v8::Isolate* isolate, std::string_view latin1) {
  return v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(latin1.data()),
                                    v8::NewStringType::kNormal, static_cast<int>(latin1.size()))
      .FromMaybe(v8::Local<v8::String>());
}

v8::Local<v8::String> Symbol(v8::Isolate* isolate, std::string_view ascii) {
  return v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(ascii.data()),
                                    v8::NewStringType::kInternalized,
                                    static_cast<int>(ascii.size()))
      .ToLocalChecked();
}

bool MayCopy(v8::Isolate* isolate, v8::Local<v8::String> string) {
  IsolateState* state = IsolateState::From(isolate);
  if (state == nullptr || string->Length() * 2ull <= state->limits().heap_bytes) return true;
  state->ExceedMemory();
  return false;
}

std::string FromV8(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  std::string out;
  if (!value->IsString()) return out;
  auto string = value.As<v8::String>();
  if (!MayCopy(isolate, string)) return out;
  if (string->IsOneByte() || string->ContainsOnlyOneByte()) {
    int length = string->Length();
    out.resize(length);
    string->WriteOneByte(isolate, reinterpret_cast<uint8_t*>(out.data()), 0, length,
                         v8::String::NO_NULL_TERMINATION);
    if (IsAscii(out)) return out;
  }
  out.resize(string->Utf8Length(isolate));
  string->WriteUtf8(isolate, out.data(), static_cast<int>(out.size()), nullptr,
                    v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8);
  return out;
}

void Latin1Text::Read(v8::Local<v8::Value> value) {
  size_ = 0;
  if (!value->IsString()) return;
  auto string = value.As<v8::String>();
  const int length = string->Length();
  char* to = small_;
  if (static_cast<size_t>(length) > sizeof small_) {
    if (!MayCopy(isolate_, string)) return;
    large_.resize(static_cast<size_t>(length));
    to = large_.data();
  }
  string->WriteOneByte(isolate_, reinterpret_cast<uint8_t*>(to), 0, length,
                       v8::String::NO_NULL_TERMINATION);
  data_ = to;
  size_ = static_cast<size_t>(length);
}

std::string_view BytesOf(v8::Local<v8::Value> value) {
  if (value->IsArrayBuffer()) {
    auto buffer = value.As<v8::ArrayBuffer>();
    return {static_cast<const char*>(buffer->Data()), buffer->ByteLength()};
  }
  if (!value->IsArrayBufferView()) return {};
  auto view = value.As<v8::ArrayBufferView>();
  size_t length = view->ByteLength();
  if (length == 0) return {};
  return {static_cast<const char*>(view->Buffer()->Data()) + view->ByteOffset(), length};
}

v8::MaybeLocal<v8::ArrayBuffer> NewArrayBuffer(v8::Isolate* isolate, std::string_view bytes,
                                               size_t length) {
  if (length == 0) return v8::ArrayBuffer::New(isolate, 0);
  v8::ArrayBuffer::Allocator* allocator = isolate->GetArrayBufferAllocator();
  // Asked directly, because V8 aborts the process when ArrayBuffer::New finds no memory.
  void* data = allocator->AllocateUninitialized(length);
  if (data == nullptr) {
    isolate->LowMemoryNotification();
    data = allocator->AllocateUninitialized(length);
  }
  if (data == nullptr) {
    ThrowRangeError(isolate, "array buffer allocation failed: the worker is out of memory");
    return {};
  }
  bytes.copy(static_cast<char*>(data), bytes.size());  // memcpy takes no null, even for nothing
  std::memset(static_cast<char*>(data) + bytes.size(), 0, length - bytes.size());
  auto store = v8::ArrayBuffer::NewBackingStore(
      data, length,
      [](void* bytes, size_t length, void* from) {
        static_cast<v8::ArrayBuffer::Allocator*>(from)->Free(bytes, length);
      },
      allocator);
  WeighBuffer(isolate, length);
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

void WeighBuffer(v8::Isolate* isolate, size_t bytes) {
  constexpr size_t kWeighedBytesMin = 4 * 1024;
  constexpr size_t kWeightBytesMax = 64 * 1024;  // above that V8 looks at large objects by itself
  constexpr size_t kBytesPerWeight = 16;
  if (bytes < kWeighedBytesMin) return;
  const size_t weight = std::min(bytes / kBytesPerWeight, kWeightBytesMax);
  v8::Array::New(isolate, static_cast<int>(weight / sizeof(void*)));
}

v8::MaybeLocal<v8::Value> NewUint8Array(v8::Isolate* isolate, std::string_view bytes) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (!NewArrayBuffer(isolate, bytes, bytes.size()).ToLocal(&buffer)) return {};
  return v8::Uint8Array::New(buffer, 0, bytes.size());
}

void ThrowTypeError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::TypeError(ToV8(isolate, message)));
}

void ThrowRangeError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::RangeError(ToV8(isolate, message)));
}

}  // namespace terrella::runtime
