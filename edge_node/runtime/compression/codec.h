// Codec: bytes compressed or decompressed piece by piece, in zlib's three formats and in Brotli.
//
// What the content codings of HTTP (content_coding.h) and Compression Streams are made of. A call
// gives out no more than its caller has room for, so a small input that would become a huge output
// costs no more than the reader asks for.
//
// Thread: one. Owns: the format's window and tables; memory_bytes() says how much that is.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::runtime {

enum class CodecFormat {
  kGzip,        // RFC 1952
  kDeflate,     // RFC 1950: what HTTP and Compression Streams call deflate has zlib's wrapper
  kDeflateRaw,  // RFC 1951
  kBrotli,      // RFC 7932
};

class Codec {
 public:
  enum class Flush {
    kNone,  // more input may come
    kSync,  // and what has come shall be given out now (compressing)
    kEnd,   // none will come
  };
  enum class Progress {
    kMore,    // there is more to give out: call again, with what is left of `in`, even nothing
    kHungry,  // all of `in` is used up and given out
    kEnd,     // the stream is complete; what is left of `in` stands behind it
  };

  virtual ~Codec() = default;
  // Takes bytes off `in`, appends at most `out_bytes_max` (not 0) to `out`. InvalidArgument:
  // malformed input, or its end before the format's; the codec is of no more use then.
  virtual absl::StatusOr<Progress> Run(std::string_view& in, Flush flush, size_t out_bytes_max,
                                       std::string& out) = 0;
  virtual size_t memory_bytes() const = 0;
};

// What is not given is the library's default, for Brotli's compressor what costs about as much.
// Values out of their range are a broken invariant.
struct CodecOptions {
  std::optional<int> level;         // zlib: -1 to 9; Brotli's quality: 0 to 11
  std::optional<int> window_bits;   // zlib: 8 to 15, decompressing also 0; Brotli: 10 to 22
  std::optional<int> memory_level;  // zlib: 1 to 9
  std::optional<int> strategy;      // zlib: 0 to 4; Brotli's mode: 0 to 2
  std::string dictionary;           // zlib's, but not of gzip; empty: none
};

std::unique_ptr<Codec> MakeCompressor(CodecFormat format, const CodecOptions& options = {});
std::unique_ptr<Codec> MakeDecompressor(CodecFormat format, const CodecOptions& options = {});

}  // namespace terrella::runtime
