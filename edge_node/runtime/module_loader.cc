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

v8::Local<v8::Value> ModuleLoader::DefaultExport() {
  v8::Isolate* isolate = state_.isolate();
  v8::TryCatch try_catch(isolate);
  auto exports = main_.Get(isolate)->GetModuleNamespace().As<v8::Object>();
  v8::Local<v8::Value> value;
  if (exports->Get(state_.context(), Symbol(isolate, "default")).ToLocal(&value)) return value;
  return v8::Undefined(isolate);
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

const ModuleSource* ModuleLoader::SourceOf(v8::Local<v8::Module> module) {
  for (const auto& [source, known] : modules_) {
    if (known == module) return source;
  }
  return nullptr;
}

v8::MaybeLocal<v8::Module> ModuleLoader::Find(std::string_view referrer,
                                              std::string_view specifier) {
  v8::Isolate* isolate = state_.isolate();
  std::string name = ResolveSpecifier(referrer, specifier);
  auto source = std::find_if(code_.modules.begin(), code_.modules.end(),
                             [&](const ModuleSource& m) { return m.name == name; });
  if (source == code_.modules.end()) {
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
  auto known = modules_.find(&*source);
  if (known != modules_.end()) return known->second.Get(isolate);
  v8::Local<v8::Module> module;
  if (!Compile(*source).ToLocal(&module)) return {};
  modules_[&*source].Reset(isolate, module);
  return module;
}

v8::MaybeLocal<v8::Module> ModuleLoader::Compile(const ModuleSource& source) {
  v8::Isolate* isolate = state_.isolate();
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
  const ModuleSource* source = self->SourceOf(module);
  v8::Local<v8::Value> value;
  if (source == nullptr || !self->DefaultOf(*source).ToLocal(&value) ||
      module->SetSyntheticModuleExport(isolate, Symbol(isolate, "default"), value).IsNothing()) {
    return {};
  }
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  resolver->Resolve(context, v8::Undefined(isolate)).Check();
  return resolver->GetPromise();
}

v8::MaybeLocal<v8::Value> ModuleLoader::DefaultOf(const ModuleSource& source) {
  v8::Isolate* isolate = state_.isolate();
  switch (source.kind) {
    case ModuleKind::kEsm:
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
