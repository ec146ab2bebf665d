#include "edge_node/runtime/encoding/text_decoder.h"

#include <unicode/ucnv_cb.h>

#include <algorithm>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/encoding/icu_converter.h"
#include "edge_node/runtime/encoding/iso_2022_jp.h"
#include "edge_node/runtime/encoding/utf8.h"

namespace terrella::runtime {
namespace {

constexpr char16_t kReplacement = 0xFFFD;
constexpr char16_t kByteOrderMark = 0xFEFF;

bool IsLead(char16_t unit) {
  return (unit & 0xFC00) == 0xD800;
}
bool IsTrail(char16_t unit) {
  return (unit & 0xFC00) == 0xDC00;
}

void AppendUtf16(char32_t code_point, std::u16string& out) {
  if (code_point < 0x10000) {
    out.push_back(static_cast<char16_t>(code_point));
  } else {
    out.push_back(static_cast<char16_t>(0xD7C0 + (code_point >> 10)));
    out.push_back(static_cast<char16_t>(0xDC00 | (code_point & 0x3FF)));
  }
}

// Where the standard's tables differ from ICU's, or ICU has none.
struct Difference {
  std::string_view encoding;
  uint8_t byte;
  char16_t unit;
};
constexpr Difference kDifferences[] = {
    {"koi8-u", 0xAE, 0x045E},
    {"koi8-u", 0xBE, 0x040E},
    {"windows-1253", 0xAA, kReplacement},
    {"windows-1255", 0xCA, 0x05BA},
};

// The upper half of ISO 8859-16, which ICU does not carry.
constexpr char16_t kIso8859_16[] =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E"
    u"\u008F\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D"
    u"\u009E\u009F\u00A0\u0104\u0105\u0141\u20AC\u201E\u0160\u00A7\u0161\u00A9\u0218\u00AB\u0179"
    u"\u00AD\u017A\u017B\u00B0\u00B1\u010C\u0142\u017D\u201D\u00B6\u00B7\u017E\u010D\u0219\u00BB"
    u"\u0152\u0153\u0178\u017C\u00C0\u00C1\u00C2\u0102\u00C4\u0106\u00C6\u00C7\u00C8\u00C9\u00CA"
    u"\u00CB\u00CC\u00CD\u00CE\u00CF\u0110\u0143\u00D2\u00D3\u00D4\u0150\u00D6\u015A\u0170\u00D9"
    u"\u00DA\u00DB\u00DC\u0118\u021A\u00DF\u00E0\u00E1\u00E2\u0103\u00E4\u0107\u00E6\u00E7\u00E8"
    u"\u00E9\u00EA\u00EB\u00EC\u00ED\u00EE\u00EF\u0111\u0144\u00F2\u00F3\u00F4\u0151\u00F6\u015B"
    u"\u0171\u00F9\u00FA\u00FB\u00FC\u0119\u021B\u00FF";

// Two-byte characters of gb18030 that its edition of 2022, and so the standard's index, gave code
// points outside of private use.
struct PrivateUse {
  char16_t from, to;
};
constexpr PrivateUse kGb18030[] = {
    {0xE5E5, 0x3000}, {0xE78D, 0xFE10}, {0xE78E, 0xFE12}, {0xE78F, 0xFE11}, {0xE790, 0xFE13},
    {0xE791, 0xFE14}, {0xE792, 0xFE15}, {0xE793, 0xFE16}, {0xE794, 0xFE17}, {0xE795, 0xFE18},
    {0xE796, 0xFE19}, {0xE81E, 0x9FB4}, {0xE826, 0x9FB5}, {0xE82B, 0x9FB6}, {0xE82C, 0x9FB7},
    {0xE832, 0x9FB8}, {0xE843, 0x9FB9}, {0xE854, 0x9FBA}, {0xE864, 0x9FBB},
};
void LeavePrivateUse(std::u16string& text, size_t begin) {
  for (size_t i = begin; i < text.size(); ++i) {
    if (text[i] < 0xE5E5 || text[i] > 0xE864) continue;
    const auto* row = std::lower_bound(
        std::begin(kGb18030), std::end(kGb18030), text[i],
        [](const PrivateUse& candidate, char16_t unit) { return candidate.from < unit; });
    if (row != std::end(kGb18030) && row->from == text[i]) text[i] = row->to;
  }
}

// What becomes of a malformed sequence, whatever substitute the converter would choose.
struct OnMalformed {
  bool is_fatal = false;
  bool has_euro = false;  // 0x80 of gb18030 is the euro sign, which ICU does not know
};
void HandleMalformed(const void* context, UConverterToUnicodeArgs* args, const char* bytes,
                     int32_t length, UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;
  const auto* on_malformed = static_cast<const OnMalformed*>(context);
  const bool is_euro = on_malformed->has_euro && length == 1 && bytes[0] == '\x80';
  if (on_malformed->is_fatal && !is_euro) return;
  *error = U_ZERO_ERROR;
  const UChar unit = is_euro ? u'\u20AC' : kReplacement;
  ucnv_cbToUWriteUChars(args, &unit, 1, 0, error);
}

std::unique_ptr<char16_t[]> MakeUpperHalf(const Encoding& encoding) {
  auto table = std::make_unique<char16_t[]>(128);
  if (encoding.kind == EncodingKind::kUserDefined) {
    for (int i = 0; i < 128; ++i) table[i] = static_cast<char16_t>(0xF780 + i);
    return table;
  }
  if (encoding.icu_name == nullptr) {
    std::copy_n(kIso8859_16, 128, table.get());
    return table;
  }
  const IcuConverter converter = OpenIcuConverter(encoding.icu_name);
  for (int i = 0; i < 128; ++i) {
    const auto byte = static_cast<uint8_t>(0x80 + i);
    const auto source = static_cast<char>(byte);
    char16_t unit = DecodeCharacter(converter.get(), {&source, 1});
    // The standard fills the holes of the C1 range; holes further up are errors.
    if (unit == kReplacement && byte < 0xA0) unit = byte;
    // ICU gives private use or C1 characters for some of those. (U+F8FF is macintosh's logo.)
    const bool is_private_use = unit >= 0xE000 && unit < 0xF8FF;
    const bool is_c1 = unit >= 0x80 && unit < 0xA0;
    if (byte >= 0xA0 && (is_private_use || is_c1)) unit = kReplacement;
    table[i] = unit;
  }
  for (const Difference& row : kDifferences) {
    if (row.encoding == encoding.name) table[row.byte - 0x80] = row.unit;
  }
  return table;
}

}  // namespace

struct TextDecoder::Icu {
  IcuConverter converter;
  OnMalformed on_malformed;
};

TextDecoder::TextDecoder(const Encoding& encoding, TextDecoderOptions options)
    : encoding_(encoding), options_(options) {
  CHECK(encoding.kind != EncodingKind::kReplacement);
  if (encoding.kind == EncodingKind::kSingleByte || encoding.kind == EncodingKind::kUserDefined) {
    upper_half_ = MakeUpperHalf(encoding);
  }
  if (encoding.kind == EncodingKind::kMultiByte) {
    is_gb18030_ = encoding.icu_name == std::string_view("gb18030");
    icu_ = std::make_unique<Icu>(Icu{OpenIcuConverter(encoding.icu_name),
                                     {.is_fatal = options.fatal, .has_euro = is_gb18030_}});
    UErrorCode error = U_ZERO_ERROR;
    ucnv_setToUCallBack(icu_->converter.get(), HandleMalformed, &icu_->on_malformed, nullptr,
                        nullptr, &error);
    CHECK(U_SUCCESS(error));
  }
  if (encoding.kind == EncodingKind::kIso2022Jp) {
    iso_2022_jp_ = std::make_unique<Iso2022JpDecoder>();
  }
}

TextDecoder::~TextDecoder() = default;

void TextDecoder::Reset() {
  pending_.clear();
  at_start_ = true;
  if (icu_) ucnv_resetToUnicode(icu_->converter.get());
  if (iso_2022_jp_) iso_2022_jp_->Reset();
}

bool TextDecoder::IsPlainAscii(std::string_view bytes) const {
  const bool keeps_ascii = encoding_.kind == EncodingKind::kUtf8 || upper_half_ != nullptr;
  return keeps_ascii && pending_.empty() && IsAscii(bytes);
}

absl::Status TextDecoder::Malformed(std::u16string& out) const {
  if (options_.fatal) {
    return InvalidArgument("the encoded data is not valid {}", encoding_.name);
  }
  out.push_back(kReplacement);
  return absl::OkStatus();
}

absl::Status TextDecoder::Decode(std::string_view bytes, bool stream, std::u16string& out) {
  std::string joined;
  if (!pending_.empty()) {
    joined = std::move(pending_) + std::string(bytes);
    pending_.clear();
    bytes = joined;
  }
  const size_t begin = out.size();
  absl::Status status;
  bool has_bom = true;
  switch (encoding_.kind) {
    case EncodingKind::kUtf8:
      status = DecodeUtf8(bytes, stream, out);
      break;
    case EncodingKind::kUtf16Le:
    case EncodingKind::kUtf16Be:
      status = DecodeUtf16(bytes, stream, out);
      break;
    case EncodingKind::kMultiByte:
      has_bom = false;
      status = DecodeMultiByte(bytes, stream, out);
      break;
    case EncodingKind::kIso2022Jp:
      has_bom = false;
      if (!iso_2022_jp_->Decode(bytes, /*is_last=*/!stream, options_.fatal, out)) {
        status = InvalidArgument("the encoded data is not valid {}", encoding_.name);
      }
      break;
    default:
      has_bom = false;
      status = DecodeSingleByte(bytes, out);
  }
  if (at_start_ && out.size() > begin) {
    at_start_ = false;
    if (has_bom && !options_.ignore_bom && out[begin] == kByteOrderMark) out.erase(begin, 1);
  }
  if (!status.ok() || !stream) Reset();
  return status;
}

absl::Status TextDecoder::DecodeUtf8(std::string_view bytes, bool stream, std::u16string& out) {
  out.reserve(out.size() + bytes.size());
  while (!bytes.empty()) {
    const size_t ascii_bytes = AsciiPrefixBytes(bytes);
    out.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(ascii_bytes));
    bytes.remove_prefix(ascii_bytes);
    if (bytes.empty()) break;
    const Utf8Step step = NextUtf8(bytes);
    if (step.kind == Utf8Step::Kind::kIncomplete && stream) {
      pending_ = bytes;
      break;
    }
    if (step.kind == Utf8Step::Kind::kScalar) {
      AppendUtf16(step.code_point, out);
    } else {
      RETURN_IF_ERROR(Malformed(out));
    }
    bytes.remove_prefix(step.length_bytes);
  }
  return absl::OkStatus();
}

absl::Status TextDecoder::DecodeUtf16(std::string_view bytes, bool stream, std::u16string& out) {
  const int low = encoding_.kind == EncodingKind::kUtf16Le ? 0 : 1;
  const auto unit_at = [&](size_t at) {
    return static_cast<char16_t>(static_cast<uint8_t>(bytes[at + low]) |
                                 static_cast<uint8_t>(bytes[at + 1 - low]) << 8);
  };
  size_t at = 0;
  while (at + 2 <= bytes.size()) {
    const char16_t unit = unit_at(at);
    if (IsLead(unit)) {
      if (at + 4 > bytes.size()) break;  // its other half may come
      if (IsTrail(unit_at(at + 2))) {
        out.push_back(unit);
        out.push_back(unit_at(at + 2));
        at += 4;
        continue;
      }
    }
    if (IsLead(unit) || IsTrail(unit)) {
      RETURN_IF_ERROR(Malformed(out));
    } else {
      out.push_back(unit);
    }
    at += 2;
  }
  if (at == bytes.size()) return absl::OkStatus();
  if (!stream) return Malformed(out);
  pending_ = bytes.substr(at);
  return absl::OkStatus();
}

absl::Status TextDecoder::DecodeSingleByte(std::string_view bytes, std::u16string& out) {
  out.reserve(out.size() + bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    const char16_t unit = byte < 0x80 ? byte : upper_half_[byte - 0x80];
    if (unit == kReplacement) {
      RETURN_IF_ERROR(Malformed(out));
    } else {
      out.push_back(unit);
    }
  }
  return absl::OkStatus();
}

absl::Status TextDecoder::DecodeMultiByte(std::string_view bytes, bool stream,
                                          std::u16string& out) {
  const size_t begin = out.size();
  const char* source = bytes.data();
  const char* const source_end = source + bytes.size();
  for (;;) {
    UChar buffer[1024];
    UChar* target = buffer;
    UErrorCode error = U_ZERO_ERROR;
    ucnv_toUnicode(icu_->converter.get(), &target, buffer + std::size(buffer), &source, source_end,
                   nullptr, /*flush=*/!stream, &error);
    out.append(buffer, target);
    if (error == U_BUFFER_OVERFLOW_ERROR) continue;
    if (is_gb18030_) LeavePrivateUse(out, begin);
    if (U_SUCCESS(error)) return absl::OkStatus();
    return InvalidArgument("the encoded data is not valid {}", encoding_.name);
  }
}

}  // namespace terrella::runtime
