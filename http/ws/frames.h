// Frames of RFC 6455 section 5: bytes in, whole messages out; messages in, frames out.
//
// Whatever the standard calls an error is one, at the first byte that shows it, and no verdict
// depends on where reads split the bytes (wslay's does: it takes a close reason that is no UTF-8
// when it comes in pieces, and a close frame of one byte always). Fragments are gathered;
// extensions are none.
//
// Thread: one. No sockets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace terrella::http::ws {

enum class Role { kServer, kClient };

enum class Opcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

class FrameReader {
 public:
  enum class Event {
    kNeedMore,
    kMessage,  // opcode() is kText or kBinary; TakePayload()
    kPing,     // TakePayload()
    kPong,
    kClose,  // close_code(), TakePayload() is the reason
    kError,  // close_code() says how to close; nothing follows
  };

  FrameReader(Role role, size_t message_bytes_max)
      : role_(role), message_bytes_max_(message_bytes_max) {}

  // The next event in `in`, which loses the bytes used up.
  Event Next(std::string_view* in);
  Opcode opcode() const { return opcode_; }
  std::string TakePayload();
  uint16_t close_code() const { return close_code_; }

 private:
  static constexpr size_t kHeaderBytesMax = 14;

  // True when the header is whole.
  bool TakeHeader(std::string_view* in);
  bool Fail(uint16_t code);
  bool JudgeStart();
  bool JudgeLength();
  Event FinishFrame();
  Event FinishClose();
  bool is_control() const { return (static_cast<uint8_t>(frame_opcode_) & 8) != 0; }

  const Role role_;
  const size_t message_bytes_max_;
  std::array<uint8_t, kHeaderBytesMax> header_{};
  size_t header_bytes_ = 0;
  size_t header_size_ = 2;  // as far as is known
  bool in_payload_ = false;
  bool failed_ = false;
  bool fin_ = false;
  bool in_message_ = false;  // fragments have come
  Opcode frame_opcode_ = Opcode::kText;
  Opcode opcode_ = Opcode::kText;
  uint64_t left_bytes_ = 0;
  size_t masked_ = 0;  // bytes of the payload so far, for the mask
  std::string message_, control_;
  uint16_t close_code_ = 0;
};

// `mask`: the key of a client's frame; null for a server's.
void AppendFrame(Opcode opcode, std::string_view payload, const std::array<uint8_t, 4>* mask,
                 std::string* out);
// The payload of a close frame; `code` 1005 gives none. The reason is cut to what fits.
std::string ClosePayload(uint16_t code, std::string_view reason);
// Whether a close frame may carry it (section 7.4).
bool IsCloseCode(uint16_t code);
// RFC 3629.
bool IsUtf8(std::string_view bytes);

}  // namespace terrella::http::ws
