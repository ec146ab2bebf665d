// ModuleLoader: the modules of one worker inside one isolate: compiled, linked, run.
//
// Specifiers are resolved as paths within the bundle: "./x.js" and "../x.js" against the importer,
// anything else as a module's whole name. Text, data, JSON and WebAssembly modules have one default
// export: a string, an ArrayBuffer, the parsed value, a WebAssembly.Module.
//
// Thread: the isolate's, inside a turn. Borrows: state and code (both outlive it).
#pragma once

#include <v8.h>

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/worker_code.h"

namespace terrella::runtime {

class ModuleLoader {
 public:
  ModuleLoader(IsolateState& state, const WorkerCode& code) : state_(state), code_(code) {}

  // Compiles and links the main module and runs the global scope, without draining microtasks.
  absl::Status Start();
  // After the turn's microtasks: whether the top level is through.
  absl::Status Finish();
  // The main module's default export, or undefined.
  v8::Local<v8::Value> DefaultExport();

  v8::MaybeLocal<v8::Promise> ImportDynamically(v8::Local<v8::Value> referrer,
                                                v8::Local<v8::String> specifier);
  void FillImportMeta(v8::Local<v8::Module> module, v8::Local<v8::Object> meta);

 private:
  static v8::MaybeLocal<v8::Module> Resolve(v8::Local<v8::Context> context,
                                            v8::Local<v8::String> specifier,
                                            v8::Local<v8::FixedArray> assertions,
                                            v8::Local<v8::Module> referrer);
  static v8::MaybeLocal<v8::Value> EvaluateSynthetic(v8::Local<v8::Context> context,
                                                     v8::Local<v8::Module> module);
  // The compiled module that `referrer` means by `specifier`; empty with an exception pending.
  v8::MaybeLocal<v8::Module> Find(std::string_view referrer, std::string_view specifier);
  v8::MaybeLocal<v8::Module> Compile(const ModuleSource& source);
  v8::MaybeLocal<v8::Value> DefaultOf(const ModuleSource& source);
  const ModuleSource* SourceOf(v8::Local<v8::Module> module);
  absl::Status Failure(const v8::TryCatch& try_catch);

  IsolateState& state_;
  const WorkerCode& code_;
  std::map<const ModuleSource*, v8::Global<v8::Module>> modules_;
  v8::Global<v8::Module> main_;
  v8::Global<v8::Promise> evaluated_;
};

// "lib/a.js" + "./b.js" -> "lib/b.js"; never leaves the bundle.
std::string ResolveSpecifier(std::string_view referrer, std::string_view specifier);

}  // namespace terrella::runtime
