#include "edge_node/runtime/encoding/node_text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ascii.h"

namespace terrella::runtime {
namespace {

constexpr int8_t kNone = -1;

constexpr std::array<int8_t, 256> MakeBase64Values() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = kNone;
  for (size_t i = 0; i < 26; ++i) {
    values['A' + i] = static_cast<int8_t>(i);
    values['a' + i] = static_cast<int8_t>(26 + i);
  }
  for (size_t i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}
constexpr std::array<int8_t, 256> kBase64Values = MakeBase64Values();

}  // namespace

std::string DecodeNodeHex(std::string_view text, size_t bytes_max) {
  std::string out;
  out.reserve(std::min(text.size() / 2, bytes_max));
  for (size_t i = 0; i + 1 < text.size() && out.size() < bytes_max; i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) break;
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::string DecodeNodeBase64(std::string_view text, size_t bytes_max) {
  std::string out;
  out.reserve(std::min(text.size() / 4 * 3 + 3, bytes_max));
  uint32_t bits = 0;
  int count = 0;  // of bits not written yet
  for (char c : text) {
    if (out.size() >= bytes_max || c == '=') break;
    const int8_t value = kBase64Values[static_cast<unsigned char>(c)];
    if (value == kNone) continue;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count));
    }
  }
  return out;
}

size_t NodeHexLength(size_t units) {
  return units / 2;
}

size_t NodeBase64Length(std::string_view text) {
  size_t units = text.size();
  for (int padding = 0; padding < 2 && units > 0 && text[units - 1] == '='; ++padding) --units;
  return units * 3 / 4;
}

int64_t FindBytes(std::string_view bytes, std::string_view needle, int64_t from, bool forward,
                  int step) {
  const auto size = static_cast<int64_t>(bytes.size());
  if (from < 0) from += size;
  if (from < 0) {
    if (!forward) return -1;
    from = 0;
  }
  if (needle.empty()) return std::min(from, size);
  size_t at = static_cast<size_t>(from);
  for (;;) {
    at = forward ? bytes.find(needle, at) : bytes.rfind(needle, at);
    if (at == std::string_view::npos) return -1;
    if (at % static_cast<size_t>(step) == 0) return static_cast<int64_t>(at);
    if (!forward && at == 0) return -1;
    at = forward ? at + 1 : at - 1;
  }
}

}  // namespace terrella::runtime
