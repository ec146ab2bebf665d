// native.values: what JavaScript cannot find out about a value, or not without running somebody's
// code: its internal slots. For structured clones and for inspecting.
#include <array>
#include <utility>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;
using Test = bool (v8::Value::*)() const;

// The kinds of objects by name, in the order they are tested in.
constexpr std::pair<const char*, Test> kKinds[] = {
    {"Proxy", &v8::Value::IsProxy},
    {"Array", &v8::Value::IsArray},
    {"Map", &v8::Value::IsMap},
    {"Set", &v8::Value::IsSet},
    {"Date", &v8::Value::IsDate},
    {"TypedArray", &v8::Value::IsTypedArray},
    {"ArrayBuffer", &v8::Value::IsArrayBuffer},
    {"Error", &v8::Value::IsNativeError},
    {"Promise", &v8::Value::IsPromise},
    {"RegExp", &v8::Value::IsRegExp},
    {"DataView", &v8::Value::IsDataView},
    {"WeakMap", &v8::Value::IsWeakMap},
    {"WeakSet", &v8::Value::IsWeakSet},
    {"String", &v8::Value::IsStringObject},
    {"Number", &v8::Value::IsNumberObject},
    {"Boolean", &v8::Value::IsBooleanObject},
    {"BigInt", &v8::Value::IsBigIntObject},
    {"Symbol", &v8::Value::IsSymbolObject},
    {"MapIterator", &v8::Value::IsMapIterator},
    {"SetIterator", &v8::Value::IsSetIterator},
    {"Generator", &v8::Value::IsGeneratorObject},
    {"Arguments", &v8::Value::IsArgumentsObject},
    {"Namespace", &v8::Value::IsModuleNamespaceObject},
    {"WasmModule", &v8::Value::IsWasmModuleObject},
    {"WasmMemory", &v8::Value::IsWasmMemoryObject},
    {"External", &v8::Value::IsExternal},
};

// kinds() -> {Object: 0, Proxy: 1, ...}
void Kinds(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto context = isolate->GetCurrentContext();
  auto kinds = v8::Object::New(isolate);
  int number = 0;
  kinds->Set(context, Symbol(isolate, "Object"), v8::Integer::New(isolate, number)).Check();
  for (const auto& [name, test] : kKinds) {
    kinds->Set(context, Symbol(isolate, name), v8::Integer::New(isolate, ++number)).Check();
  }
  info.GetReturnValue().Set(kinds);
}

// kind(object) -> one of kinds(); 0 for everything else.
void Kind(const Info& info) {
  int number = 0;
  for (const auto& [name, test] : kKinds) {
    ++number;
    if (((*info[0])->*test)()) return info.GetReturnValue().Set(number);
  }
  info.GetReturnValue().Set(0);
}

// keysOf(object, isNamedOnly) -> its own enumerable keys without symbols: array indices, as
// numbers, and names.
void KeysOf(const Info& info) {
  v8::Local<v8::Array> keys;
  if (info[0]
          .As<v8::Object>()
          ->GetPropertyNames(
              info.GetIsolate()->GetCurrentContext(), v8::KeyCollectionMode::kOwnOnly,
              static_cast<v8::PropertyFilter>(v8::ONLY_ENUMERABLE | v8::SKIP_SYMBOLS),
              info[1]->IsTrue() ? v8::IndexFilter::kSkipIndices : v8::IndexFilter::kIncludeIndices,
              v8::KeyConversionMode::kKeepNumbers)
          .ToLocal(&keys)) {
    info.GetReturnValue().Set(keys);
  }
}

// entriesOf(map, set or iterator) -> [entries, whether they are keys and values in turn]; weak
// collections too. Runs no JavaScript.
void EntriesOf(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  bool is_key_value = false;
  v8::Local<v8::Array> entries;
  if (!info[0].As<v8::Object>()->PreviewEntries(&is_key_value).ToLocal(&entries)) return;
  v8::Local<v8::Value> parts[] = {entries, v8::Boolean::New(isolate, is_key_value)};
  info.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

// stateOf(promise) -> [0 pending | 1 fulfilled | 2 rejected, result]
void StateOf(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto promise = info[0].As<v8::Promise>();
  auto state = promise->State();
  v8::Local<v8::Value> parts[] = {
      v8::Integer::New(isolate, state),
      state == v8::Promise::kPending ? v8::Undefined(isolate).As<v8::Value>() : promise->Result()};
  info.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

// targetOf(proxy) -> [target, handler], both null when it was revoked
void TargetOf(const Info& info) {
  auto proxy = info[0].As<v8::Proxy>();
  v8::Local<v8::Value> parts[] = {proxy->GetTarget(), proxy->GetHandler()};
  info.GetReturnValue().Set(v8::Array::New(info.GetIsolate(), parts, std::size(parts)));
}

// isDetached(buffer)
void IsDetached(const Info& info) {
  info.GetReturnValue().Set(info[0].As<v8::ArrayBuffer>()->WasDetached());
}

// copyBuffer(buffer, length = its own) -> a new ArrayBuffer of that length with as many of its
// bytes
void CopyBuffer(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  std::string_view bytes = BytesOf(info[0]);
  size_t length = bytes.size();
  if (info[1]->IsNumber()) length = static_cast<size_t>(info[1].As<v8::Number>()->Value());
  v8::Local<v8::ArrayBuffer> copy;
  if (NewArrayBuffer(isolate, bytes.substr(0, length), length).ToLocal(&copy)) {
    info.GetReturnValue().Set(copy);
  }
}

// isDetachable(buffer): false for the memory of WebAssembly, and for what is detached already
void IsDetachable(const Info& info) {
  auto buffer = info[0].As<v8::ArrayBuffer>();
  info.GetReturnValue().Set(buffer->IsDetachable() && !buffer->WasDetached());
}

// shareBuffer(buffer) -> another ArrayBuffer over the same bytes, for the time until detach(buffer)
void ShareBuffer(const Info& info) {
  info.GetReturnValue().Set(
      v8::ArrayBuffer::New(info.GetIsolate(), info[0].As<v8::ArrayBuffer>()->GetBackingStore()));
}

void Detach(const Info& info) {
  info[0].As<v8::ArrayBuffer>()->Detach();
}

// cloneModule(WebAssembly.Module) -> another one of the same compiled code
void CloneModule(const Info& info) {
  v8::Local<v8::WasmModuleObject> copy;
  if (!info[0]->IsWasmModuleObject()) {
    return ThrowTypeError(info.GetIsolate(), "expected a WebAssembly.Module");
  }
  auto compiled = info[0].As<v8::WasmModuleObject>()->GetCompiledModule();
  if (v8::WasmModuleObject::FromCompiledModule(info.GetIsolate(), compiled).ToLocal(&copy)) {
    info.GetReturnValue().Set(copy);
  }
}

constexpr NativeFunction kFunctions[] = {
    {"kinds", Kinds},           {"kind", Kind},
    {"keysOf", KeysOf},         {"entriesOf", EntriesOf},
    {"stateOf", StateOf},       {"targetOf", TargetOf},
    {"isDetached", IsDetached}, {"isDetachable", IsDetachable},
    {"copyBuffer", CopyBuffer}, {"shareBuffer", ShareBuffer},
    {"detach", Detach},         {"cloneModule", CloneModule},
};

}  // namespace

std::span<const NativeFunction> ValuesFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
