#include "edge_node/runtime/module_loader.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/status.h"
#include "base/suggest.h"
#include "edge_node/runtime/bindings/binding.h"

namespace terrella::runtime {

std::string ResolveSpecifier(std::string_view referrer, std::string_view specifier) {
  if (!specifier.starts_with("./") && !specifier.starts_with("../")) return std::string(specifier);
  std::vector<std::string_view> parts;
  auto add = [&parts](std::string_view path) {
    while (!path.empty()) {
      size_t slash = std::min(path.find('/'), path.size());
      std::string_view part = path.substr(0, slash);
      path.remove_prefix(std::min(slash + 1, path.size()));
      if (part == "..") {
        if (!parts.empty()) parts.pop_back();
      } else if (part != "." && !part.empty()) {
        parts.push_back(part);
      }
    }
  };
  size_t folder = referrer.rfind('/');
  if (folder != std::string_view::npos) add(referrer.substr(0, folder));
  add(specifier);
  std::string joined;
  for (std::string_view part : parts) {
    if (!joined.empty()) joined += '/';
    joined += part;
  }
  return joined;
}

absl::Status ModuleLoader::Failure(const v8::TryCatch& try_catch) {
  if (try_catch.HasTerminated() || !try_catch.HasCaught()) return Aborted("terminated");
  return InvalidArgument("{}",
                         state_.DescribeException(try_catch.Exception(), try_catch.Message()));
}

absl::Status ModuleLoader::Start() {
  v8::Isolate* isolate = state_.isolate();
  auto context = state_.context();
  const ModuleSource* source = SourceNamed(code_.main_module);
  if (source != nullptr && source->kind == ModuleKind::kScript) return RunScript(*source);
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Module> main;
  v8::Local<v8::Value> evaluated;
  if (!Find("", code_.main_module).ToLocal(&main) ||
      !main->InstantiateModule(context, &Resolve).FromMaybe(false) ||
      !main->Evaluate(context).ToLocal(&evaluated)) {
    return Failure(try_catch);
  }
  main_.Reset(isolate, main);
  if (evaluated->IsPromise()) {
    evaluated.As<v8::Promise>()->MarkAsHandled();  // Finish reports it
    evaluated_.Reset(isolate, evaluated.As<v8::Promise>());
  }
  return absl::OkStatus();
}

absl::Status ModuleLoader::Finish() {
  if (evaluated_.IsEmpty()) return absl::OkStatus();
  auto promise = evaluated_.Get(state_.isolate());
  switch (promise->State()) {
    case v8::Promise::kFulfilled:
      return absl::OkStatus();
    case v8::Promise::kRejected:
      return InvalidArgument("{}", state_.DescribeRejection(promise->Result()));
    case v8::Promise::kPending:
      break;
  }
  return InvalidArgument(
      "{}: the top-level await never settles: timers and fetch() exist only while a request is "
      "handled",
      code_.main_module);
}

absl::Status ModuleLoader::RunScript(const ModuleSource& source) {
  v8::Isolate* isolate = state_.isolate();
  auto context = state_.context();
  v8::TryCatch try_catch(isolate);
  auto text = ToV8(isolate, source.bytes);
  if (text.IsEmpty()) return InvalidArgument("{}: the script is too long", source.name);
  v8::ScriptOrigin origin(isolate, ToV8(isolate, source.name));
  v8::Local<v8::Script> script;
  if (!v8::Script::Compile(context, text, &origin).ToLocal(&script) ||
      script->Run(context).IsEmpty()) {
    return Failure(try_catch);
  }
  return absl::OkStatus();
}

v8::Local<v8::Value> ModuleLoader::Exports() {
  if (main_.IsEmpty()) return v8::Undefined(state_.isolate());
  return main_.Get(state_.isolate())->GetModuleNamespace();
}

v8::MaybeLocal<v8::Module> ModuleLoader::Resolve(v8::Local<v8::Context> context,
                                                 v8::Local<v8::String> specifier,
                                                 v8::Local<v8::FixedArray>,
                                                 v8::Local<v8::Module> referrer) {
  v8::Isolate* isolate = context->GetIsolate();
  ModuleLoader* self = IsolateState::From(isolate)->modules();
  const ModuleSource* source = self->SourceOf(referrer);
  return self->Find(source == nullptr ? "" : source->name, FromV8(isolate, specifier));
}

v8::MaybeLocal<v8::Promise> ModuleLoader::ImportDynamically(v8::Local<v8::Value> referrer,
                                                            v8::Local<v8::String> specifier) {
  v8::Isolate* isolate = state_.isolate();
  auto context = state_.context();
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  v8::TryCatch try_catch(isolate);
  std::string from = referrer->IsString() ? FromV8(isolate, referrer) : "";
  v8::Local<v8::Module> module;
  v8::Local<v8::Value> evaluated;
  if (!Find(from, FromV8(isolate, specifier)).ToLocal(&module) ||
      !module->InstantiateModule(context, &Resolve).FromMaybe(false) ||
      !module->Evaluate(context).ToLocal(&evaluated)) {
    if (try_catch.HasTerminated()) return {};
    resolver->Reject(context, try_catch.Exception()).Check();
    return resolver->GetPromise();
  }
  // The evaluation's promise, then the namespace.
  auto give_namespace = [](const v8::FunctionCallbackInfo<v8::Value>& info) {
    info.GetReturnValue().Set(info.Data());
  };
  v8::Local<v8::Function> then;
  if (!evaluated->IsPromise() ||
      !v8::Function::New(context, give_namespace, module->GetModuleNamespace()).ToLocal(&then)) {
    return {};
  }
  return evaluated.As<v8::Promise>()->Then(context, then);
}

void ModuleLoader::FillImportMeta(v8::Local<v8::Module> module, v8::Local<v8::Object> meta) {
  const ModuleSource* source = SourceOf(module);
  if (source == nullptr) return;
  v8::Isolate* isolate = state_.isolate();
  Discard(meta->CreateDataProperty(state_.context(), Symbol(isolate, "url"),
                                   ToV8(isolate, "file:///" + source->name)));
}

bool ModuleLoader::HasBytes(std::string_view bytes) const {
  return std::any_of(code_.modules.begin(), code_.modules.end(), [&](const ModuleSource& module) {
    return (module.kind == ModuleKind::kWasm || module.kind == ModuleKind::kData) &&
           module.bytes == bytes;
  });
}

const ModuleSource* ModuleLoader::SourceOf(v8::Local<v8::Module> module) {
  for (const auto& [source, known] : modules_) {
    if (known == module) return source;
  }
  return nullptr;
}

const ModuleSource* ModuleLoader::SourceNamed(std::string_view name) const {
  auto source = std::find_if(code_.modules.begin(), code_.modules.end(),
                             [&](const ModuleSource& m) { return m.name == name; });
  return source == code_.modules.end() ? nullptr : &*source;
}

v8::MaybeLocal<v8::Module> ModuleLoader::Find(std::string_view referrer,
                                              std::string_view specifier) {
  v8::Isolate* isolate = state_.isolate();
  std::string name = ResolveSpecifier(referrer, specifier);
  const ModuleSource* source = SourceNamed(name);
  if (source == nullptr) {
    {
      v8::TryCatch try_catch(isolate);
      v8::Local<v8::Module> builtin;
      if (FindBuiltin(name).ToLocal(&builtin)) return builtin;
      // "./code.wasm?module": what stands behind the '?' is for bundlers.
      const size_t query = name.find('?');
      if (query != std::string::npos && SourceNamed(name.substr(0, query)) != nullptr) {
        return Find(referrer, specifier.substr(0, specifier.find('?')));
      }
      if (try_catch.HasCaught()) {
        try_catch.ReThrow();
        return {};
      }
    }
    std::vector<std::string> names;
    for (const ModuleSource& m : code_.modules) names.push_back(m.name);
    std::string text = referrer.empty()
                           ? fmt::format("no module \"{}\" in the bundle", name)
                           : fmt::format("{} imports \"{}\", but the bundle has no module \"{}\"",
                                         referrer, specifier, name);
    std::string near = Suggest(name, names);
    if (!near.empty()) text += fmt::format("; did you mean \"{}\"?", near);
    ThrowTypeError(isolate, text);
    return {};
  }
  auto known = modules_.find(source);
  if (known != modules_.end()) return known->second.Get(isolate);
  v8::Local<v8::Module> module;
  if (!Compile(*source).ToLocal(&module)) return {};
  modules_[source].Reset(isolate, module);
  return module;
}

v8::MaybeLocal<v8::Module> ModuleLoader::FindBuiltin(const std::string& name) {
  v8::Isolate* isolate = state_.isolate();
  auto context = state_.context();
  if (auto known = builtins_.find(name); known != builtins_.end()) {
    return known->second.module.Get(isolate);
  }
  v8::Local<v8::Value> argument = ToV8(isolate, name);
  v8::Local<v8::Value> exports;
  v8::Local<v8::Array> keys;
  if (!state_.entry(Entry::kBuiltin)
           ->Call(context, v8::Undefined(isolate), 1, &argument)
           .ToLocal(&exports) ||
      !exports->IsObject() ||
      !exports.As<v8::Object>()->GetOwnPropertyNames(context).ToLocal(&keys)) {
    return {};
  }
  std::vector<v8::Local<v8::String>> names;
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    names.push_back(keys->Get(context, i).ToLocalChecked().As<v8::String>());
  }
  auto module =
      v8::Module::CreateSyntheticModule(isolate, ToV8(isolate, name), names, &EvaluateSynthetic);
  Builtin& builtin = builtins_[name];
  builtin.module.Reset(isolate, module);
  builtin.exports.Reset(isolate, exports.As<v8::Object>());
  return module;
}

v8::MaybeLocal<v8::Module> ModuleLoader::Compile(const ModuleSource& source) {
  v8::Isolate* isolate = state_.isolate();
  if (source.kind == ModuleKind::kScript) {
    ThrowTypeError(isolate, fmt::format("{} is a script and cannot be imported", source.name));
    return {};
  }
  if (source.kind != ModuleKind::kEsm) {
    return v8::Module::CreateSyntheticModule(isolate, ToV8(isolate, source.name),
                                             {Symbol(isolate, "default")}, &EvaluateSynthetic);
  }
  v8::ScriptOrigin origin(isolate, ToV8(isolate, source.name), 0, 0, false, -1, {}, false, false,
                          /*is_module=*/true);
  auto text = ToV8(isolate, source.bytes);
  if (text.IsEmpty()) {
    ThrowRangeError(isolate, fmt::format("{}: the module is too long", source.name));
    return {};
  }
  v8::ScriptCompiler::Source compiled(text, origin);
  return v8::ScriptCompiler::CompileModule(isolate, &compiled);
}

v8::MaybeLocal<v8::Value> ModuleLoader::EvaluateSynthetic(v8::Local<v8::Context> context,
                                                          v8::Local<v8::Module> module) {
  v8::Isolate* isolate = context->GetIsolate();
  ModuleLoader* self = IsolateState::From(isolate)->modules();
  v8::Local<v8::Value> value;
  if (const ModuleSource* source = self->SourceOf(module)) {
    if (!self->DefaultOf(*source).ToLocal(&value) ||
        module->SetSyntheticModuleExport(isolate, Symbol(isolate, "default"), value).IsNothing()) {
      return {};
    }
  }
  for (auto& [name, builtin] : self->builtins_) {
    if (builtin.module != module) continue;
    auto exports = builtin.exports.Get(isolate);
    v8::Local<v8::Array> keys;
    if (!exports->GetOwnPropertyNames(context).ToLocal(&keys)) return {};
    for (uint32_t i = 0; i < keys->Length(); ++i) {
      auto key = keys->Get(context, i).ToLocalChecked().As<v8::String>();
      if (!exports->Get(context, key).ToLocal(&value) ||
          module->SetSyntheticModuleExport(isolate, key, value).IsNothing()) {
        return {};
      }
    }
  }
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  resolver->Resolve(context, v8::Undefined(isolate)).Check();
  return resolver->GetPromise();
}

v8::MaybeLocal<v8::Value> ModuleLoader::DefaultOf(std::string_view name) {
  if (const ModuleSource* source = SourceNamed(name)) return DefaultOf(*source);
  ThrowTypeError(state_.isolate(), fmt::format("no module \"{}\" in the bundle", name));
  return {};
}

v8::MaybeLocal<v8::Value> ModuleLoader::DefaultOf(const ModuleSource& source) {
  v8::Isolate* isolate = state_.isolate();
  switch (source.kind) {
    case ModuleKind::kEsm:
    case ModuleKind::kScript:
      break;
    case ModuleKind::kText:
      return ToV8(isolate, source.bytes);
    case ModuleKind::kJson: {
      v8::TryCatch try_catch(isolate);
      v8::Local<v8::Value> value;
      if (v8::JSON::Parse(state_.context(), ToV8(isolate, source.bytes)).ToLocal(&value))
        return value;
      std::string why = FromV8(isolate, try_catch.Message()->Get());
      try_catch.Reset();
      ThrowTypeError(isolate, fmt::format("{}: {}", source.name, why));
      try_catch.ReThrow();
      return {};
    }
    case ModuleKind::kData: {
      v8::Local<v8::Value> view;
      if (!NewUint8Array(isolate, source.bytes).ToLocal(&view)) return {};
      return view.As<v8::Uint8Array>()->Buffer();
    }
    case ModuleKind::kWasm: {
      v8::Local<v8::WasmModuleObject> module;
      v8::TryCatch try_catch(isolate);
      state_.set_may_compile_wasm(true);
      bool compiled =
          v8::WasmModuleObject::Compile(
              isolate, {reinterpret_cast<const uint8_t*>(source.bytes.data()), source.bytes.size()})
              .ToLocal(&module);
      state_.set_may_compile_wasm(false);
      if (!compiled) {
        std::string why = try_catch.HasCaught() ? FromV8(isolate, try_catch.Message()->Get())
                                                : "cannot be compiled";
        try_catch.Reset();
        ThrowTypeError(isolate, fmt::format("{}: {}", source.name, why));
        try_catch.ReThrow();
        return {};
      }
      return module;
    }
  }
  return {};
}

}  // namespace terrella::runtime
