// ByteWriter and ByteReader: numbers and strings as little-endian bytes, and back.
//
// A reader that runs out of bytes gives zeros and stays failed, so that a decoder checks once, at
// its end.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace terrella::cache {

class ByteWriter {
 public:
  ByteWriter& U8(uint8_t value) {
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  ByteWriter& U32(uint32_t value) { return Little(value, 4); }
  ByteWriter& U64(uint64_t value) { return Little(value, 8); }
  ByteWriter& I64(int64_t value) { return Little(static_cast<uint64_t>(value), 8); }
  // With its length before it.
  ByteWriter& Text(std::string_view text) {
    U32(static_cast<uint32_t>(text.size()));
    out_.append(text);
    return *this;
  }
  const std::string& bytes() const { return out_; }
  std::string Take() { return std::move(out_); }

 private:
  ByteWriter& Little(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
    return *this;
  }
  std::string out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  uint8_t U8() { return static_cast<uint8_t>(Little(1)); }
  uint32_t U32() { return static_cast<uint32_t>(Little(4)); }
  uint64_t U64() { return Little(8); }
  int64_t I64() { return static_cast<int64_t>(Little(8)); }
  std::string_view Text() {
    const uint32_t size = U32();
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  bool failed() const { return failed_; }
  // Everything was read, and there was enough.
  bool Done() const { return !failed_ && rest_.empty(); }

 private:
  uint64_t Little(size_t bytes) {
    if (bytes > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) {
      value |= uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(bytes);
    return value;
  }
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace terrella::cache
