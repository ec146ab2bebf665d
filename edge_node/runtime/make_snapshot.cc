// make_snapshot SNAPSHOT LAZY FILE.js... -- LAZY_FILE.js...: builds the start-up snapshot out of
// the first files, and the table of lazy_code.h out of all. See bindings/binding.h for what
// a file may do.
#include <fmt/format.h>
#include <libplatform/libplatform.h>
#include <v8.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/lazy_code.h"
#include "edge_node/runtime/snapshot.h"
#include "edge_node/runtime/v8_flags.h"

namespace terrella::runtime {

std::string_view EmbeddedSnapshot() {
  return {};
}
// Made first: the snapshot's strings refer to the sources in it.
std::string lazy_code;
std::string_view EmbeddedLazyCode() {
  return lazy_code;
}

namespace {

v8::Local<v8::Object> MakeNative(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  auto native = v8::Object::New(isolate);
  for (const NativeBinding& binding : AllBindings()) {
    native->SetLazyDataProperty(context, Symbol(isolate, binding.name), &ProduceBinding).Check();
  }
  return native;
}

// Whether most requests run most of its functions. They are in the snapshot compiled: it halves the
// CPU time of a first answer, and who does not run them pays for their bytecode, 24 KiB.
bool IsHot(std::string_view file) {
  constexpr std::string_view kHot[] = {"body", "entry", "response"};
  return std::ranges::find(kHot, file) != std::end(kHot);
}

// Runs one file of js/; false after printing its error.
bool RunFile(v8::Isolate* isolate, v8::Local<v8::Context> context, const LazyFile& file,
             v8::Local<v8::Object> native, v8::Local<v8::Object> internals) {
  v8::TryCatch try_catch(isolate);
  const std::string name = fmt::format("terrella:{}.js", file.name);
  v8::ScriptOrigin origin(isolate, ToV8(isolate, name));
  auto text = v8::String::NewExternalOneByte(isolate, file.text).ToLocalChecked();
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  v8::Local<v8::Value> arguments[] = {context->Global(), native, internals};
  v8::ScriptCompiler::Source source(text, origin);
  const auto how =
      IsHot(file.name) ? v8::ScriptCompiler::kEagerCompile : v8::ScriptCompiler::kNoCompileOptions;
  if (v8::ScriptCompiler::Compile(context, &source, how).ToLocal(&script) &&
      script->Run(context).ToLocal(&function) &&
      !function.As<v8::Function>()->Call(context, v8::Undefined(isolate), 3, arguments).IsEmpty()) {
    return true;
  }
  auto message = try_catch.Message();
  std::fprintf(stderr, "%s:%d: %s\n", name.c_str(), message->GetLineNumber(context).FromMaybe(0),
               FromV8(isolate, message->Get()).c_str());
  return false;
}

// The snapshot's bytes; empty after printing an error.
std::string MakeSnapshot() {
  v8::SnapshotCreator creator(ExternalReferences());
  v8::Isolate* isolate = creator.GetIsolate();
  bool ok = true;
  {
    v8::HandleScope handles(isolate);
    auto context = v8::Context::New(isolate);
    v8::Context::Scope entered(context);
    auto native = MakeNative(isolate, context);
    auto internals = v8::Object::New(isolate);
    for (const LazyFile& file : SnapshotFiles()) {
      ok = ok && RunFile(isolate, context, file, native, internals);
    }
    auto entry = internals->Get(context, Symbol(isolate, "entry")).ToLocalChecked();
    ok = ok && creator.AddData(context, entry) == kEntryPointsIndex;
    creator.SetDefaultContext(context);
  }
  auto blob = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  std::string bytes(blob.data, ok ? static_cast<size_t>(blob.raw_size) : 0);
  delete[] blob.data;
  return bytes;
}

// The code cache of a file, with all of its functions compiled; empty after printing an error. The
// name stays in it: it is what stack traces say.
std::string MakeCodeCache(v8::Isolate* isolate, const std::string& name, std::string_view text) {
  v8::HandleScope handles(isolate);
  auto context = v8::Context::New(isolate);
  v8::Context::Scope entered(context);
  v8::TryCatch try_catch(isolate);
  v8::ScriptCompiler::Source source(Latin1ToV8(isolate, text),
                                    v8::ScriptOrigin(isolate, ToV8(isolate, name)));
  v8::Local<v8::Script> script;
  if (!v8::ScriptCompiler::Compile(context, &source, v8::ScriptCompiler::kEagerCompile)
           .ToLocal(&script)) {
    auto message = try_catch.Message();
    std::fprintf(stderr, "%s:%d: %s\n", name.c_str(), message->GetLineNumber(context).FromMaybe(0),
                 FromV8(isolate, message->Get()).c_str());
    return {};
  }
  std::unique_ptr<v8::ScriptCompiler::CachedData> cache(
      v8::ScriptCompiler::CreateCodeCache(script->GetUnboundScript()));
  return {reinterpret_cast<const char*>(cache->data), static_cast<size_t>(cache->length)};
}

// A file's name and wrapped source; an empty source after printing an error.
std::pair<std::string, std::string> ReadSource(const std::filesystem::path& path) {
  auto body = ReadFile(path);
  if (!body.ok()) {
    std::fprintf(stderr, "make_snapshot: %s\n", std::string(Message(body.status())).c_str());
    return {};
  }
  if (std::any_of(body->begin(), body->end(), [](char c) { return c < 0; })) {
    std::fprintf(stderr, "%s: a file of js/ is ASCII\n", path.c_str());
    return {};
  }
  return {path.stem().string(), WrapSource(*body)};
}

// The table of all files; empty after printing an error.
std::string MakeFiles(std::span<char*> snapshot_paths, std::span<char*> lazy_paths) {
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator(
      v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = allocator.get();
  v8::Isolate* isolate = v8::Isolate::New(params);
  std::deque<std::string> kept;  // what the table's views are of
  std::vector<LazyFile> files;
  bool ok = true;
  auto add = [&](const char* path, bool lazy) {
    v8::Isolate::Scope entered(isolate);
    auto [name, source] = ReadSource(path);
    LazyFile file;
    file.name = kept.emplace_back(name);
    file.source = kept.emplace_back(source);
    if (lazy && !source.empty()) {
      file.cache =
          kept.emplace_back(MakeCodeCache(isolate, fmt::format("terrella:{}.js", name), source));
    }
    ok = ok && !source.empty() && lazy != file.cache.empty();
    files.push_back(file);
  };
  for (const char* path : snapshot_paths) add(path, /*lazy=*/false);
  for (const char* path : lazy_paths) add(path, /*lazy=*/true);
  isolate->Dispose();
  return ok ? EncodeLazyFiles(files) : std::string();
}

int Run(std::span<char*> arguments) {
  auto end = std::find_if(arguments.begin() + 2, arguments.end(),
                          [](char* argument) { return std::string_view(argument) == "--"; });
  std::span<char*> files(arguments.begin() + 2, end);
  std::span<char*> lazy(end == arguments.end() ? end : end + 1, arguments.end());
  lazy_code = MakeFiles(files, lazy);
  if (lazy_code.empty()) return 1;
  std::pair<const char*, std::string> outputs[] = {{arguments[0], MakeSnapshot()},
                                                   {arguments[1], lazy_code}};
  for (const auto& [path, bytes] : outputs) {
    if (bytes.empty()) return 1;
    auto status = WriteFileAtomic(path, bytes);
    if (status.ok()) continue;
    std::fprintf(stderr, "make_snapshot: %s\n", std::string(Message(status)).c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace terrella::runtime

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: make_snapshot SNAPSHOT LAZY FILE.js... -- LAZY_FILE.js...\n");
    return 2;
  }
  auto platform = v8::platform::NewSingleThreadedDefaultPlatform();
  terrella::runtime::SetV8Flags();
  v8::V8::InitializePlatform(platform.get());
  v8::V8::Initialize();
  int code = terrella::runtime::Run({argv + 1, argv + argc});
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
  return code;
}
