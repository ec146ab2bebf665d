#include "edge_node/runtime/url/percent_encode.h"

#include <array>

#include "base/ascii.h"

namespace terrella::runtime {
namespace {

constexpr bool Contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

// The sets a byte is in, as bits of EncodeSet. URL Standard section 1.3.
constexpr uint8_t SetsOf(int byte) {
  const char c = static_cast<char>(byte);
  const bool c0 = byte < 0x20 || byte > 0x7E;
  const bool fragment = c0 || Contains(" \"<>`", c);
  const bool query = c0 || Contains(" \"#<>", c);
  const bool special_query = query || c == '\'';
  const bool path = query || Contains("?^`{}", c);
  const bool userinfo = path || Contains("/:;=@[\\]|", c);
  const bool component = userinfo || Contains("$%&+,", c);
  const bool form = (component || Contains("!'()~", c)) && c != ' ';
  return static_cast<uint8_t>(c0 | fragment << 1 | query << 2 | special_query << 3 | path << 4 |
                              userinfo << 5 | form << 6);
}

constexpr std::array<uint8_t, 256> MakeTable() {
  std::array<uint8_t, 256> table{};
  for (int byte = 0; byte < 256; ++byte) table[byte] = SetsOf(byte);
  return table;
}
constexpr std::array<uint8_t, 256> kSets = MakeTable();

constexpr char kHexDigits[] = "0123456789ABCDEF";

}  // namespace

bool InEncodeSet(EncodeSet set, char byte) {
  return kSets[static_cast<uint8_t>(byte)] & static_cast<uint8_t>(set);
}

void AppendEncoded(EncodeSet set, std::string_view bytes, std::string& out) {
  size_t plain_from = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!InEncodeSet(set, bytes[i])) continue;
    out.append(bytes, plain_from, i - plain_from);
    plain_from = i + 1;
    const auto byte = static_cast<uint8_t>(bytes[i]);
    out.push_back('%');
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  out.append(bytes, plain_from, bytes.size() - plain_from);
}

std::string PercentDecode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '%' && i + 2 < bytes.size() && HexValue(bytes[i + 1]) >= 0 &&
        HexValue(bytes[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexValue(bytes[i + 1]) << 4 | HexValue(bytes[i + 2])));
      i += 2;
    } else {
      out.push_back(bytes[i]);
    }
  }
  return out;
}

}  // namespace terrella::runtime
