#include "edge_node/runtime/encoding/iso_2022_jp.h"

#include <utility>

namespace terrella::runtime {
namespace {

constexpr char16_t kReplacement = 0xFFFD;
constexpr uint8_t kEsc = 0x1B;

bool IsIn(uint8_t byte, uint8_t first, uint8_t last) {
  return first <= byte && byte <= last;
}

// A character of the index jis0208 by its row and cell, each from 0x21 to 0x7E, as Shift_JIS.
std::string ToShiftJis(uint8_t row, uint8_t cell) {
  const int half = (row - 0x21) / 2;
  const int lead = half + (half < 0x1F ? 0x81 : 0xC1);
  const bool is_odd = (row & 1) != 0;
  const int trail = is_odd ? cell + (cell < 0x60 ? 0x1F : 0x20) : cell + 0x7E;
  return {static_cast<char>(lead), static_cast<char>(trail)};
}

}  // namespace

Iso2022JpDecoder::Iso2022JpDecoder() : shift_jis_(OpenIcuConverter("windows-31j")) {}

void Iso2022JpDecoder::Reset() {
  state_ = output_state_ = State::kAscii;
  lead_ = again_ = 0;
  output_ = false;
}

bool Iso2022JpDecoder::Decode(std::string_view bytes, bool is_last, bool is_fatal,
                              std::u16string& out) {
  for (size_t i = 0; i < bytes.size();) {
    const uint8_t byte = again_ != 0 ? std::exchange(again_, uint8_t{0}) : 0;
    const bool is_held = byte != 0;
    const Step step = Next(is_held ? byte : static_cast<uint8_t>(bytes[i]), out);
    if (!is_held && step != Step::kErrorAgain) ++i;
    if (step == Step::kDone) continue;
    if (is_fatal) return false;
    out.push_back(kReplacement);
  }
  if (!is_last) return true;
  // The end of the queue: what it cuts short is an error, and the half of an escape sequence is
  // text.
  const State state = state_;
  const uint8_t lead = lead_;
  if (state == State::kTrail || state == State::kEscapeStart || state == State::kEscape) {
    if (is_fatal) return false;
    out.push_back(kReplacement);
    state_ = output_state_;
    if (state == State::kEscape && Next(lead, out) != Step::kDone) out.push_back(kReplacement);
    if (state_ == State::kTrail) out.push_back(kReplacement);
  }
  Reset();
  return true;
}

Iso2022JpDecoder::Step Iso2022JpDecoder::Next(uint8_t byte, std::u16string& out) {
  if (state_ == State::kEscapeStart || state_ == State::kEscape) return NextEscape(byte, out);
  if (state_ == State::kTrail) return NextTrail(byte, out);
  if (byte == kEsc) {
    state_ = State::kEscapeStart;
    return Step::kDone;
  }
  output_ = false;
  if (state_ == State::kLead && IsIn(byte, 0x21, 0x7E)) {
    lead_ = byte;
    state_ = State::kTrail;
    return Step::kDone;
  }
  if (state_ == State::kKatakana && IsIn(byte, 0x21, 0x5F)) {
    out.push_back(static_cast<char16_t>(0xFF61 - 0x21 + byte));
    return Step::kDone;
  }
  const bool keeps_ascii = state_ == State::kAscii || state_ == State::kRoman;
  if (!keeps_ascii || byte > 0x7F || byte == 0x0E || byte == 0x0F) return Step::kError;
  char16_t unit = byte;
  if (state_ == State::kRoman && byte == 0x5C) unit = u'\u00A5';
  if (state_ == State::kRoman && byte == 0x7E) unit = u'\u203E';
  out.push_back(unit);
  return Step::kDone;
}

Iso2022JpDecoder::Step Iso2022JpDecoder::NextTrail(uint8_t byte, std::u16string& out) {
  if (byte == kEsc) {
    state_ = State::kEscapeStart;
    return Step::kError;
  }
  state_ = State::kLead;
  if (!IsIn(byte, 0x21, 0x7E)) return Step::kError;
  const char16_t unit = DecodeCharacter(shift_jis_.get(), ToShiftJis(lead_, byte));
  if (unit == kReplacement) return Step::kError;
  out.push_back(unit);
  return Step::kDone;
}

Iso2022JpDecoder::Step Iso2022JpDecoder::NextEscape(uint8_t byte, std::u16string&) {
  if (state_ == State::kEscapeStart) {
    if (byte == '$' || byte == '(') {
      lead_ = byte;
      state_ = State::kEscape;
      return Step::kDone;
    }
    output_ = false;
    state_ = output_state_;
    return Step::kErrorAgain;
  }
  State next = State::kEscape;  // none
  if (lead_ == '(' && byte == 'B') next = State::kAscii;
  if (lead_ == '(' && byte == 'J') next = State::kRoman;
  if (lead_ == '(' && byte == 'I') next = State::kKatakana;
  if (lead_ == '$' && (byte == '@' || byte == 'B')) next = State::kLead;
  if (next == State::kEscape) {
    output_ = false;
    state_ = output_state_;
    again_ = lead_;
    return Step::kErrorAgain;
  }
  state_ = output_state_ = next;
  return std::exchange(output_, true) ? Step::kError : Step::kDone;
}

}  // namespace terrella::runtime
