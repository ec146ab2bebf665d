#include <string>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/encoding/base64.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// encode(string of Latin1 characters) -> string; undefined when there are others
void Encode(const Info& info) {
  auto string = info[0].As<v8::String>();
  if (!MayCopy(info.GetIsolate(), string) || !string->ContainsOnlyOneByte()) return;
  std::string bytes(string->Length(), '\0');
  string->WriteOneByte(info.GetIsolate(), reinterpret_cast<uint8_t*>(bytes.data()), 0,
                       string->Length(), v8::String::NO_NULL_TERMINATION);
  auto text = Latin1ToV8(info.GetIsolate(), EncodeBase64(bytes));
  if (!text.IsEmpty()) info.GetReturnValue().Set(text);
}

void Decode(const Info& info) {
  auto bytes = DecodeBase64(FromV8(info.GetIsolate(), info[0]));
  if (!bytes.has_value()) return;
  info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), *bytes));
}

constexpr NativeFunction kFunctions[] = {{"encode", Encode}, {"decode", Decode}};

}  // namespace

std::span<const NativeFunction> Base64Functions() {
  return kFunctions;
}

}  // namespace terrella::runtime
