#include "edge_node/runtime/encoding/text_decoder.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>

#include "base/check.h"
#include "base/status.h"
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

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter OpenConverter(const char* name) {
  UErrorCode error = U_ZERO_ERROR;
  Converter converter(ucnv_open(name, &error));
  CHECK(U_SUCCESS(error));  // the names are ours, and a test opens each
  return converter;
}

// One U+FFFD for each malformed sequence, whatever substitute the converter would choose.
void ReplaceMalformed(const void*, UConverterToUnicodeArgs* args, const char*, int32_t,
                      UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;
  *error = U_ZERO_ERROR;
  const UChar replacement = kReplacement;
  ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
}

char16_t DecodeByteByIcu(UConverter* converter, uint8_t byte) {
  const char source = static_cast<char>(byte);
  UChar target[4];
  UErrorCode error = U_ZERO_ERROR;
  const int32_t length = ucnv_toUChars(converter, target, 4, &source, 1, &error);
  return U_SUCCESS(error) && length == 1 ? target[0] : kReplacement;
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
  const Converter converter = OpenConverter(encoding.icu_name);
  for (int i = 0; i < 128; ++i) {
    const auto byte = static_cast<uint8_t>(0x80 + i);
    char16_t unit = DecodeByteByIcu(converter.get(), byte);
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
  Converter converter;
};

TextDecoder::TextDecoder(const Encoding& encoding, TextDecoderOptions options)
    : encoding_(encoding), options_(options) {
  CHECK(encoding.kind != EncodingKind::kReplacement);
  if (encoding.kind == EncodingKind::kSingleByte || encoding.kind == EncodingKind::kUserDefined) {
    upper_half_ = MakeUpperHalf(encoding);
  }
  if (encoding.kind == EncodingKind::kMultiByte) {
    icu_ = std::make_unique<Icu>(Icu{OpenConverter(encoding.icu_name)});
    UErrorCode error = U_ZERO_ERROR;
    ucnv_setToUCallBack(icu_->converter.get(),
                        options.fatal ? UCNV_TO_U_CALLBACK_STOP : ReplaceMalformed, nullptr,
                        nullptr, nullptr, &error);
    CHECK(U_SUCCESS(error));
  }
}

TextDecoder::~TextDecoder() = default;

void TextDecoder::Reset() {
  pending_.clear();
  at_start_ = true;
  if (icu_) ucnv_resetToUnicode(icu_->converter.get());
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
    if (U_SUCCESS(error)) return absl::OkStatus();
    return InvalidArgument("the encoded data is not valid {}", encoding_.name);
  }
}

}  // namespace terrella::runtime
