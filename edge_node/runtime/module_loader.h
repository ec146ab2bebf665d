// ModuleLoader: the modules of one worker inside one isolate: compiled, linked, run.
//
// Specifiers are resolved as paths within the bundle: "./x.js" and "../x.js" against the importer,
// anything else as a module's whole name. Text, data, JSON and WebAssembly modules have one default
// export: a string, an ArrayBuffer, the parsed value, a WebAssembly.Module. A name the bundle does
// not have may be a built-in module ("cloudflare:workers", "node:buffer"): js/builtin_modules.js
// knows them. The main module may be a classic script instead (ModuleKind::kScript), which exports
// nothing.
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

  const WorkerCode& code() const { return code_; }

  // Compiles and links the main module and runs the global scope, without draining microtasks.
  absl::Status Start();
  // After the turn's microtasks: whether the top level is through.
  absl::Status Finish();
  // The main module's namespace object; undefined for a script.
  v8::Local<v8::Value> Exports();
  // What importing the module `name` of the bundle gives by default; empty with an exception
  // pending.
  v8::MaybeLocal<v8::Value> DefaultOf(std::string_view name);

  v8::MaybeLocal<v8::Promise> ImportDynamically(v8::Local<v8::Value> referrer,
                                                v8::Local<v8::String> specifier);
  // Whether these are the bytes of a WebAssembly or data module of the bundle.
  bool HasBytes(std::string_view bytes) const;
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
  // The built-in module of this name; empty without an exception when there is none.
  v8::MaybeLocal<v8::Module> FindBuiltin(const std::string& name);
  v8::MaybeLocal<v8::Module> Compile(const ModuleSource& source);
  absl::Status RunScript(const ModuleSource& source);
  v8::MaybeLocal<v8::Value> DefaultOf(const ModuleSource& source);
  const ModuleSource* SourceNamed(std::string_view name) const;
  const ModuleSource* SourceOf(v8::Local<v8::Module> module);
  absl::Status Failure(const v8::TryCatch& try_catch);

  IsolateState& state_;
  const WorkerCode& code_;
  std::map<const ModuleSource*, v8::Global<v8::Module>> modules_;
  struct Builtin {
    v8::Global<v8::Module> module;
    v8::Global<v8::Object> exports;
  };
  std::map<std::string, Builtin> builtins_;
  v8::Global<v8::Module> main_;
  v8::Global<v8::Promise> evaluated_;
};

// "lib/a.js" + "./b.js" -> "lib/b.js"; never leaves the bundle.
std::string ResolveSpecifier(std::string_view referrer, std::string_view specifier);

}  // namespace terrella::runtime
