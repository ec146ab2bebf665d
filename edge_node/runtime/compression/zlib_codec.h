// The zlib side of codec.h.
#pragma once

#include <memory>

#include "edge_node/runtime/compression/codec.h"

namespace terrella::runtime {

// Not for kBrotli.
std::unique_ptr<Codec> MakeZlibCompressor(CodecFormat format, const CodecOptions& options);
std::unique_ptr<Codec> MakeZlibDecompressor(CodecFormat format, const CodecOptions& options);

}  // namespace terrella::runtime
