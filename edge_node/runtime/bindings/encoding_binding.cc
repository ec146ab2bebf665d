#include "edge_node/runtime/bindings/encoding_binding.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "base/check.h"
#include "edge_node/runtime/encoding/text_decoder.h"
#include "edge_node/runtime/encoding/utf8.h"

namespace terrella::runtime {
namespace {

using Arguments = v8::FunctionCallbackInfo<v8::Value>;

constexpr int kWriteFlags = v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8;

void EncodeUtf8(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  v8::Local<v8::Value> bytes;
  if (NewUint8Array(isolate, FromV8(isolate, args[0])).ToLocal(&bytes)) {
    args.GetReturnValue().Set(bytes);
  }
}

void EncodeInto(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  const std::string_view target = BytesOf(args[1]);
  int units_read = 0;
  int bytes_written = 0;
  if (!target.empty()) {
    const auto capacity = static_cast<int>(std::min<size_t>(target.size(), INT32_MAX));
    bytes_written = args[0].As<v8::String>()->WriteUtf8(isolate, const_cast<char*>(target.data()),
                                                        capacity, &units_read, kWriteFlags);
  }
  v8::Local<v8::Value> result[] = {v8::Integer::New(isolate, units_read),
                                   v8::Integer::New(isolate, bytes_written)};
  args.GetReturnValue().Set(v8::Array::New(isolate, result, 2));
}

void ToWellFormed(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  const auto text = args[0].As<v8::String>();
  args.GetReturnValue().Set(text);
  if (text->IsOneByte() || !MayCopy(isolate, text)) return;
  const v8::String::Value units(isolate, text);
  bool has_lone = false;
  for (int i = 0; i < units.length() && !has_lone; ++i) {
    const uint16_t unit = (*units)[i];
    const bool is_pair =
        (unit & 0xFC00) == 0xD800 && i + 1 < units.length() && ((*units)[i + 1] & 0xFC00) == 0xDC00;
    if (is_pair) {
      ++i;
    } else {
      has_lone = (unit & 0xF800) == 0xD800;
    }
  }
  if (has_lone) args.GetReturnValue().Set(ToV8(isolate, FromV8(isolate, text)));
}

void Label(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  const Encoding* encoding = EncodingForLabel(FromV8(isolate, args[0]));
  if (encoding == nullptr || encoding->kind == EncodingKind::kReplacement) return;
  args.GetReturnValue().Set(Symbol(isolate, encoding->name));
}

bool IsBytes(v8::Local<v8::Value> value) {
  return value->IsArrayBufferView() || value->IsArrayBuffer() || value->IsSharedArrayBuffer();
}

// The bytes of a buffer source; none for undefined. Nothing for any other value.
std::optional<std::string_view> BytesOrNothing(v8::Local<v8::Value> value) {
  if (value->IsUndefined()) return std::string_view();
  if (value->IsSharedArrayBuffer()) {
    const auto shared = value.As<v8::SharedArrayBuffer>();
    return std::string_view(static_cast<char*>(shared->GetBackingStore()->Data()),
                            shared->ByteLength());
  }
  if (!IsBytes(value)) return std::nullopt;
  return BytesOf(value);
}

void ReturnDecoded(const Arguments& args, TextDecoder& decoder, std::string_view bytes,
                   bool stream) {
  v8::Isolate* isolate = args.GetIsolate();
  if (!stream && decoder.IsPlainAscii(bytes)) {
    std::u16string none;
    // Ends the stream, if one was open.
    decoder.Decode({}, /*stream=*/false, none).IgnoreError();
    args.GetReturnValue().Set(Latin1ToV8(isolate, bytes));
    return;
  }
  std::u16string text;
  if (!decoder.Decode(bytes, stream, text).ok()) {
    args.GetReturnValue().SetNull();
    return;
  }
  v8::Local<v8::String> result;
  if (text.size() > v8::String::kMaxLength ||
      !v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(text.data()),
                                  v8::NewStringType::kNormal, static_cast<int>(text.size()))
           .ToLocal(&result)) {
    ThrowRangeError(isolate, "the decoded text is longer than a string may be");
    return;
  }
  args.GetReturnValue().Set(result);
}

const Encoding& EncodingArgument(v8::Isolate* isolate, v8::Local<v8::Value> name) {
  const Encoding* encoding = EncodingForLabel(FromV8(isolate, name));
  CHECK(encoding != nullptr);
  return *encoding;
}

void DecodeUtf8(const Arguments& args) {
  const std::optional<std::string_view> bytes = BytesOrNothing(args[0]);
  if (!bytes) return;
  TextDecoder decoder(Utf8Encoding(), {.ignore_bom = args[1]->IsTrue()});
  ReturnDecoded(args, decoder, *bytes, /*stream=*/false);
}

void Decode(const Arguments& args) {
  const std::optional<std::string_view> bytes = BytesOrNothing(args[0]);
  if (!bytes) return;
  TextDecoder decoder(EncodingArgument(args.GetIsolate(), args[1]),
                      {.fatal = args[2]->IsTrue(), .ignore_bom = args[3]->IsTrue()});
  ReturnDecoded(args, decoder, *bytes, /*stream=*/false);
}

void OpenDecoder(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  auto decoder = std::make_unique<TextDecoder>(
      EncodingArgument(isolate, args[0]),
      TextDecoderOptions{.fatal = args[1]->IsTrue(), .ignore_bom = args[2]->IsTrue()});
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(
      decoder.release(), sizeof(TextDecoder),
      [](void* data, size_t, void*) { delete static_cast<TextDecoder*>(data); }, nullptr);
  args.GetReturnValue().Set(v8::ArrayBuffer::New(isolate, std::move(store)));
}

void DecodePiece(const Arguments& args) {
  const std::optional<std::string_view> bytes = BytesOrNothing(args[1]);
  if (!bytes) return;
  const auto store = args[0].As<v8::ArrayBuffer>()->GetBackingStore();
  ReturnDecoded(args, *static_cast<TextDecoder*>(store->Data()), *bytes, args[2]->IsTrue());
}

}  // namespace

std::span<const NativeFunction> EncodingFunctions() {
  static constexpr NativeFunction kFunctions[] = {
      {"encodeUtf8", EncodeUtf8},     {"encodeInto", EncodeInto},
      {"toWellFormed", ToWellFormed}, {"label", Label},
      {"decodeUtf8", DecodeUtf8},     {"decode", Decode},
      {"openDecoder", OpenDecoder},   {"decodePiece", DecodePiece},
  };
  return kFunctions;
}

}  // namespace terrella::runtime
