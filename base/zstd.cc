#include "base/zstd.h"

#include <zstd.h>

#include "base/check.h"
#include "base/status.h"

namespace terrella {
namespace {

// Of code, 6 saves a tenth more than 3 and takes a millisecond for 100 KiB.
constexpr int kLevel = 6;

}  // namespace

std::string ZstdCompress(std::string_view content) {
  std::string frame(ZSTD_compressBound(content.size()), '\0');
  const size_t size =
      ZSTD_compress(frame.data(), frame.size(), content.data(), content.size(), kLevel);
  CHECK(ZSTD_isError(size) == 0);  // there is room, and nothing else can go wrong
  frame.resize(size);
  return frame;
}

absl::StatusOr<std::string> ZstdDecompress(std::string_view frame, size_t content_bytes) {
  // Looked at before any memory is taken for it.
  const unsigned long long said = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (said != content_bytes) {
    return InvalidArgument("{} bytes are no zstd frame of {} bytes", frame.size(), content_bytes);
  }
  std::string content(content_bytes, '\0');
  const size_t size = ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0) return InvalidArgument("zstd: {}", ZSTD_getErrorName(size));
  if (size != content_bytes) {
    return InvalidArgument("a zstd frame has {} bytes instead of {}", size, content_bytes);
  }
  return content;
}

}  // namespace terrella
