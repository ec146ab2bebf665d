#include "edge_node/runtime/lazy_code.h"

#include <cstdint>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/snapshot.h"

namespace terrella::runtime {
namespace {

constexpr size_t kAlign = 8;

// A string of the heap whose characters are the binary's own.
class StaticSource final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit StaticSource(std::string_view text) : text_(text) {}
  const char* data() const override { return text_.data(); }
  size_t length() const override { return text_.size(); }

 private:
  std::string_view text_;
};

void Append(std::string& out, std::string_view part) {
  out += part;
  out.append((kAlign - out.size() % kAlign) % kAlign, '\0');
}

void AppendSize(std::string& out, uint64_t size) {
  out.append(reinterpret_cast<const char*>(&size), sizeof(size));
}

}  // namespace

std::string WrapSource(std::string_view body) {
  return "(function (globalThis, native, internals) { 'use strict'; " + std::string(body) + "\n})";
}

// count, then of each file: the sizes of name, source and cache, then the three.
std::string EncodeLazyFiles(std::span<const LazyFile> files) {
  std::string out;
  AppendSize(out, files.size());
  for (const LazyFile& file : files) {
    for (std::string_view part : {file.name, file.source, file.cache}) AppendSize(out, part.size());
    for (std::string_view part : {file.name, file.source, file.cache}) Append(out, part);
  }
  return out;
}

std::vector<LazyFile> DecodeLazyFiles(std::string_view bytes) {
  size_t at = 0;
  auto size = [&] {
    CHECK(at + sizeof(uint64_t) <= bytes.size());
    uint64_t value;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    at += sizeof(value);
    return value;
  };
  auto part = [&](uint64_t length) {
    CHECK(length <= bytes.size() - at);
    std::string_view view = bytes.substr(at, length);
    at = std::min(bytes.size(), (at + length + kAlign - 1) / kAlign * kAlign);
    return view;
  };
  std::vector<LazyFile> files(bytes.empty() ? 0 : size());
  for (LazyFile& file : files) {
    uint64_t name = size(), source = size(), cache = size();
    file.name = part(name);
    file.source = part(source);
    file.cache = part(cache);
  }
  return files;
}

std::span<const LazyFile> LazyFiles() {
  static const std::vector<LazyFile> files = DecodeLazyFiles(EmbeddedLazyCode());
  return files;
}

v8::MaybeLocal<v8::Function> CompileLazyFile(v8::Local<v8::Context> context, const LazyFile& file,
                                             bool* accepted) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::String> text;
  // The resource belongs to the heap from here on.
  if (!v8::String::NewExternalOneByte(isolate, new StaticSource(file.source)).ToLocal(&text)) {
    return {};
  }
  v8::ScriptOrigin origin(isolate, ToV8(isolate, "terrella:" + std::string(file.name) + ".js"));
  v8::ScriptCompiler::CachedData* cache = nullptr;
  if (!file.cache.empty()) {
    cache = new v8::ScriptCompiler::CachedData(reinterpret_cast<const uint8_t*>(file.cache.data()),
                                               static_cast<int>(file.cache.size()));
  }
  v8::ScriptCompiler::Source source(text, origin, cache);
  auto options = cache == nullptr ? v8::ScriptCompiler::kNoCompileOptions
                                  : v8::ScriptCompiler::kConsumeCodeCache;
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  if (!v8::ScriptCompiler::Compile(context, &source, options).ToLocal(&script) ||
      !script->Run(context).ToLocal(&function)) {
    return {};
  }
  if (accepted != nullptr) *accepted = cache != nullptr && !source.GetCachedData()->rejected;
  return function.As<v8::Function>();
}

}  // namespace terrella::runtime
