#include "http/h1/line_scanner.h"

#include <algorithm>

#include "http/h1/grammar.h"

namespace terrella::http::h1 {

LineScanner::Result LineScanner::Next(std::string_view bytes, size_t end_max,
                                      std::string_view* line) {
  size_t window = std::min(bytes.size(), end_max);
  size_t lf = search_from_ < window ? bytes.substr(0, window).find('\n', search_from_)
                                    : std::string_view::npos;
  if (lf == std::string_view::npos) {
    if (bytes.size() >= end_max) return Result::kTooLong;
    search_from_ = window;
    return Result::kNeedMore;
  }
  if (lf == line_start_ || bytes[lf - 1] != '\r') return Result::kBareLf;
  *line = bytes.substr(line_start_, lf - 1 - line_start_);
  line_start_ = search_from_ = lf + 1;
  return Result::kLine;
}

const char* SplitFieldLine(std::string_view line, FieldLine* out) {
  if (line.front() == ' ' || line.front() == '\t') return "folded header line";
  size_t colon = TokenPrefix(line);
  if (colon == 0) return "header without a name";
  if (colon == line.size()) return "header line without a colon";
  if (line[colon] != ':') {
    return line[colon] == ' ' || line[colon] == '\t' ? "space before the colon of a header"
                                                     : "bad character in a header name";
  }
  *out = {line.substr(0, colon), TrimOws(line.substr(colon + 1))};
  return IsFieldValue(out->value) ? nullptr : "control character in a header value";
}

}  // namespace terrella::http::h1
