#include <string>
#include <vector>

#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/bindings/crypto_binding.h"
#include "edge_node/runtime/bindings/encoding_binding.h"
#include "edge_node/runtime/bindings/url_binding.h"
#include "edge_node/runtime/lazy_code.h"
#include "edge_node/runtime/snapshot.h"

namespace terrella::runtime {

std::span<const NativeBinding> AllBindings() {
  static const NativeBinding bindings[] = {
      {"io", IoFunctions()},
      {"sockets", SocketFunctions()},
      {"timers", TimerFunctions()},
      {"console", ConsoleFunctions()},
      {"crypto", CryptoFunctions()},
      {"base64", Base64Functions()},
      {"values", ValuesFunctions()},
      {"wasm", WasmFunctions()},
      {"encoding", EncodingFunctions()},
      {"url", UrlFunctions()},
      {"streams", StreamFunctions()},
      {"compression", CompressionFunctions()},
      {"lazy", LazyFunctions()},
      {"html", HtmlFunctions()},
      {"kv", KvFunctions()},
      {"rate_limit", RateLimitFunctions()},
      {"body", BodyFunctions()},
      {"events", EventStreamFunctions()},
      {"cache", CacheFunctions()},
      {"modules", ModuleFunctions()},
      {"cryptoKeys", CryptoKeyFunctions()},
      {"cryptoOperations", CryptoOperationFunctions()},
      {"async", AsyncFunctions()},
      {"buffer", BufferFunctions()},
      {"cryptoStreams", CryptoStreamFunctions()},
      {"actors", ActorFunctions()},
  };
  return bindings;
}

void ProduceBinding(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto context = isolate->GetCurrentContext();
  const std::string wanted = FromV8(isolate, name);
  for (const NativeBinding& binding : AllBindings()) {
    if (binding.name != wanted) continue;
    auto functions = v8::Object::New(isolate);
    for (const NativeFunction& f : binding.functions) {
      auto function_template = v8::FunctionTemplate::New(isolate, f.callback);
      function_template->RemovePrototype();
      auto function = function_template->GetFunction(context).ToLocalChecked();
      function->SetName(Symbol(isolate, f.name));
      functions->Set(context, Symbol(isolate, f.name), function).Check();
    }
    info.GetReturnValue().Set(functions);
  }
}

const intptr_t* ExternalReferences() {
  static const std::vector<intptr_t> references = [] {
    std::vector<intptr_t> all;
    for (const NativeBinding& binding : AllBindings()) {
      for (const NativeFunction& f : binding.functions) {
        all.push_back(reinterpret_cast<intptr_t>(f.callback));
      }
    }
    all.push_back(reinterpret_cast<intptr_t>(&ProduceLazyValue));
    all.push_back(reinterpret_cast<intptr_t>(&ProduceBinding));
    for (const LazyFile& file : SnapshotFiles()) {
      all.push_back(reinterpret_cast<intptr_t>(file.text));
    }
    all.push_back(0);
    return all;
  }();
  return references.data();
}

}  // namespace terrella::runtime
