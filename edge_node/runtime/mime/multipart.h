// MultipartParser: multipart/form-data (RFC 7578, over RFC 2046 section 5.1) in pieces of any size.
//
//   preamble --delimiter--> delimiter's line --CRLF--> part's header --CRLF CRLF--> part's data
//                                |   ^                                                   |
//                               "--"  '--------------------delimiter---------------------'
//                                v
//                               end (what follows is ignored)
//
// Data goes to the sink as it comes; only what may be the beginning of a delimiter waits for the
// next piece. Fed whole, each part's data is one view into the bytes given. Names follow the Fetch
// and HTML standards: UTF-8, with %0A, %0D and %22 standing for what cannot be written.
//
// Thread: one. Invariant: however the bytes are cut into pieces, the sink is told the same parts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace terrella::runtime {

struct MultipartLimits {
  size_t boundary_bytes_max = 256;
  size_t header_bytes_max = 16 * 1024;  // of one part
  size_t parts_max = 10'000;
};

struct MultipartPart {
  std::string name;                     // UTF-8
  std::optional<std::string> filename;  // UTF-8; nothing: the part is a field, not a file
  std::string content_type;             // as sent; "text/plain" when it was not
};

class MultipartSink {
 public:
  virtual ~MultipartSink() = default;
  virtual void OnPart(MultipartPart part) = 0;
  // Of the last part; `bytes` is valid during the call.
  virtual void OnPartData(std::string_view bytes) = 0;
};

class MultipartParser {
 public:
  MultipartParser(std::string_view boundary, MultipartSink& sink, MultipartLimits limits = {});

  // InvalidArgument says what was expected where, ResourceExhausted which limit was met. After an
  // error the parser is of no more use.
  absl::Status Feed(std::string_view bytes);
  // The end of the body: an error unless the last delimiter has come.
  absl::Status Finish() const;

 private:
  enum class State { kPreamble, kDelimiterLine, kHeader, kData, kEnd };

  absl::Status Step(std::string_view& bytes);
  // Up to the next delimiter, or all of it.
  void TakeData(std::string_view& bytes);
  absl::Status TakeDelimiterLine(std::string_view& bytes);
  absl::Status TakeHeader(std::string_view& bytes);
  void EmitPending(std::string_view bytes);
  void EmitData(std::string_view bytes);

  const std::string delimiter_;  // CR LF "--" boundary
  MultipartSink& sink_;
  const MultipartLimits limits_;
  State state_ = State::kPreamble;
  std::string pending_;       // a delimiter's beginning, or an unfinished line or header
  size_t phantom_bytes_ = 0;  // of `pending_`, at its begin: no data even if no delimiter follows
  size_t parts_ = 0;
};

}  // namespace terrella::runtime
