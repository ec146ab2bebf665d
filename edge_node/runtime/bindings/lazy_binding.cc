// native.lazy: what js/lazy.js makes placeholders of.
#include <algorithm>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/lazy_code.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// compile(name) -> the file's function
void Compile(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  std::string name = FromV8(isolate, info[0]);
  auto files = LazyFiles();
  auto file = std::find_if(files.begin(), files.end(),
                           [&](const LazyFile& candidate) { return candidate.name == name; });
  if (file == files.end())
    return ThrowTypeError(isolate, "no part of the runtime is named " + name);
  v8::Local<v8::Function> function;
  if (CompileLazyFile(isolate->GetCurrentContext(), *file).ToLocal(&function)) {
    info.GetReturnValue().Set(function);
  }
}

// define(target, name, number): a data property whose value is what internals.entry.produce(number)
// gives when it is first looked at.
void Define(const Info& info) {
  auto context = info.GetIsolate()->GetCurrentContext();
  Discard(info[0].As<v8::Object>()->SetLazyDataProperty(context, info[1].As<v8::Name>(),
                                                        &ProduceLazyValue, info[2], v8::DontEnum));
}

constexpr NativeFunction kFunctions[] = {{"compile", Compile}, {"define", Define}};

}  // namespace

void ProduceLazyValue(v8::Local<v8::Name>, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  IsolateState* state = IsolateState::From(isolate);
  v8::Local<v8::Value> number = info.Data();
  v8::Local<v8::Value> value;
  if (state->entry(Entry::kProduce)
          ->Call(state->context(), v8::Undefined(isolate), 1, &number)
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

std::span<const NativeFunction> LazyFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
