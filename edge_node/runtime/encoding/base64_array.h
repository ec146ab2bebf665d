// The base64 and hexadecimal of ECMA-262's Uint8Array (sections 23.3.1 and 23.3.2): decoding that
// tells how far it came, into an array of a given size, with what went before an error kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace terrella::runtime {

struct DecodedText {
  std::string bytes;
  size_t read = 0;        // characters that the bytes are of
  bool is_wrong = false;  // the text is malformed behind them
};

enum class LastChunk { kLoose, kStrict, kStopBeforePartial };

struct Base64Options {
  bool is_url = false;  // the alphabet of RFC 4648 section 5
  LastChunk last_chunk = LastChunk::kLoose;
  size_t bytes_max = static_cast<size_t>(-1);
};

// "FromBase64": ASCII white space is skipped.
DecodedText DecodeBase64Array(std::string_view text, const Base64Options& options);
// "FromHex": two digits a byte, of either case, nothing else.
DecodedText DecodeHexArray(std::string_view text, size_t bytes_max);

std::string EncodeBase64Array(std::string_view bytes, bool is_url, bool omit_padding);
std::string EncodeHexArray(std::string_view bytes);

}  // namespace terrella::runtime
