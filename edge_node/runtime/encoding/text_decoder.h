// TextDecoder: bytes of an encoding to UTF-16, at once or in pieces.
//
// The decoder behind the JavaScript class of that name (Encoding Standard, section 7.2). UTF-8,
// UTF-16, ISO-2022-JP and the single-byte encodings are decoded here; the other East Asian ones by
// ICU's converters, whose tables differ from the standard's index in rare characters.
//
// Thread: one. Owns: the unfinished sequence at the end of the last piece.
// Invariant: however the bytes are cut into pieces, the text is the same.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "edge_node/runtime/encoding/labels.h"

namespace terrella::runtime {

struct TextDecoderOptions {
  bool fatal = false;       // malformed input is an error, not U+FFFD
  bool ignore_bom = false;  // a byte order mark is text like any other
};

class Iso2022JpDecoder;

class TextDecoder {
 public:
  // Requires: not the replacement encoding.
  TextDecoder(const Encoding& encoding, TextDecoderOptions options);
  ~TextDecoder();

  // Appends the text of `bytes` to `out`. With `stream`, more will come: an unfinished sequence
  // waits. Without, this is the end, and the decoder is as new afterwards. InvalidArgument:
  // malformed input under `fatal`; the decoder is as new, `out` is spoilt.
  absl::Status Decode(std::string_view bytes, bool stream, std::u16string& out);

  // Whether Decode(bytes, false) gives exactly the ASCII bytes given: nothing is pending, and the
  // bytes are ASCII in an encoding that keeps those.
  bool IsPlainAscii(std::string_view bytes) const;

  const Encoding& encoding() const { return encoding_; }

 private:
  struct Icu;

  absl::Status DecodeUtf8(std::string_view bytes, bool stream, std::u16string& out);
  absl::Status DecodeUtf16(std::string_view bytes, bool stream, std::u16string& out);
  absl::Status DecodeSingleByte(std::string_view bytes, std::u16string& out);
  absl::Status DecodeMultiByte(std::string_view bytes, bool stream, std::u16string& out);
  absl::Status Malformed(std::u16string& out) const;
  void Reset();

  const Encoding& encoding_;
  const TextDecoderOptions options_;
  std::string pending_;
  bool at_start_ = true;
  std::unique_ptr<char16_t[]> upper_half_;  // of a single-byte encoding: 128 code units
  std::unique_ptr<Icu> icu_;
  bool is_gb18030_ = false;
  std::unique_ptr<Iso2022JpDecoder> iso_2022_jp_;
};

}  // namespace terrella::runtime
