#include "edge_node/runtime/encoding/utf8.h"

#include <cstring>

namespace terrella::runtime {
namespace {

// The sequences of Unicode 15 table 3-7, by lead byte: total length and the range of the second
// byte.
struct Lead {
  uint8_t length_bytes;
  uint8_t second_min, second_max;
};

Lead LeadOf(uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

size_t AsciiPrefixBytes(std::string_view bytes) {
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    if (word & 0x8080808080808080u) break;
  }
  while (i < bytes.size() && static_cast<uint8_t>(bytes[i]) < 0x80) ++i;
  return i;
}

Utf8Step NextUtf8(std::string_view bytes) {
  using enum Utf8Step::Kind;
  const auto first = static_cast<uint8_t>(bytes[0]);
  if (first < 0x80) return {kScalar, 1, first};
  const Lead lead = LeadOf(first);
  if (lead.length_bytes == 0) return {kIllFormed, 1, 0};
  char32_t code_point = first & (0x7F >> lead.length_bytes);
  for (uint8_t i = 1; i < lead.length_bytes; ++i) {
    if (i == bytes.size()) return {kIncomplete, i, 0};
    const auto byte = static_cast<uint8_t>(bytes[i]);
    const uint8_t min = i == 1 ? lead.second_min : 0x80;
    const uint8_t max = i == 1 ? lead.second_max : 0xBF;
    if (byte < min || byte > max) return {kIllFormed, i, 0};
    code_point = (code_point << 6) | (byte & 0x3F);
  }
  return {kScalar, lead.length_bytes, code_point};
}

bool IsWellFormedUtf8(std::string_view bytes) {
  for (;;) {
    bytes.remove_prefix(AsciiPrefixBytes(bytes));
    if (bytes.empty()) return true;
    const Utf8Step step = NextUtf8(bytes);
    if (step.kind != Utf8Step::Kind::kScalar) return false;
    bytes.remove_prefix(step.length_bytes);
  }
}

std::string ToWellFormedUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t ascii_bytes = AsciiPrefixBytes(bytes);
    out.append(bytes.substr(0, ascii_bytes));
    bytes.remove_prefix(ascii_bytes);
    if (bytes.empty()) break;
    const Utf8Step step = NextUtf8(bytes);
    const bool good = step.kind == Utf8Step::Kind::kScalar;
    out.append(good ? bytes.substr(0, step.length_bytes) : kReplacementUtf8);
    bytes.remove_prefix(step.length_bytes);
  }
  return out;
}

void AppendUtf8(char32_t code_point, std::string& out) {
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
    return;
  }
  const int length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  const uint32_t mark = 0xFF00u >> length;
  out.push_back(static_cast<char>((mark & 0xFF) | (code_point >> (6 * (length - 1)))));
  for (int shift = 6 * (length - 2); shift >= 0; shift -= 6) {
    out.push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)));
  }
}

}  // namespace terrella::runtime
