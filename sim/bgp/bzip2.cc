#include "sim/bgp/bzip2.h"

#include <bzlib.h>

#include <algorithm>

#include "base/status.h"

namespace terrella::bgp {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
// Of one file: pbzip2 makes one of every 900 KB.
constexpr int kStreamsMax = 10'000;

// One stream from the front of `bytes`, appended to `out`.
absl::Status UnpackStream(std::string_view& bytes, size_t bytes_max, std::string& out) {
  bz_stream stream{};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return Internal("bzip2 cannot start");
  const size_t total = bytes.size();
  absl::Status status;
  while (status.ok()) {
    // The library takes counts of 32 bits.
    const size_t in_bytes = std::min(bytes.size(), kChunkBytes);
    stream.next_in = const_cast<char*>(bytes.data());
    stream.avail_in = static_cast<unsigned>(in_bytes);
    const size_t before = out.size();
    out.resize(before + kChunkBytes);
    stream.next_out = out.data() + before;
    stream.avail_out = static_cast<unsigned>(kChunkBytes);
    const int result = BZ2_bzDecompress(&stream);
    out.resize(out.size() - stream.avail_out);
    bytes.remove_prefix(in_bytes - stream.avail_in);
    if (out.size() > bytes_max) {
      status = ResourceExhausted("expected at most {} bytes unpacked", bytes_max);
    } else if (result == BZ_STREAM_END) {
      break;
    } else if (result != BZ_OK) {
      status = DataLoss("expected a bzip2 stream, damaged near byte {}", total - bytes.size());
    } else if (bytes.empty() && stream.avail_out > 0) {
      status = DataLoss("expected a bzip2 stream, cut off after {} bytes", total);
    }
  }
  BZ2_bzDecompressEnd(&stream);
  return status;
}

}  // namespace

bool IsBzip2(std::string_view bytes) {
  return bytes.size() >= 4 && bytes.starts_with("BZh") && bytes[3] >= '1' && bytes[3] <= '9';
}

absl::StatusOr<std::string> Bunzip2(std::string_view bytes, size_t bytes_max) {
  std::string out;
  for (int streams = 0; streams < kStreamsMax; ++streams) {
    RETURN_IF_ERROR(UnpackStream(bytes, bytes_max, out));
    if (bytes.empty()) return out;
  }
  return ResourceExhausted("expected at most {} bzip2 streams in one file", kStreamsMax);
}

}  // namespace terrella::bgp
