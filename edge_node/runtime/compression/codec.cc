#include "edge_node/runtime/compression/codec.h"

#include "edge_node/runtime/compression/brotli_codec.h"
#include "edge_node/runtime/compression/zlib_codec.h"

namespace terrella::runtime {

std::unique_ptr<Codec> MakeCompressor(CodecFormat format, const CodecOptions& options) {
  return format == CodecFormat::kBrotli ? MakeBrotliCompressor(options)
                                        : MakeZlibCompressor(format, options);
}

std::unique_ptr<Codec> MakeDecompressor(CodecFormat format, const CodecOptions& options) {
  return format == CodecFormat::kBrotli ? MakeBrotliDecompressor()
                                        : MakeZlibDecompressor(format, options);
}

}  // namespace terrella::runtime
