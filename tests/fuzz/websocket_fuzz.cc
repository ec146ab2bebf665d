// Target: WebSocket frames fed whole and split: the verdict does not depend on where reads split
// the bytes, and what is gathered stays below the limit.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/ws/frames.h"

namespace {

using namespace terrella::http::ws;

constexpr size_t kMessageBytesMax = 2048;

class Log {
 public:
  explicit Log(Role role) : reader_(role, kMessageBytesMax) {}
  void Feed(std::string_view bytes) {
    while (!over_) {
      const FrameReader::Event event = reader_.Next(&bytes);
      if (event == FrameReader::Event::kNeedMore) {
        if (bytes.empty()) return;
        continue;
      }
      text += static_cast<char>('0' + static_cast<int>(event));
      over_ = event == FrameReader::Event::kError || event == FrameReader::Event::kClose;
      if (over_) text += std::to_string(reader_.close_code());
      if (event == FrameReader::Event::kError) return;
      const std::string payload = reader_.TakePayload();
      CHECK(payload.size() <= kMessageBytesMax);
      if (event == FrameReader::Event::kMessage && reader_.opcode() == Opcode::kText) {
        CHECK(IsUtf8(payload));
      }
      text += payload;
    }
  }
  std::string text;

 private:
  FrameReader reader_;
  bool over_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (Role role : {Role::kServer, Role::kClient}) {
    Log whole(role), split(role);
    whole.Feed(bytes);
    for (size_t i = 0; i < bytes.size(); ++i) split.Feed(bytes.substr(i, 1));
    CHECK(whole.text == split.text);
  }
  return 0;
}
