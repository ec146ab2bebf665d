#include "http/ws/frames.h"

#include <algorithm>
#include <utility>

#include "http/message/message_channel.h"

namespace terrella::http::ws {
namespace {

constexpr uint16_t kProtocolError = 1002, kBadText = 1007;
constexpr size_t kControlBytesMax = 125;
constexpr size_t kReasonBytesMax = 123;

bool IsOpcode(uint8_t value) {
  return value <= 2 || (value >= 8 && value <= 10);
}

}  // namespace

bool IsCloseCode(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

bool IsUtf8(std::string_view bytes) {
  size_t i = 0;
  auto more = [&](size_t k) {
    return i + k < bytes.size() && (static_cast<uint8_t>(bytes[i + k]) & 0xc0) == 0x80;
  };
  while (i < bytes.size()) {
    const auto lead = static_cast<uint8_t>(bytes[i]);
    const uint8_t next = i + 1 < bytes.size() ? static_cast<uint8_t>(bytes[i + 1]) : 0;
    if (lead < 0x80) {
      i += 1;
    } else if (lead >= 0xc2 && lead <= 0xdf && more(1)) {
      i += 2;
    } else if ((lead & 0xf0) == 0xe0 && more(1) && more(2) && (lead != 0xe0 || next >= 0xa0) &&
               (lead != 0xed || next < 0xa0)) {
      i += 3;
    } else if (lead >= 0xf0 && lead <= 0xf4 && more(1) && more(2) && more(3) &&
               (lead != 0xf0 || next >= 0x90) && (lead != 0xf4 || next < 0x90)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

bool FrameReader::Fail(uint16_t code) {
  failed_ = true;
  close_code_ = code;
  return false;
}

std::string FrameReader::TakePayload() {
  return std::exchange(is_control() ? control_ : message_, {});
}

// The first two bytes.
bool FrameReader::JudgeStart() {
  const uint8_t opcode = header_[0] & 0x0f;
  fin_ = (header_[0] & 0x80) != 0;
  if ((header_[0] & 0x70) != 0 || !IsOpcode(opcode)) return Fail(kProtocolError);
  frame_opcode_ = static_cast<Opcode>(opcode);
  const bool masked = (header_[1] & 0x80) != 0;
  if (masked != (role_ == Role::kServer)) return Fail(kProtocolError);  // section 5.1
  const size_t length = header_[1] & 0x7f;
  if (is_control()) {
    if (!fin_ || length > kControlBytesMax) return Fail(kProtocolError);  // section 5.5
  } else if ((frame_opcode_ == Opcode::kContinuation) != in_message_) {
    return Fail(kProtocolError);  // section 5.4
  }
  header_size_ = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (masked ? 4 : 0);
  return true;
}

bool FrameReader::JudgeLength() {
  const size_t length = header_[1] & 0x7f;
  const size_t bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  left_bytes_ = bytes == 0 ? length : 0;
  for (size_t i = 0; i < bytes; ++i) left_bytes_ = left_bytes_ << 8 | header_[2 + i];
  // Section 5.2: the shortest form, and no highest bit.
  if ((bytes == 2 && left_bytes_ < 126) || (bytes == 8 && left_bytes_ < 65536) ||
      left_bytes_ >> 63 != 0) {
    return Fail(kProtocolError);
  }
  if (!is_control() && left_bytes_ > message_bytes_max_ - message_.size()) {
    return Fail(kCloseTooBig);
  }
  return true;
}

bool FrameReader::TakeHeader(std::string_view* in) {
  while (header_bytes_ < header_size_) {
    if (in->empty()) return false;
    header_[header_bytes_++] = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    if (header_bytes_ == 2 && !JudgeStart()) return false;
    const size_t length_end = header_size_ - (role_ == Role::kServer ? 4 : 0);
    if (header_bytes_ >= 2 && header_bytes_ == length_end && !JudgeLength()) return false;
  }
  return true;
}

FrameReader::Event FrameReader::Next(std::string_view* in) {
  if (failed_) return Event::kError;
  if (!in_payload_) {
    if (!TakeHeader(in)) return failed_ ? Event::kError : Event::kNeedMore;
    in_payload_ = true;
    masked_ = 0;
    if (!is_control() && frame_opcode_ != Opcode::kContinuation) opcode_ = frame_opcode_;
  }
  std::string& into = is_control() ? control_ : message_;
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(left_bytes_, in->size()));
  const size_t begin = into.size();
  into.append(in->substr(0, taken));
  in->remove_prefix(taken);
  left_bytes_ -= taken;
  if (role_ == Role::kServer) {
    const uint8_t* mask = header_.data() + header_size_ - 4;
    for (size_t i = begin; i < into.size(); ++i, ++masked_) {
      into[i] = static_cast<char>(into[i] ^ mask[masked_ & 3]);
    }
  }
  if (left_bytes_ > 0) return Event::kNeedMore;
  in_payload_ = false;
  header_bytes_ = 0;
  header_size_ = 2;
  return FinishFrame();
}

FrameReader::Event FrameReader::FinishFrame() {
  switch (frame_opcode_) {
    case Opcode::kPing:
      return Event::kPing;
    case Opcode::kPong:
      return Event::kPong;
    case Opcode::kClose:
      return FinishClose();
    default:
      break;
  }
  in_message_ = !fin_;
  if (!fin_) return Event::kNeedMore;
  if (opcode_ == Opcode::kText && !IsUtf8(message_)) {
    Fail(kBadText);
    return Event::kError;
  }
  return Event::kMessage;
}

FrameReader::Event FrameReader::FinishClose() {
  close_code_ = kCloseNoCode;
  if (control_.empty()) return Event::kClose;
  if (control_.size() >= 2) {
    close_code_ = static_cast<uint16_t>(static_cast<uint8_t>(control_[0]) << 8 |
                                        static_cast<uint8_t>(control_[1]));
  }
  if (control_.size() < 2 || !IsCloseCode(close_code_)) {
    Fail(kProtocolError);
    return Event::kError;
  }
  control_.erase(0, 2);
  if (IsUtf8(control_)) return Event::kClose;
  Fail(kBadText);
  return Event::kError;
}

void AppendFrame(Opcode opcode, std::string_view payload, const std::array<uint8_t, 4>* mask,
                 std::string* out) {
  out->reserve(out->size() + payload.size() + 14);
  out->push_back(static_cast<char>(0x80 | static_cast<uint8_t>(opcode)));
  const int bit = mask != nullptr ? 0x80 : 0;
  const uint64_t size = payload.size();
  if (size < 126) {
    out->push_back(static_cast<char>(bit | static_cast<int>(size)));
  } else {
    const bool is_short = size < 65536;
    out->push_back(static_cast<char>(bit | (is_short ? 126 : 127)));
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
      out->push_back(static_cast<char>(size >> shift));
    }
  }
  if (mask == nullptr) {
    out->append(payload);
    return;
  }
  for (uint8_t byte : *mask) out->push_back(static_cast<char>(byte));
  for (size_t i = 0; i < payload.size(); ++i) {
    out->push_back(static_cast<char>(payload[i] ^ (*mask)[i & 3]));
  }
}

std::string ClosePayload(uint16_t code, std::string_view reason) {
  if (!IsCloseCode(code)) return "";
  std::string out = {static_cast<char>(code >> 8), static_cast<char>(code)};
  reason = reason.substr(0, kReasonBytesMax);
  while (!IsUtf8(reason)) reason.remove_suffix(1);  // never cut inside a character
  return out.append(reason);
}

}  // namespace terrella::http::ws
