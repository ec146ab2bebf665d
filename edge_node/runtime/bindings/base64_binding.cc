#include <string>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/encoding/base64.h"
#include "edge_node/runtime/encoding/base64_array.h"
#include "edge_node/runtime/isolate_state.h"

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

bool MayEncode(const Info& info, std::string_view bytes) {
  // Two characters a byte at most, here and in the heap.
  IsolateState* state = IsolateState::From(info.GetIsolate());
  if (bytes.size() * 4 <= state->limits().heap_bytes) return true;
  state->ExceedMemory();
  return false;
}

size_t BytesMax(v8::Local<v8::Value> value) {
  const double number = value.As<v8::Number>()->Value();
  return number < 9e15 ? static_cast<size_t>(number) : static_cast<size_t>(-1);
}

// [bytes as a Uint8Array, characters read, whether the text is malformed behind them]
void Return(const Info& info, const DecodedText& decoded) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Value> bytes;
  if (!NewUint8Array(isolate, decoded.bytes).ToLocal(&bytes)) return;
  v8::Local<v8::Value> parts[] = {bytes,
                                  v8::Number::New(isolate, static_cast<double>(decoded.read)),
                                  v8::Boolean::New(isolate, decoded.is_wrong)};
  info.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

// fromBase64(string, 0 base64 | 1 base64url, 0 loose | 1 strict | 2 stop before partial, bytes at
// most)
void FromBase64(const Info& info) {
  Return(info,
         DecodeBase64Array(FromV8(info.GetIsolate(), info[0]),
                           {.is_url = info[1].As<v8::Uint32>()->Value() == 1,
                            .last_chunk = static_cast<LastChunk>(info[2].As<v8::Uint32>()->Value()),
                            .bytes_max = BytesMax(info[3])}));
}

// fromHex(string, bytes at most)
void FromHex(const Info& info) {
  Return(info, DecodeHexArray(FromV8(info.GetIsolate(), info[0]), BytesMax(info[1])));
}

// toBase64(bytes, 0 base64 | 1 base64url, whether without padding) -> string
void ToBase64(const Info& info) {
  const std::string_view bytes = BytesOf(info[0]);
  if (!MayEncode(info, bytes)) return;
  info.GetReturnValue().Set(Latin1ToV8(
      info.GetIsolate(),
      EncodeBase64Array(bytes, info[1].As<v8::Uint32>()->Value() == 1, info[2]->IsTrue())));
}

void ToHex(const Info& info) {
  const std::string_view bytes = BytesOf(info[0]);
  if (!MayEncode(info, bytes)) return;
  info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), EncodeHexArray(bytes)));
}

constexpr NativeFunction kFunctions[] = {
    {"encode", Encode},   {"decode", Decode},     {"fromBase64", FromBase64},
    {"fromHex", FromHex}, {"toBase64", ToBase64}, {"toHex", ToHex},
};

}  // namespace

std::span<const NativeFunction> Base64Functions() {
  return kFunctions;
}

}  // namespace terrella::runtime
