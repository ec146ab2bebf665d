#include "edge_node/runtime/encoding/base64_array.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"

namespace terrella::runtime {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int8_t kNone = -1;

constexpr std::array<int8_t, 256> MakeDigits(bool is_url) {
  std::array<int8_t, 256> digits{};
  digits.fill(kNone);
  for (int i = 0; i < 64; ++i) {
    char c = kAlphabet[static_cast<size_t>(i)];
    if (is_url && c == '+') c = '-';
    if (is_url && c == '/') c = '_';
    digits[static_cast<uint8_t>(c)] = static_cast<int8_t>(i);
  }
  return digits;
}
constexpr std::array<int8_t, 256> kDigits[] = {MakeDigits(false), MakeDigits(true)};

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

class Base64Reader {
 public:
  Base64Reader(std::string_view text, const Base64Options& options)
      : text_(text), options_(options), digits_(kDigits[options.is_url]) {}

  DecodedText Run() {
    if (options_.bytes_max == 0) return {};
    while (SkipSpace()) {
      char c = text_[at_++];
      if (c == '=') return AfterPadding();
      int8_t digit = digits_[static_cast<uint8_t>(c)];
      if (digit == kNone) return Wrong();
      // What the chunk will decode to no longer fits.
      size_t room = options_.bytes_max - out_.bytes.size();
      if ((room == 1 && count_ == 2) || (room == 2 && count_ == 3)) return std::move(out_);
      chunk_ = chunk_ << 6 | static_cast<uint32_t>(digit);
      if (++count_ < 4) continue;
      PutChunk(3);
      out_.read = at_;
      if (out_.bytes.size() == options_.bytes_max) return std::move(out_);
    }
    if (count_ > 0) {
      if (options_.last_chunk == LastChunk::kStopBeforePartial) return std::move(out_);
      if (options_.last_chunk == LastChunk::kStrict || count_ == 1) return Wrong();
      PutPartialChunk();
    }
    out_.read = text_.size();
    return std::move(out_);
  }

 private:
  // False at the end of the text.
  bool SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    return at_ < text_.size();
  }
  DecodedText Wrong() {
    out_.is_wrong = true;
    return std::move(out_);
  }
  DecodedText AfterPadding() {
    if (count_ < 2) return Wrong();
    bool more = SkipSpace();
    if (count_ == 2) {
      if (!more) {
        return options_.last_chunk == LastChunk::kStopBeforePartial ? std::move(out_) : Wrong();
      }
      if (text_[at_] == '=') {
        ++at_;
        more = SkipSpace();
      }
    }
    if (more) return Wrong();
    const uint32_t spare_bits = count_ == 2 ? 0xf : 0x3;
    if (options_.last_chunk == LastChunk::kStrict && (chunk_ & spare_bits) != 0) return Wrong();
    PutPartialChunk();
    out_.read = text_.size();
    return std::move(out_);
  }
  void PutPartialChunk() {
    const size_t bytes = count_ - 1;
    chunk_ <<= 6 * (4 - count_);
    PutChunk(bytes);
  }
  void PutChunk(size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) out_.bytes += static_cast<char>(chunk_ >> (16 - 8 * i));
    chunk_ = 0;
    count_ = 0;
  }

  const std::string_view text_;
  const Base64Options options_;
  const std::array<int8_t, 256>& digits_;
  DecodedText out_;
  size_t at_ = 0;
  uint32_t chunk_ = 0;
  size_t count_ = 0;  // characters in chunk_
};

}  // namespace

DecodedText DecodeBase64Array(std::string_view text, const Base64Options& options) {
  return Base64Reader(text, options).Run();
}

DecodedText DecodeHexArray(std::string_view text, size_t bytes_max) {
  DecodedText out;
  out.is_wrong = text.size() % 2 != 0;
  if (out.is_wrong) return out;
  out.bytes.reserve(std::min(text.size() / 2, bytes_max));
  while (out.read < text.size() && out.bytes.size() < bytes_max) {
    const int high = HexValue(text[out.read]), low = HexValue(text[out.read + 1]);
    out.is_wrong = high < 0 || low < 0;
    if (out.is_wrong) return out;
    out.bytes += static_cast<char>(high << 4 | low);
    out.read += 2;
  }
  return out;
}

std::string EncodeBase64Array(std::string_view bytes, bool is_url, bool omit_padding) {
  auto digit = [is_url](uint32_t value) {
    const char c = kAlphabet[value & 63];
    return is_url && c == '+' ? '-' : is_url && c == '/' ? '_' : c;
  };
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t chunk = 0;
    for (size_t k = 0; k < 3; ++k) {
      chunk = chunk << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k <= count; ++k) out += digit(chunk >> (18 - 6 * k));
    if (!omit_padding) out.append(3 - count, '=');
  }
  return out;
}

std::string EncodeHexArray(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (char c : bytes) {
    out += kHex[static_cast<uint8_t>(c) >> 4];
    out += kHex[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

}  // namespace terrella::runtime
