#include "edge_node/runtime/lazy_code.h"

#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>

#include "base/check.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/snapshot.h"

namespace terrella::runtime {
namespace {

constexpr size_t kAlign = 8;

// Characters that are the binary's own: shared by all heaps, outliving them.
class Source final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit Source(std::string_view text) : text_(text) {}
  const char* data() const override { return text_.data(); }
  size_t length() const override { return text_.size(); }

 private:
  void Dispose() override {}
  std::string_view text_;
};

// Everything linked in, sorted out.
struct Files {
  Files() {
    for (LazyFile file : DecodeLazyFiles(EmbeddedLazyCode())) {
      file.text = &sources.emplace_back(file.source);
      (file.cache.empty() ? snapshot : lazy).push_back(file);
    }
  }
  std::vector<LazyFile> lazy, snapshot;
  std::deque<Source> sources;
};

const Files& AllFiles() {
  // For ever: heaps left by force refer to it, and other threads' may when the process ends.
  static const Files& files = *new Files;
  return files;
}

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
  return AllFiles().lazy;
}
std::span<const LazyFile> SnapshotFiles() {
  return AllFiles().snapshot;
}

v8::MaybeLocal<v8::Function> CompileLazyFile(v8::Local<v8::Context> context, const LazyFile& file,
                                             bool* accepted) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::String> text;
  if (!v8::String::NewExternalOneByte(isolate, file.text).ToLocal(&text)) return {};
  v8::ScriptOrigin origin(isolate, ToV8(isolate, "terrella:" + std::string(file.name) + ".js"));
  auto* cache = new v8::ScriptCompiler::CachedData(
      reinterpret_cast<const uint8_t*>(file.cache.data()), static_cast<int>(file.cache.size()));
  v8::ScriptCompiler::Source source(text, origin, cache);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  if (!v8::ScriptCompiler::Compile(context, &source, v8::ScriptCompiler::kConsumeCodeCache)
           .ToLocal(&script) ||
      !script->Run(context).ToLocal(&function)) {
    return {};
  }
  if (accepted != nullptr) *accepted = !source.GetCachedData()->rejected;
  return function.As<v8::Function>();
}

}  // namespace terrella::runtime
