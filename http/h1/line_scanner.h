// LineScanner: cuts a head (or a trailer section) into its lines as the bytes come in.
//
// Every line must end in CRLF: a bare LF is the classic way to make two parsers see two different
// messages (RFC 9112 section 2.2 lets a recipient accept it; we don't). Verdicts fall at fixed byte
// positions: at a line's LF, or where a limit is passed. So they do not depend on how reads cut the
// bytes.
//
// Thread: one. Owns: no bytes, only offsets into what the caller keeps from the start of the head.
#pragma once

#include <cstddef>
#include <string_view>

namespace terrella::http::h1 {

class LineScanner {
 public:
  enum class Result {
    kNeedMore,  // no LF yet
    kLine,      // `line` is the next line without its CRLF
    kBareLf,
    kTooLong,  // no LF within the limit
  };

  // `bytes` begins with the first byte of the head at every call and only grows. A line must end
  // within `end_max` bytes from the start.
  Result Next(std::string_view bytes, size_t end_max, std::string_view* line);
  // Bytes up to and with the last line's LF.
  size_t consumed_bytes() const { return line_start_; }
  void Reset() { line_start_ = search_from_ = 0; }

 private:
  size_t line_start_ = 0;
  size_t search_from_ = 0;
};

// A field line split at its colon; the value without surrounding white space.
struct FieldLine {
  std::string_view name;
  std::string_view value;
};
// Null when the line is a field line (RFC 9112 section 5), else what is wrong with it.
const char* SplitFieldLine(std::string_view line, FieldLine* out);

}  // namespace terrella::http::h1
