#include "edge_node/runtime/compression/codec.h"

#include "edge_node/runtime/compression/brotli_codec.h"
#include "edge_node/runtime/compression/zlib_codec.h"

namespace terrella::runtime {

std::unique_ptr<Codec> MakeCompressor(CodecFormat format) {
  return format == CodecFormat::kBrotli ? MakeBrotliCompressor() : MakeZlibCompressor(format);
}

std::unique_ptr<Codec> MakeDecompressor(CodecFormat format) {
  return format == CodecFormat::kBrotli ? MakeBrotliDecompressor() : MakeZlibDecompressor(format);
}

}  // namespace terrella::runtime
