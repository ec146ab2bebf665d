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

int WindowBits(CodecFormat format) {
  switch (format) {
    case CodecFormat::kGzip:
      return MAX_WBITS + 16;
    case CodecFormat::kDeflateRaw:
      return -MAX_WBITS;
    default:
      return MAX_WBITS;
  }
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
  virtual int Step(Flush flush) = 0;

  CountedMemory memory_;
  z_stream zlib_{};
};

class ZlibCompressor final : public ZlibCodec {
 public:
  explicit ZlibCompressor(CodecFormat format) {
    CHECK(deflateInit2(&zlib_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WindowBits(format), kMemoryLevel,
                       Z_DEFAULT_STRATEGY) == Z_OK);
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
  explicit ZlibDecompressor(CodecFormat format) {
    CHECK(inflateInit2(&zlib_, WindowBits(format)) == Z_OK);
  }
  ~ZlibDecompressor() override { inflateEnd(&zlib_); }

 private:
  int Step(Flush) override { return inflate(&zlib_, Z_NO_FLUSH); }
};

}  // namespace

std::unique_ptr<Codec> MakeZlibCompressor(CodecFormat format) {
  return std::make_unique<ZlibCompressor>(format);
}
std::unique_ptr<Codec> MakeZlibDecompressor(CodecFormat format) {
  return std::make_unique<ZlibDecompressor>(format);
}

}  // namespace terrella::runtime
