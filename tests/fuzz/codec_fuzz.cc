// Decompressors of what comes from outside: whole and in pieces they give the same bytes, and what
// a compressor wrote comes back. The first byte chooses the format, the second the pieces. The
// fifth format is the frame in which code travels to nodes, which comes whole.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/zstd.h"
#include "edge_node/runtime/compression/codec.h"

namespace {

using namespace terrella::runtime;

constexpr size_t kOutBytesMax = 1 << 20;

// False when the input is malformed. `out` is what came before.
bool RunAll(Codec& codec, std::string_view bytes, size_t piece_bytes, std::string& out) {
  for (;;) {
    std::string_view piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    const auto flush = bytes.empty() ? Codec::Flush::kEnd : Codec::Flush::kNone;
    for (;;) {
      const auto progress = codec.Run(piece, flush, 4096, out);
      if (!progress.ok()) return false;
      if (*progress == Codec::Progress::kEnd || out.size() > kOutBytesMax) return true;
      if (*progress == Codec::Progress::kHungry) break;
    }
    CHECK(piece.empty() && flush != Codec::Flush::kEnd);
  }
}

void TakeFrame(size_t content_bytes, const std::string& input) {
  const auto content = terrella::ZstdDecompress(input, content_bytes);
  if (content.ok()) CHECK(content->size() == content_bytes);
  const auto again = terrella::ZstdDecompress(terrella::ZstdCompress(input), input.size());
  CHECK(again.ok());
  CHECK(*again == input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t piece_bytes = data[1] % 64 + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (data[0] % 5 == 4) {
    TakeFrame(data[1], std::string(input));
    return 0;
  }
  const auto format = static_cast<CodecFormat>(data[0] % 5);
  std::string whole, pieces;
  const bool a = RunAll(*MakeDecompressor(format), input, std::max<size_t>(input.size(), 1), whole);
  const bool b = RunAll(*MakeDecompressor(format), input, piece_bytes, pieces);
  CHECK(a == b);
  if (a) CHECK(whole.substr(0, kOutBytesMax) == pieces.substr(0, kOutBytesMax));
  std::string packed, again;
  CHECK(RunAll(*MakeCompressor(format), input, piece_bytes, packed));
  CHECK(RunAll(*MakeDecompressor(format), packed, piece_bytes, again));
  CHECK(again == input);
  return 0;
}
