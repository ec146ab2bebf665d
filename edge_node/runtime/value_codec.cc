#include "edge_node/runtime/value_codec.h"

#include <fmt/format.h>

#include <cstdlib>

#include "edge_node/runtime/bindings/binding.h"

namespace terrella::runtime {
namespace {

class Writer final : public v8::ValueSerializer::Delegate {
 public:
  Writer(v8::Isolate* isolate, size_t bytes_max) : isolate_(isolate), bytes_max_(bytes_max) {}

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    isolate_->ThrowException(v8::Exception::TypeError(message));
  }
  void* ReallocateBufferMemory(void* old, size_t size, size_t* actual) override {
    // Twice the limit, since the engine asks for room ahead of what it writes.
    if (size > 2 * bytes_max_ + 4096) {
      too_large_ = true;
      return nullptr;
    }
    *actual = size;
    return std::realloc(old, size);
  }
  void FreeBufferMemory(void* buffer) override { std::free(buffer); }

  bool too_large() const { return too_large_; }

 private:
  v8::Isolate* const isolate_;
  const size_t bytes_max_;
  bool too_large_ = false;
};

}  // namespace

std::optional<std::string> SerializeValue(v8::Isolate* isolate, v8::Local<v8::Value> value,
                                          size_t bytes_max, std::string_view what) {
  Writer writer(isolate, bytes_max);
  v8::ValueSerializer serializer(isolate, &writer);
  serializer.WriteHeader();
  bool done = false;
  {
    v8::TryCatch try_catch(isolate);
    const bool is_written =
        serializer.WriteValue(isolate->GetCurrentContext(), value).FromMaybe(false);
    if (!is_written && !writer.too_large()) {
      try_catch.ReThrow();
      return std::nullopt;
    }
    done = is_written && !writer.too_large();
  }
  const auto [data, size] = serializer.Release();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::optional<std::string> out;
  if (done && size <= bytes_max) {
    out.emplace(bytes);
  } else {
    ThrowRangeError(isolate, fmt::format("{}: the value has more than {} bytes", what, bytes_max));
  }
  std::free(data);
  return out;
}

v8::MaybeLocal<v8::Value> DeserializeValue(v8::Isolate* isolate, std::string_view bytes) {
  v8::ValueDeserializer reader(isolate, reinterpret_cast<const uint8_t*>(bytes.data()),
                               bytes.size());
  auto context = isolate->GetCurrentContext();
  if (!reader.ReadHeader(context).FromMaybe(false)) {
    ThrowTypeError(isolate, "the bytes are no serialised value");
    return {};
  }
  return reader.ReadValue(context);
}

}  // namespace terrella::runtime
