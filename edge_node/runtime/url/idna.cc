#include "edge_node/runtime/url/idna.h"

#include <unicode/bytestream.h>
#include <unicode/idna.h>
#include <unicode/stringpiece.h>

#include <algorithm>
#include <array>
#include <memory>

#include "edge_node/runtime/encoding/utf8.h"

namespace terrella::runtime {
namespace {

// A range of code points whose UTS #46 mapping changed after Unicode 15.0, from disallowed (U+1E9E:
// from "ss"). Code points of the range map to `to` upwards; to == 0 means they are ignored.
struct Remapped {
  char32_t first, last;
  char32_t to;
};
constexpr std::array kRemapped = std::to_array<Remapped>({
    {0x04C0, 0x04C0, 0x04CF},    // Cyrillic palochka: case-folded since 16.0, as the next rows
    {0x10A0, 0x10C5, 0x2D00},    // Georgian capitals
    {0x115F, 0x1160, 0},         // Hangul fillers: default ignorable
    {0x17B4, 0x17B5, 0},         // Khmer inherent vowels
    {0x180E, 0x180E, 0},         // Mongolian vowel separator
    {0x1E9E, 0x1E9E, 0x00DF},    // capital sharp s, since 15.1
    {0x2061, 0x2063, 0},         // invisible operators
    {0x206A, 0x206F, 0},         // deprecated format characters
    {0x2132, 0x2132, 0x214E},    // turned F
    {0x2183, 0x2183, 0x2184},    // reversed hundred
    {0x3164, 0x3164, 0},         // Hangul filler
    {0xFFA0, 0xFFA0, 0},         // half-width Hangul filler
    {0x1D173, 0x1D17A, 0},       // musical format characters
    {0x2F868, 0x2F868, 0x36FC},  // corrected CJK compatibility ideographs
    {0x2F874, 0x2F874, 0x5F53},
    {0x2F91F, 0x2F91F, 0x243AB},
    {0x2F95F, 0x2F95F, 0x7AEE},
    {0x2F9BF, 0x2F9BF, 0x45D7},
});

std::string Remap(std::string_view domain) {
  std::string out;
  out.reserve(domain.size());
  while (!domain.empty()) {
    const Utf8Step step = NextUtf8(domain);
    const std::string_view sequence = domain.substr(0, step.length_bytes);
    domain.remove_prefix(step.length_bytes);
    const auto* row = std::find_if(kRemapped.begin(), kRemapped.end(), [&](const Remapped& r) {
      return step.code_point >= r.first && step.code_point <= r.last;
    });
    if (step.kind != Utf8Step::Kind::kScalar || row == kRemapped.end()) {
      out.append(sequence);
    } else if (row->to != 0) {
      AppendUtf8(row->to + (step.code_point - row->first), out);
    }
  }
  return out;
}

bool StartsWithAce(std::string_view label) {
  return label.size() >= 4 && (label[0] | 0x20) == 'x' && (label[1] | 0x20) == 'n' &&
         label[2] == '-' && label[3] == '-';
}

template <class Predicate>
bool AnyLabel(std::string_view domain, Predicate predicate) {
  for (;;) {
    const size_t dot = domain.find('.');
    if (predicate(domain.substr(0, dot))) return true;
    if (dot == std::string_view::npos) return false;
    domain.remove_prefix(dot + 1);
  }
}

// An ACE label that decodes to ASCII only, which UTS #46 refuses since revision 31: "xn--",
// "xn--ab-".
bool IsPointlessAce(std::string_view label) {
  return StartsWithAce(label) && label.back() == '-';
}

constexpr uint32_t kIgnoredErrors = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
                                    UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
                                    UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

// The instance is ICU's cached, immutable one behind a small object: built once a thread.
const icu::IDNA* Uts46() {
  thread_local const std::unique_ptr<icu::IDNA> idna = [] {
    UErrorCode error = U_ZERO_ERROR;
    return std::unique_ptr<icu::IDNA>(icu::IDNA::createUTS46Instance(
        UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, error));
  }();
  return idna.get();
}

}  // namespace

std::optional<std::string> DomainToAscii(std::string_view domain) {
  if (IsAscii(domain) && !AnyLabel(domain, StartsWithAce)) {
    std::string lower(domain);
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c |= 0x20;
    }
    return lower;
  }
  if (domain.size() > kIdnaDomainBytesMax || Uts46() == nullptr) return std::nullopt;
  const std::string remapped = Remap(domain);
  std::string ascii;
  icu::StringByteSink<std::string> sink(&ascii);
  icu::IDNAInfo info;
  UErrorCode error = U_ZERO_ERROR;
  Uts46()->nameToASCII_UTF8(
      icu::StringPiece(remapped.data(), static_cast<int32_t>(remapped.size())), sink, info, error);
  if (U_FAILURE(error) || (info.getErrors() & ~kIgnoredErrors) != 0) return std::nullopt;
  if (!IsAscii(ascii) || AnyLabel(ascii, IsPointlessAce)) return std::nullopt;
  return ascii;
}

}  // namespace terrella::runtime
