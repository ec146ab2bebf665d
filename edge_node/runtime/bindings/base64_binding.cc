#include <array>
#include <optional>
#include <string>

#include "edge_node/runtime/bindings/core_bindings.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

// Forgiving-base64 decode (Infra standard section 7): white space goes, padding is optional.
std::optional<std::string> Decode(std::string_view text) {
  static const auto values = [] {
    std::array<int8_t, 256> table;
    table.fill(-1);
    for (int i = 0; i < 64; ++i) table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
    return table;
  }();
  std::string symbols;
  for (char c : text) {
    if (std::string_view("\t\n\f\r ").find(c) == std::string_view::npos) symbols += c;
  }
  if (symbols.size() % 4 == 0) {
    for (int i = 0; i < 2 && symbols.ends_with('='); ++i) symbols.pop_back();
  }
  if (symbols.size() % 4 == 1) return std::nullopt;
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : symbols) {
    int value = values[static_cast<uint8_t>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

// encode(string of Latin1 characters) -> string; undefined when there are others
void EncodeBase64(const Info& info) {
  auto string = info[0].As<v8::String>();
  if (!MayCopy(info.GetIsolate(), string) || !string->ContainsOnlyOneByte()) return;
  std::string bytes(string->Length(), '\0');
  string->WriteOneByte(info.GetIsolate(), reinterpret_cast<uint8_t*>(bytes.data()), 0,
                       string->Length(), v8::String::NO_NULL_TERMINATION);
  auto text = Latin1ToV8(info.GetIsolate(), Encode(bytes));
  if (!text.IsEmpty()) info.GetReturnValue().Set(text);
}

void DecodeBase64(const Info& info) {
  auto bytes = Decode(FromV8(info.GetIsolate(), info[0]));
  if (!bytes.has_value()) return;
  info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), *bytes));
}

constexpr NativeFunction kFunctions[] = {{"encode", EncodeBase64}, {"decode", DecodeBase64}};

}  // namespace

std::span<const NativeFunction> Base64Functions() {
  return kFunctions;
}

}  // namespace terrella::runtime
