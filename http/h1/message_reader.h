// MessageReader: the part of parsing that is the same for requests and responses: gathering the
// head across reads, the framing fields, the body, the trailer section.
//
// The parsers derive from it and judge the first line and their own fields. A head that arrives in
// one read is parsed in place; only an incomplete one is copied.
//
// Thread: one. Invariants: (1) events and verdicts do not depend on where reads split the bytes;
// (2) after kError every call gives kError.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h1/framer.h"
#include "http/h1/limits.h"
#include "http/h1/line_scanner.h"
#include "http/h1/parser.h"
#include "http/message/headers.h"

namespace terrella::http::h1 {

class MessageReader {
 public:
  virtual ~MessageReader() = default;
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  // The next event in `input`, which loses the bytes used up.
  Event Next(std::string_view* input);
  // After kBody; valid until the input's bytes go.
  std::string_view body() const { return data_; }
  const ParseError& error() const { return error_; }
  // From kEnd on: the trailer section, judged like the header; without fields of framing and of the
  // connection.
  const Headers& trailers() const { return trailers_; }
  Headers TakeTrailers() { return std::exchange(trailers_, {}); }
  // From kHead on.
  const Framing& framing() const { return framing_; }
  // What the head says about the connection's future (RFC 9112 section 9.3).
  bool keep_alive() const { return keep_alive_; }
  // True when bytes of a head have arrived, but not its end.
  bool in_head() const { return state_ == State::kHead && (!buffer_.empty() || saw_empty_line_); }
  // True between kHead and kEnd.
  bool in_body() const { return state_ == State::kBody || state_ == State::kTrailer; }

 protected:
  MessageReader(Framer::Kind kind, const ParserLimits& limits);

  // Offsets into the head, which may move while it grows.
  struct Span {
    uint32_t begin = 0, size = 0;
    std::string_view In(std::string_view head) const { return head.substr(begin, size); }
  };

  // Each returns false after Refuse.
  virtual bool OnFirstLine(std::string_view line) = 0;
  virtual bool OnField(const FieldLine& field) = 0;
  // All fields are in: completes framing_ and keep_alive_.
  virtual bool OnHeadEnd() = 0;
  // `head` is the whole text; builds the message.
  virtual void BuildHead(std::string_view head) = 0;

  bool Refuse(int status, const char* reason);
  Headers BuildHeaders(std::string_view head) const;
  Span SpanOf(std::string_view part) const;
  // Begins the next message.
  void Restart();

  const ParserLimits limits_;
  Framing framing_;
  int minor_version_ = 1;
  bool keep_alive_ = false;
  bool connection_close_ = false;       // a `close` among the Connection options
  bool connection_keep_alive_ = false;  // a `keep-alive` among them
  size_t first_line_bytes_max_;
  int first_line_too_long_status_ = 431;
  // Bad transfer codings are the client's fault (400) or unknown to us (501).
  bool saw_first_line_ = false;

 private:
  enum class State { kHead, kBody, kTrailer, kEnd, kBad };

  Event NextInHead(std::string_view* input);
  Event NextInBody(std::string_view* input);
  Event NextInTrailer(std::string_view* input);
  bool ScanHead(std::string_view bytes, bool* complete);
  bool TakeLine(std::string_view line, bool* complete);
  bool TakeField(std::string_view line);
  bool TakeFramingField(const FieldLine& field);
  bool TakeTransferEncoding(std::string_view value);
  Event FinishHead(std::string_view bytes);
  bool FitsFirstByte(std::string_view bytes);

  Framer framer_;
  State state_ = State::kHead;
  ParseError error_;
  LineScanner lines_;
  std::string buffer_;     // the head so far, when a read ended inside it; then the trailer section
  const char* base_ = "";  // start of the bytes under scan
  size_t head_begin_ = 0;  // after a leading empty line
  bool saw_empty_line_ = false;
  struct FieldSpan {
    Span name, value;
  };
  std::vector<FieldSpan> fields_;
  Headers trailers_;
  std::string_view data_;
};

}  // namespace terrella::http::h1
