// Text decoding: whole and cut in two anywhere, the text and the verdict are the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "edge_node/runtime/encoding/base64_array.h"
#include "edge_node/runtime/encoding/text_decoder.h"
#include "edge_node/runtime/encoding/utf8.h"

namespace {

using namespace terrella::runtime;

constexpr const char* kLabels[] = {"utf-8",     "utf-16le", "utf-16be",   "latin1",
                                   "shift_jis", "gb18030",  "big5",       "euc-jp",
                                   "euc-kr",    "koi8-u",   "iso-2022-jp"};

struct Outcome {
  bool is_ok;
  std::u16string text;
};

Outcome Decode(const Encoding& encoding, TextDecoderOptions options, std::string_view bytes,
               size_t cut) {
  TextDecoder decoder(encoding, options);
  Outcome outcome;
  outcome.is_ok = decoder.Decode(bytes.substr(0, cut), /*stream=*/true, outcome.text).ok() &&
                  decoder.Decode(bytes.substr(cut), /*stream=*/false, outcome.text).ok();
  return outcome;
}

// What is encoded comes back; what is decoded fits.
void TryArrays(std::string_view bytes, uint8_t choice) {
  const bool is_url = (choice & 1) != 0;
  const std::string text = EncodeBase64Array(bytes, is_url, (choice & 2) != 0);
  const DecodedText back = DecodeBase64Array(text, {.is_url = is_url});
  CHECK(!back.is_wrong && back.bytes == bytes && back.read == text.size());
  CHECK(DecodeHexArray(EncodeHexArray(bytes), bytes.size()).bytes == bytes);
  const size_t room = choice >> 4;
  const auto last_chunk = static_cast<LastChunk>((choice >> 2) % 3);
  const DecodedText some =
      DecodeBase64Array(bytes, {.is_url = is_url, .last_chunk = last_chunk, .bytes_max = room});
  CHECK(some.bytes.size() <= room && some.read <= bytes.size());
  CHECK(DecodeHexArray(bytes, room).bytes.size() <= room);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const Encoding* encoding = EncodingForLabel(kLabels[data[0] % std::size(kLabels)]);
  const TextDecoderOptions options{.fatal = (data[1] & 1) != 0, .ignore_bom = (data[1] & 2) != 0};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const size_t cut = bytes.empty() ? 0 : data[2] % (bytes.size() + 1);
  const Outcome whole = Decode(*encoding, options, bytes, 0);
  const Outcome split = Decode(*encoding, options, bytes, cut);
  CHECK(whole.is_ok == split.is_ok);
  if (whole.is_ok) CHECK(whole.text == split.text);
  CHECK(IsWellFormedUtf8(ToWellFormedUtf8(bytes)));
  EncodingForLabel(bytes);
  TryArrays(bytes, data[1]);
  return 0;
}
