// make_snapshot OUT FILE.js...: builds the start-up snapshot. See bindings/binding.h for what a
// file may do.
#include <libplatform/libplatform.h>
#include <v8.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/snapshot.h"
#include "edge_node/runtime/v8_flags.h"

namespace terrella::runtime {

std::string_view EmbeddedSnapshot() {
  return {};
}

namespace {

v8::Local<v8::Object> MakeNative(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  auto native = v8::Object::New(isolate);
  for (const NativeBinding& binding : AllBindings()) {
    auto functions = v8::Object::New(isolate);
    for (const NativeFunction& f : binding.functions) {
      auto function_template = v8::FunctionTemplate::New(isolate, f.callback);
      function_template->RemovePrototype();
      auto function = function_template->GetFunction(context).ToLocalChecked();
      function->SetName(Symbol(isolate, f.name));
      functions->Set(context, Symbol(isolate, f.name), function).Check();
    }
    native->Set(context, Symbol(isolate, binding.name), functions).Check();
  }
  return native;
}

// Runs one file of js/; false after printing its error.
bool RunFile(v8::Isolate* isolate, v8::Local<v8::Context> context,
             const std::filesystem::path& path, v8::Local<v8::Object> native,
             v8::Local<v8::Object> internals) {
  auto source = ReadFile(path);
  if (!source.ok()) {
    std::fprintf(stderr, "make_snapshot: %s\n", std::string(Message(source.status())).c_str());
    return false;
  }
  v8::TryCatch try_catch(isolate);
  std::string text =
      "(function (globalThis, native, internals) { 'use strict'; " + *source + "\n})";
  v8::ScriptOrigin origin(isolate, ToV8(isolate, "terrella:" + path.filename().string()));
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  v8::Local<v8::Value> arguments[] = {context->Global(), native, internals};
  if (v8::Script::Compile(context, ToV8(isolate, text), &origin).ToLocal(&script) &&
      script->Run(context).ToLocal(&function) &&
      !function.As<v8::Function>()->Call(context, v8::Undefined(isolate), 3, arguments).IsEmpty()) {
    return true;
  }
  auto message = try_catch.Message();
  std::fprintf(stderr, "%s:%d: %s\n", path.c_str(), message->GetLineNumber(context).FromMaybe(0),
               FromV8(isolate, message->Get()).c_str());
  return false;
}

int Run(int argc, char** argv) {
  v8::SnapshotCreator creator(ExternalReferences());
  v8::Isolate* isolate = creator.GetIsolate();
  {
    v8::HandleScope handles(isolate);
    auto context = v8::Context::New(isolate);
    v8::Context::Scope entered(context);
    auto native = MakeNative(isolate, context);
    auto internals = v8::Object::New(isolate);
    for (int i = 2; i < argc; ++i) {
      if (!RunFile(isolate, context, argv[i], native, internals)) return 1;
    }
    auto entry = internals->Get(context, Symbol(isolate, "entry")).ToLocalChecked();
    if (creator.AddData(context, entry) != kEntryPointsIndex) return 1;
    creator.SetDefaultContext(context);
  }
  auto blob = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  auto status = WriteFileAtomic(argv[1], {blob.data, static_cast<size_t>(blob.raw_size)});
  delete[] blob.data;
  if (!status.ok())
    std::fprintf(stderr, "make_snapshot: %s\n", std::string(Message(status)).c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace terrella::runtime

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: make_snapshot OUT FILE.js...\n");
    return 2;
  }
  auto platform = v8::platform::NewSingleThreadedDefaultPlatform();
  terrella::runtime::SetV8Flags();
  v8::V8::InitializePlatform(platform.get());
  v8::V8::Initialize();
  int code = terrella::runtime::Run(argc, argv);
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
  return code;
}
