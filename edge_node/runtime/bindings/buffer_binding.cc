// native.buffer: the parts of Node.js's Buffer that touch every byte.
//
// Encodings are the numbers of NodeEncoding. Views are Uint8Arrays, checked by js/node/buffer.js.
#include <algorithm>
#include <cstring>
#include <string>

#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/bindings/encoding_binding.h"
#include "edge_node/runtime/encoding/base64_array.h"
#include "edge_node/runtime/encoding/node_text.h"
#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

NodeEncoding EncodingOf(const Info& info, int i) {
  return static_cast<NodeEncoding>(info[i].As<v8::Uint32>()->Value());
}

double Number(const Info& info, int i) {
  return info[i]->IsNumber() ? info[i].As<v8::Number>()->Value() : 0;
}

// The low byte of each unit.
std::string LowBytes(v8::Isolate* isolate, v8::Local<v8::String> text) {
  if (!MayCopy(isolate, text)) return {};
  std::string out(static_cast<size_t>(text->Length()), '\0');
  text->WriteOneByte(isolate, reinterpret_cast<uint8_t*>(out.data()), 0, text->Length(),
                     v8::String::NO_NULL_TERMINATION);
  return out;
}

// The same of text whose units beyond Latin-1 are no good in any case.
std::string AsciiOrSpace(v8::Isolate* isolate, v8::Local<v8::String> text) {
  if (text->IsOneByte() || text->ContainsOnlyOneByte()) return LowBytes(isolate, text);
  if (!MayCopy(isolate, text)) return {};
  v8::String::Value units(isolate, text);
  std::string out(static_cast<size_t>(units.length()), '\0');
  for (int i = 0; i < units.length(); ++i) {
    const uint16_t unit = (*units)[i];
    out[static_cast<size_t>(i)] = unit < 0x80 ? static_cast<char>(unit) : '\x7f';
  }
  return out;
}

std::string Ucs2(v8::Isolate* isolate, v8::Local<v8::String> text) {
  if (!MayCopy(isolate, text)) return {};
  std::string out(static_cast<size_t>(text->Length()) * 2, '\0');
  text->Write(isolate, reinterpret_cast<uint16_t*>(out.data()), 0, text->Length(),
              v8::String::NO_NULL_TERMINATION);
  return out;
}

std::string Encoded(v8::Isolate* isolate, v8::Local<v8::String> text, NodeEncoding encoding,
                    size_t bytes_max) {
  switch (encoding) {
    case NodeEncoding::kUtf8:
      return FromV8(isolate, text);
    case NodeEncoding::kUcs2:
      return Ucs2(isolate, text);
    case NodeEncoding::kLatin1:
    case NodeEncoding::kAscii:
      return LowBytes(isolate, text);
    case NodeEncoding::kHex:
      return DecodeNodeHex(AsciiOrSpace(isolate, text), bytes_max);
    case NodeEncoding::kBase64:
    case NodeEncoding::kBase64Url:
      return DecodeNodeBase64(AsciiOrSpace(isolate, text), bytes_max);
  }
  return {};
}

// fromText(string, encoding) -> Uint8Array
void FromText(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Value> bytes;
  if (NewUint8Array(isolate,
                    Encoded(isolate, info[0].As<v8::String>(), EncodingOf(info, 1), SIZE_MAX))
          .ToLocal(&bytes)) {
    info.GetReturnValue().Set(bytes);
  }
}

// write(view, string, offset, length, encoding) -> bytes written; whole characters only
void Write(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  std::string_view view = BytesOf(info[0]);
  const auto offset =
      static_cast<size_t>(std::min(Number(info, 2), static_cast<double>(view.size())));
  view = view.substr(offset, static_cast<size_t>(std::min(Number(info, 3), 9e15)));
  char* target = const_cast<char*>(view.data());
  const NodeEncoding encoding = EncodingOf(info, 4);
  auto text = info[1].As<v8::String>();
  if (encoding == NodeEncoding::kUtf8) {
    int units = 0;
    const int capacity = static_cast<int>(std::min<size_t>(view.size(), INT32_MAX));
    if (capacity == 0) return info.GetReturnValue().Set(0);
    return info.GetReturnValue().Set(
        text->WriteUtf8(isolate, target, capacity, &units,
                        v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8));
  }
  const std::string bytes = Encoded(isolate, text, encoding, view.size());
  size_t count = std::min(bytes.size(), view.size());
  if (encoding == NodeEncoding::kUcs2) count &= ~size_t{1};
  std::copy_n(bytes.data(), count, target);
  info.GetReturnValue().Set(static_cast<double>(count));
}

// length(string, encoding) -> bytes
void Length(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto text = info[0].As<v8::String>();
  const auto units = static_cast<size_t>(text->Length());
  double bytes = 0;
  switch (EncodingOf(info, 1)) {
    case NodeEncoding::kUtf8:
      bytes = text->Utf8Length(isolate);
      break;
    case NodeEncoding::kUcs2:
      bytes = static_cast<double>(units) * 2;
      break;
    case NodeEncoding::kLatin1:
    case NodeEncoding::kAscii:
      bytes = static_cast<double>(units);
      break;
    case NodeEncoding::kHex:
      bytes = static_cast<double>(NodeHexLength(units));
      break;
    default:
      bytes = static_cast<double>(NodeBase64Length(AsciiOrSpace(isolate, text)));
  }
  info.GetReturnValue().Set(bytes);
}

v8::Local<v8::String> Ucs2Text(v8::Isolate* isolate, std::string_view bytes) {
  std::u16string units(bytes.size() / 2, u'\0');
  std::memcpy(units.data(), bytes.data(), units.size() * 2);
  v8::Local<v8::String> text;
  if (units.size() > v8::String::kMaxLength ||
      !v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(units.data()),
                                  v8::NewStringType::kNormal, static_cast<int>(units.size()))
           .ToLocal(&text)) {
    return {};
  }
  return text;
}

v8::Local<v8::String> TextOf(v8::Isolate* isolate, std::string_view bytes, NodeEncoding encoding) {
  switch (encoding) {
    case NodeEncoding::kUtf8:
      return IsAscii(bytes) ? Latin1ToV8(isolate, bytes) : ToV8(isolate, ToWellFormedUtf8(bytes));
    case NodeEncoding::kUcs2:
      return Ucs2Text(isolate, bytes);
    case NodeEncoding::kLatin1:
      return Latin1ToV8(isolate, bytes);
    case NodeEncoding::kAscii: {
      std::string ascii(bytes);
      for (char& c : ascii) c = static_cast<char>(c & 0x7f);
      return Latin1ToV8(isolate, ascii);
    }
    case NodeEncoding::kHex:
      return Latin1ToV8(isolate, EncodeHexArray(bytes));
    case NodeEncoding::kBase64:
      return Latin1ToV8(isolate,
                        EncodeBase64Array(bytes, /*is_url=*/false, /*omit_padding=*/false));
    case NodeEncoding::kBase64Url:
      return Latin1ToV8(isolate, EncodeBase64Array(bytes, /*is_url=*/true, /*omit_padding=*/true));
  }
  return {};
}

// text(view, encoding, start, end) -> string
void Text(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string_view view = BytesOf(info[0]);
  const auto size = static_cast<double>(view.size());
  const auto start = static_cast<size_t>(std::clamp(Number(info, 2), 0.0, size));
  const auto end = static_cast<size_t>(std::clamp(Number(info, 3), 0.0, size));
  if (start >= end) return info.GetReturnValue().Set(v8::String::Empty(isolate));
  // Up to two units a byte of two bytes each, here and in the heap.
  IsolateState* state = IsolateState::From(isolate);
  if ((end - start) * 4 > state->limits().heap_bytes) return state->ExceedMemory();
  auto text = TextOf(isolate, view.substr(start, end - start), EncodingOf(info, 1));
  if (text.IsEmpty()) return ThrowRangeError(isolate, "the text is longer than a string may be");
  info.GetReturnValue().Set(text);
}

// compare(a, b) -> -1, 0 or 1
void Compare(const Info& info) {
  const int order = BytesOf(info[0]).compare(BytesOf(info[1]));
  info.GetReturnValue().Set(order < 0 ? -1 : order > 0 ? 1 : 0);
}

// indexOf(view, needle bytes, from, forward, step) -> offset or -1
void IndexOf(const Info& info) {
  const double from = std::clamp(Number(info, 2), -9e15, 9e15);
  info.GetReturnValue().Set(static_cast<double>(
      FindBytes(BytesOf(info[0]), BytesOf(info[1]), static_cast<int64_t>(from), info[3]->IsTrue(),
                info[4]->IsUint32() && info[4].As<v8::Uint32>()->Value() == 2 ? 2 : 1)));
}

// fill(view, bytes, start, end): with the bytes again and again
void Fill(const Info& info) {
  const std::string_view view = BytesOf(info[0]);
  const std::string pattern(BytesOf(info[1]));  // it may be a part of the view
  const auto size = static_cast<double>(view.size());
  const auto start = static_cast<size_t>(std::clamp(Number(info, 2), 0.0, size));
  const auto end = static_cast<size_t>(std::clamp(Number(info, 3), 0.0, size));
  if (pattern.empty()) return;
  char* target = const_cast<char*>(view.data());
  for (size_t at = start; at < end; at += pattern.size()) {
    std::copy_n(pattern.data(), std::min(pattern.size(), end - at), target + at);
  }
}

// swap(view, width): the bytes of every unit of so many in the opposite order
void Swap(const Info& info) {
  const std::string_view view = BytesOf(info[0]);
  const auto width = static_cast<size_t>(Number(info, 1));
  char* target = const_cast<char*>(view.data());
  for (size_t at = 0; width > 0 && at + width <= view.size(); at += width) {
    std::reverse(target + at, target + at + width);
  }
}

// isUtf8(view), isAscii(view)
void IsUtf8(const Info& info) {
  info.GetReturnValue().Set(IsWellFormedUtf8(BytesOf(info[0])));
}
void IsAsciiOnly(const Info& info) {
  info.GetReturnValue().Set(IsAscii(BytesOf(info[0])));
}

constexpr NativeFunction kFunctions[] = {
    {"fromText", FromText}, {"write", Write},         {"length", Length}, {"text", Text},
    {"compare", Compare},   {"indexOf", IndexOf},     {"fill", Fill},     {"swap", Swap},
    {"isUtf8", IsUtf8},     {"isAscii", IsAsciiOnly},
};

}  // namespace

std::span<const NativeFunction> BufferFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
