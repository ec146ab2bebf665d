// multipart/form-data: fed whole and in pieces, the parser tells the same parts or the same error.
// The first byte is the length of the pieces; the boundary ends at the first line end.
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/check.h"
#include "edge_node/runtime/mime/multipart.h"

namespace {

using namespace terrella::runtime;

class Recorder final : public MultipartSink {
 public:
  void OnPart(MultipartPart part) override {
    told += "\n" + part.name + "\n" + part.filename.value_or("-") + "\n" + part.content_type + "\n";
  }
  void OnPartData(std::string_view bytes) override { told += bytes; }
  std::string told;
};

absl::Status Parse(std::string_view boundary, std::string_view body, size_t piece_bytes,
                   Recorder& recorder) {
  MultipartParser parser(boundary, recorder, {.header_bytes_max = 200, .parts_max = 20});
  while (!body.empty()) {
    if (auto status = parser.Feed(body.substr(0, piece_bytes)); !status.ok()) return status;
    body.remove_prefix(std::min(piece_bytes, body.size()));
  }
  return parser.Finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view boundary = input.substr(0, input.find('\n'));
  const std::string_view body = input.substr(std::min(boundary.size() + 1, input.size()));
  Recorder whole, pieces;
  const absl::Status a = Parse(boundary, body, body.size(), whole);
  const absl::Status b = Parse(boundary, body, data[0] % 32 + 1, pieces);
  CHECK(a.code() == b.code());
  if (a.ok()) CHECK(whole.told == pieces.told);
  return 0;
}
