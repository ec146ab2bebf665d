#include "http/h1/message_reader.h"

#include <algorithm>

#include "http/h1/grammar.h"

namespace terrella::http::h1 {
namespace {

constexpr size_t kIdleBufferBytesMax = 1024;  // what an idle connection may keep

}  // namespace

MessageReader::MessageReader(Framer::Kind kind, const ParserLimits& limits)
    : limits_(limits), first_line_bytes_max_(limits.header_bytes_max), framer_(kind) {}

bool MessageReader::Refuse(int status, const char* reason) {
  error_ = {status, reason};
  state_ = State::kBad;
  return false;
}

void MessageReader::Restart() {
  state_ = State::kHead;
  framing_ = {};
  minor_version_ = 1;
  keep_alive_ = connection_close_ = connection_keep_alive_ = false;
  saw_first_line_ = saw_empty_line_ = false;
  head_begin_ = 0;
  if (!trailers_.empty()) trailers_.Clear();
  lines_.Reset();
  fields_.clear();
  buffer_.clear();
  if (buffer_.capacity() > kIdleBufferBytesMax) buffer_.shrink_to_fit();
}

Event MessageReader::Next(std::string_view* input) {
  switch (state_) {
    case State::kHead:
      return NextInHead(input);
    case State::kBody:
      return NextInBody(input);
    case State::kTrailer:
      return NextInTrailer(input);
    case State::kEnd:
      Restart();
      return NextInHead(input);
    case State::kBad:
      return Event::kError;
  }
  return Event::kError;
}

Event MessageReader::NextInHead(std::string_view* input) {
  std::string_view bytes = *input;
  const size_t before = buffer_.size();
  if (before > 0) {
    // One byte beyond the limit is enough to see that it is passed.
    buffer_.append(input->substr(0, limits_.header_bytes_max + 2 - before));
    bytes = buffer_;
  }
  bool complete = false;
  if (!ScanHead(bytes, &complete)) return Event::kError;
  if (!complete) {
    if (before == 0) buffer_.assign(bytes);
    *input = {};
    return Event::kNeedMore;
  }
  size_t head_bytes = lines_.consumed_bytes();
  input->remove_prefix(head_bytes - before);
  return FinishHead(bytes.substr(0, head_bytes));
}

// A connection that cannot become HTTP (TLS, binary noise) is refused at its first byte.
bool MessageReader::FitsFirstByte(std::string_view bytes) {
  if (saw_first_line_ || bytes.size() <= head_begin_) return true;
  char first = bytes[head_begin_];
  return first == '\r' || first == '\n' || TokenPrefix(bytes.substr(head_begin_, 1)) == 1 ||
         Refuse(400, "not HTTP");
}

bool MessageReader::ScanHead(std::string_view bytes, bool* complete) {
  base_ = bytes.data();
  while (!*complete) {
    if (!FitsFirstByte(bytes)) return false;
    size_t end_max =
        head_begin_ + (saw_first_line_ ? limits_.header_bytes_max
                                       : std::min(first_line_bytes_max_, limits_.header_bytes_max));
    std::string_view line;
    switch (lines_.Next(bytes, end_max, &line)) {
      case LineScanner::Result::kNeedMore:
        return true;
      case LineScanner::Result::kBareLf:
        return Refuse(400, "line feed without carriage return");
      case LineScanner::Result::kTooLong:
        return saw_first_line_ || first_line_bytes_max_ > limits_.header_bytes_max
                   ? Refuse(431, "head is too large")
                   : Refuse(first_line_too_long_status_, "first line is too long");
      case LineScanner::Result::kLine:
        if (!TakeLine(line, complete)) return false;
    }
  }
  return true;
}

bool MessageReader::TakeLine(std::string_view line, bool* complete) {
  if (!saw_first_line_) {
    if (line.empty()) {
      // One empty line before a request is ignored (RFC 9112 section 2.2).
      if (saw_empty_line_) return Refuse(400, "empty lines before the message");
      saw_empty_line_ = true;
      head_begin_ = lines_.consumed_bytes();
      return true;
    }
    saw_first_line_ = true;
    return OnFirstLine(line);
  }
  if (line.empty()) {
    *complete = true;
    return true;
  }
  return TakeField(line);
}

bool MessageReader::TakeField(std::string_view line) {
  if (fields_.size() >= limits_.header_count_max) return Refuse(431, "too many headers");
  FieldLine field;
  if (const char* wrong = SplitFieldLine(line, &field)) return Refuse(400, wrong);
  fields_.push_back({SpanOf(field.name), SpanOf(field.value)});
  return TakeFramingField(field) && OnField(field);
}

bool MessageReader::TakeFramingField(const FieldLine& field) {
  switch (field.name.size()) {
    case 10:
      if (!EqualsIgnoreCase(field.name, "connection")) return true;
      ForEachListItem(field.value, [this](std::string_view option) {
        if (EqualsIgnoreCase(option, "close")) connection_close_ = true;
        if (EqualsIgnoreCase(option, "keep-alive")) connection_keep_alive_ = true;
      });
      return true;
    case 14:
      if (!EqualsIgnoreCase(field.name, "content-length")) return true;
      if (framing_.content_length) return Refuse(400, "more than one content-length");
      framing_.content_length = ParseContentLength(field.value);
      return framing_.content_length || Refuse(400, "bad content-length");
    case 17:
      if (!EqualsIgnoreCase(field.name, "transfer-encoding")) return true;
      return TakeTransferEncoding(field.value);
    default:
      return true;
  }
}

bool MessageReader::TakeTransferEncoding(std::string_view value) {
  if (framing_.chunked) return Refuse(400, "more than one transfer-encoding");
  if (EqualsIgnoreCase(value, "chunked")) {
    framing_.chunked = true;
    return true;
  }
  // Chunked must come last and once (RFC 9112 section 6.1); what does is merely a coding we don't
  // know.
  int chunked = 0;
  bool last_is_chunked = false, tokens = false;
  ForEachListItem(value, [&](std::string_view coding) {
    last_is_chunked = EqualsIgnoreCase(coding, "chunked");
    chunked += last_is_chunked ? 1 : 0;
    tokens = true;
  });
  if (!tokens || chunked > 1 || (chunked == 1 && !last_is_chunked)) {
    return Refuse(400, "bad transfer-encoding");
  }
  return Refuse(501, "unknown transfer-encoding");
}

Event MessageReader::FinishHead(std::string_view bytes) {
  if (framing_.chunked && framing_.content_length) {
    Refuse(400, "both content-length and transfer-encoding");
    return Event::kError;
  }
  if (framing_.chunked && minor_version_ == 0) {
    Refuse(400, "transfer-encoding in HTTP/1.0");
    return Event::kError;
  }
  keep_alive_ = !connection_close_ && (minor_version_ >= 1 || connection_keep_alive_);
  if (!OnHeadEnd()) return Event::kError;
  if (!framer_.Begin(bytes.substr(head_begin_), framing_)) {
    Refuse(400, "malformed head");
    return Event::kError;
  }
  BuildHead(bytes);
  buffer_.clear();
  state_ = State::kBody;
  return Event::kHead;
}

Event MessageReader::NextInBody(std::string_view* input) {
  switch (framer_.Next(input, &data_)) {
    case Framer::Step::kNeedMore:
      return Event::kNeedMore;
    case Framer::Step::kData:
      return Event::kBody;
    case Framer::Step::kLastChunk:
      state_ = State::kTrailer;
      lines_.Reset();
      return NextInTrailer(input);
    case Framer::Step::kEnd:
      state_ = State::kEnd;
      return Event::kEnd;
    case Framer::Step::kBad:
      Refuse(400, "malformed chunk");
      return Event::kError;
  }
  return Event::kError;
}

Event MessageReader::NextInTrailer(std::string_view* input) {
  const size_t before = buffer_.size();
  buffer_.append(input->substr(0, limits_.trailer_bytes_max + 1 - before));
  while (true) {
    std::string_view line;
    FieldLine field;
    switch (lines_.Next(buffer_, limits_.trailer_bytes_max, &line)) {
      case LineScanner::Result::kNeedMore:
        *input = {};
        return Event::kNeedMore;
      case LineScanner::Result::kBareLf:
        Refuse(400, "line feed without carriage return");
        return Event::kError;
      case LineScanner::Result::kTooLong:
        Refuse(431, "trailer section is too large");
        return Event::kError;
      case LineScanner::Result::kLine:
        break;
    }
    if (line.empty()) break;
    const char* wrong = SplitFieldLine(line, &field);
    if (wrong == nullptr &&
        (IsConnectionField(field.name) || EqualsIgnoreCase(field.name, "host"))) {
      wrong = "framing field in the trailer section";
    }
    if (wrong != nullptr) {
      Refuse(400, wrong);
      return Event::kError;
    }
    if (trailers_.size() >= limits_.header_count_max) {
      Refuse(431, "too many trailers");
      return Event::kError;
    }
    trailers_.Append(field.name, field.value);
  }
  size_t section_bytes = lines_.consumed_bytes();
  input->remove_prefix(section_bytes - before);
  std::string_view section = std::string_view(buffer_).substr(0, section_bytes);
  if (framer_.Next(&section, &data_) != Framer::Step::kEnd || !section.empty()) {
    Refuse(400, "malformed trailer section");
    return Event::kError;
  }
  state_ = State::kEnd;
  return Event::kEnd;
}

MessageReader::Span MessageReader::SpanOf(std::string_view part) const {
  if (part.empty()) return {};
  return {static_cast<uint32_t>(part.data() - base_), static_cast<uint32_t>(part.size())};
}

Headers MessageReader::BuildHeaders(std::string_view head) const {
  Headers out;
  // And for what is added on the way.
  out.Reserve(fields_.size() + 4, head.size() + 128);
  for (const FieldSpan& field : fields_) out.Append(field.name.In(head), field.value.In(head));
  return out;
}

}  // namespace terrella::http::h1
