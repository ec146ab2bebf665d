// Iso2022JpDecoder: ISO-2022-JP as the Encoding Standard has it (section 12.2.1), byte by byte.
//
// ICU's converter of that name knows more character sets and recovers from errors in another way,
// which on the web is what attacks are made of: an escape sequence that hides a quote.
//
// Thread: one. Owns: the state between pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "edge_node/runtime/encoding/icu_converter.h"

namespace terrella::runtime {

class Iso2022JpDecoder {
 public:
  Iso2022JpDecoder();

  // Appends the text of `bytes`, U+FFFD for each error. With `is_last`, an unfinished sequence is
  // one too. False: there was an error and `is_fatal` is set; Reset() then.
  bool Decode(std::string_view bytes, bool is_last, bool is_fatal, std::u16string& out);
  void Reset();

 private:
  enum class State : uint8_t { kAscii, kRoman, kKatakana, kLead, kTrail, kEscapeStart, kEscape };
  enum class Step : uint8_t { kDone, kError, kErrorAgain };

  // What one byte does; kErrorAgain: an error, and the byte is looked at again.
  Step Next(uint8_t byte, std::u16string& out);
  Step NextEscape(uint8_t byte, std::u16string& out);
  Step NextTrail(uint8_t byte, std::u16string& out);

  IcuConverter shift_jis_;  // has the index jis0208
  State state_ = State::kAscii;
  State output_state_ = State::kAscii;
  uint8_t lead_ = 0;
  uint8_t again_ = 0;  // a byte before the one that failed, to be looked at again first; 0: none
  bool output_ = false;
};

}  // namespace terrella::runtime
