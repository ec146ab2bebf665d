#include "edge_node/runtime/compression/zlib_codec.h"

#include <zlib.h>

#include <algorithm>
#include <climits>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/compression/counted_memory.h"

namespace terrella::runtime {
namespace {

constexpr int kMemoryLevel = 8;  // zlib's default

int WindowBits(CodecFormat format, const CodecOptions& options) {
  const int bits = options.window_bits.value_or(MAX_WBITS);
  switch (format) {
    case CodecFormat::kGzip:
      return bits + 16;
    case CodecFormat::kDeflateRaw:
      return -bits;
    default:
      return bits;
  }
}
const Bytef* Bytes(std::string_view text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

class ZlibCodec : public Codec {
 public:
  ZlibCodec() {
    zlib_.opaque = &memory_;
    zlib_.zalloc = [](void* memory, uInt count, uInt bytes) {
      return CountedMemory::Allocate(memory, size_t{count} * bytes);
    };
    zlib_.zfree = [](void* memory, void* data) { CountedMemory::Free(memory, data); };
  }

  absl::StatusOr<Progress> Run(std::string_view& in, Flush flush, size_t out_bytes_max,
                               std::string& out) final {
    const size_t begin = out.size();
    const size_t in_bytes = std::min<size_t>(in.size(), UINT_MAX);
    const size_t out_bytes = std::min<size_t>(out_bytes_max, UINT_MAX);
    out.resize(begin + out_bytes);
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    zlib_.avail_in = static_cast<uInt>(in_bytes);
    zlib_.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
    zlib_.avail_out = static_cast<uInt>(out_bytes);
    const bool all_in = in_bytes == in.size();
    const int result = Step(all_in ? flush : Flush::kNone);
    in.remove_prefix(in_bytes - zlib_.avail_in);
    out.resize(begin + out_bytes - zlib_.avail_out);
    if (result == Z_STREAM_END) return Progress::kEnd;
    if (result == Z_NEED_DICT)
      return InvalidArgument("malformed compressed data: {}", kNoDictionary);
    if (result != Z_OK && result != Z_BUF_ERROR) {
      return InvalidArgument("malformed compressed data{}{}", zlib_.msg == nullptr ? "" : ": ",
                             zlib_.msg == nullptr ? "" : zlib_.msg);
    }
    if (zlib_.avail_out == 0 || !in.empty()) return Progress::kMore;
    if (flush != Flush::kEnd) return Progress::kHungry;
    return InvalidArgument("the compressed data is cut short");
  }
  size_t memory_bytes() const final { return memory_.bytes(); }

 protected:
  static constexpr const char* kNoDictionary = "it needs a dictionary";

  virtual int Step(Flush flush) = 0;

  CountedMemory memory_;
  z_stream zlib_{};
};

class ZlibCompressor final : public ZlibCodec {
 public:
  ZlibCompressor(CodecFormat format, const CodecOptions& options) {
    CHECK(deflateInit2(&zlib_, options.level.value_or(Z_DEFAULT_COMPRESSION), Z_DEFLATED,
                       WindowBits(format, options), options.memory_level.value_or(kMemoryLevel),
                       options.strategy.value_or(Z_DEFAULT_STRATEGY)) == Z_OK);
    const std::string& dictionary = options.dictionary;
    if (dictionary.empty()) return;
    CHECK(deflateSetDictionary(&zlib_, Bytes(dictionary), static_cast<uInt>(dictionary.size())) ==
          Z_OK);
  }
  ~ZlibCompressor() override { deflateEnd(&zlib_); }

 private:
  int Step(Flush flush) override {
    constexpr int kFlush[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    return deflate(&zlib_, kFlush[static_cast<int>(flush)]);
  }
};

class ZlibDecompressor final : public ZlibCodec {
 public:
  ZlibDecompressor(CodecFormat format, const CodecOptions& options)
      : dictionary_(options.dictionary) {
    CHECK(inflateInit2(&zlib_, WindowBits(format, options)) == Z_OK);
    // Without a header that says when, it is wanted from the start.
    if (format == CodecFormat::kDeflateRaw && !dictionary_.empty()) SetDictionary();
  }
  ~ZlibDecompressor() override { inflateEnd(&zlib_); }

 private:
  int Step(Flush) override {
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result != Z_NEED_DICT || dictionary_.empty()) return result;
    const int given = SetDictionary();
    if (given == Z_OK) return inflate(&zlib_, Z_NO_FLUSH);
    zlib_.msg = const_cast<char*>("it needs another dictionary");
    return given;
  }
  int SetDictionary() {
    return inflateSetDictionary(&zlib_, Bytes(dictionary_), static_cast<uInt>(dictionary_.size()));
  }

  const std::string dictionary_;
};

}  // namespace

std::unique_ptr<Codec> MakeZlibCompressor(CodecFormat format, const CodecOptions& options) {
  return std::make_unique<ZlibCompressor>(format, options);
}
std::unique_ptr<Codec> MakeZlibDecompressor(CodecFormat format, const CodecOptions& options) {
  return std::make_unique<ZlibDecompressor>(format, options);
}

}  // namespace terrella::runtime
