// text/event-stream: fed whole and in pieces, the parser tells the same events.
// The first byte is the length of the pieces.
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/check.h"
#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/mime/event_stream.h"

namespace {

using namespace terrella::runtime;

class Recorder final : public EventStreamSink {
 public:
  void OnEvent(std::string_view type, std::string_view data, std::string_view last_id) override {
    for (std::string_view text : {type, data, last_id}) {
      CHECK(IsWellFormedUtf8(text));
      told.append(text) += '\r';  // stands in none of them
    }
  }
  void OnRetry(uint64_t reconnection_ms) override {
    told += "\r" + std::to_string(reconnection_ms) + "\r";
  }
  std::string told;
};

absl::Status Parse(std::string_view bytes, size_t piece_bytes, Recorder& recorder) {
  EventStreamParser parser("", {.line_bytes_max = 300, .data_bytes_max = 400});
  while (!bytes.empty()) {
    const auto status = parser.Feed(bytes.substr(0, piece_bytes), recorder);
    if (!status.ok()) return status;
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
  }
  return absl::OkStatus();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  Recorder whole, pieces;
  const absl::Status a = Parse(input, input.size(), whole);
  const absl::Status b = Parse(input, data[0] % 32 + 1, pieces);
  CHECK(a.code() == b.code());
  CHECK(whole.told == pieces.told);
  return 0;
}
