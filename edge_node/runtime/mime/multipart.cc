#include "edge_node/runtime/mime/multipart.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/mime/mime_type.h"

namespace terrella::runtime {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
// RFC 2046 allows white space between a delimiter and the end of its line.
constexpr size_t kDelimiterLineBytesMax = 256;

// How many of the last bytes are the beginning of `delimiter`.
size_t PartialMatchBytes(std::string_view bytes, std::string_view delimiter) {
  for (size_t n = std::min(bytes.size(), delimiter.size() - 1); n > 0; --n) {
    if (delimiter.starts_with(bytes.substr(bytes.size() - n))) return n;
  }
  return 0;
}

// What a form writes for the three bytes that would end a name or a line (HTML,
// "multipart/form-data encoding algorithm").
std::string UnescapeName(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view escape = text.substr(i, 3);
    char byte = text[i];
    if (escape == "%0A") byte = '\n';
    if (escape == "%0D") byte = '\r';
    if (escape == "%22") byte = '"';
    if (byte != text[i]) i += 2;
    out += byte;
  }
  return ToWellFormedUtf8(out);
}

void SkipSpaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

// form-data; name="..."; filename="..."
absl::Status ParseDisposition(std::string_view text, MultipartPart& part, bool& named) {
  const std::string_view kind = text.substr(0, text.find(';'));
  if (AsciiLower(StripHttpWhitespace(kind)) != "form-data") {
    return InvalidArgument("a part's Content-Disposition is '{}'; expected form-data",
                           kind.substr(0, 40));
  }
  text.remove_prefix(kind.size());
  while (!text.empty()) {
    text.remove_prefix(1);  // the semicolon
    SkipSpaces(text);
    const std::string_view name = text.substr(0, text.find_first_of("=;"));
    text.remove_prefix(name.size());
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    std::string_view value;
    if (text.starts_with('"')) {
      const size_t quote = text.find('"', 1);
      if (quote == std::string_view::npos) {
        return InvalidArgument("a quote of a part's Content-Disposition is not closed");
      }
      value = text.substr(1, quote - 1);
      text.remove_prefix(std::min(text.find(';', quote), text.size()));
    } else {
      value = text.substr(0, text.find(';'));
      text.remove_prefix(value.size());
      value = StripHttpWhitespace(value);
    }
    const std::string lower = AsciiLower(StripHttpWhitespace(name));
    if (lower == "name") {
      part.name = UnescapeName(value);
      named = true;
    } else if (lower == "filename") {
      part.filename = UnescapeName(value);
    }
  }
  return absl::OkStatus();
}

// The lines of a part's header, without the empty one.
absl::StatusOr<MultipartPart> ParseHeader(std::string_view lines) {
  MultipartPart part{.content_type = "text/plain"};
  bool named = false;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find(kLineEnd));
    lines.remove_prefix(std::min(line.size() + kLineEnd.size(), lines.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsHttpToken(line.substr(0, colon))) {
      return InvalidArgument("a part's header has the line '{}'; expected \"NAME: VALUE\"",
                             ToWellFormedUtf8(line.substr(0, 40)));
    }
    const std::string name = AsciiLower(line.substr(0, colon));
    const std::string_view value = StripHttpWhitespace(line.substr(colon + 1));
    if (name == "content-disposition") RETURN_IF_ERROR(ParseDisposition(value, part, named));
    if (name == "content-type") part.content_type = value;
  }
  if (!named) return InvalidArgument("a part has no Content-Disposition with a name");
  return part;
}

}  // namespace

MultipartParser::MultipartParser(std::string_view boundary, MultipartSink& sink,
                                 MultipartLimits limits)
    : delimiter_("\r\n--" + std::string(boundary)),
      sink_(sink),
      limits_(limits),
      pending_(kLineEnd) {}  // the first delimiter may stand at the very beginning

absl::Status MultipartParser::Feed(std::string_view bytes) {
  if (delimiter_.size() - 4 > limits_.boundary_bytes_max || delimiter_.size() == 4) {
    return InvalidArgument("the boundary is of {} bytes; expected 1 to {}", delimiter_.size() - 4,
                           limits_.boundary_bytes_max);
  }
  while (!bytes.empty()) RETURN_IF_ERROR(Step(bytes));
  return absl::OkStatus();
}

absl::Status MultipartParser::Finish() const {
  if (state_ == State::kEnd) return absl::OkStatus();
  return InvalidArgument("the body ends before its last delimiter, \"{}--\"",
                         ToWellFormedUtf8(delimiter_.substr(2)));
}

absl::Status MultipartParser::Step(std::string_view& bytes) {
  switch (state_) {
    case State::kPreamble:
    case State::kData:
      TakeData(bytes);
      return absl::OkStatus();
    case State::kDelimiterLine:
      return TakeDelimiterLine(bytes);
    case State::kHeader:
      return TakeHeader(bytes);
    case State::kEnd:
      bytes = {};
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void MultipartParser::EmitPending(std::string_view bytes) {
  bytes.remove_prefix(std::min(std::exchange(phantom_bytes_, 0), bytes.size()));
  EmitData(bytes);
}

void MultipartParser::EmitData(std::string_view bytes) {
  if (state_ == State::kData && !bytes.empty()) sink_.OnPartData(bytes);
}

void MultipartParser::TakeData(std::string_view& bytes) {
  auto delimited = [this] {
    pending_.clear();
    state_ = State::kDelimiterLine;
  };
  if (!pending_.empty()) {
    // A delimiter that began in an earlier piece ends within the first bytes of this one.
    std::string seam = pending_;
    seam += bytes.substr(0, delimiter_.size());
    const size_t at = seam.find(delimiter_);
    if (at < pending_.size()) {
      EmitPending(std::string_view(seam).substr(0, at));
      bytes.remove_prefix(at + delimiter_.size() - pending_.size());
      return delimited();
    }
    if (bytes.size() < delimiter_.size() && PartialMatchBytes(seam, delimiter_) > bytes.size()) {
      const size_t kept = PartialMatchBytes(seam, delimiter_);
      if (kept < seam.size()) EmitPending(std::string_view(seam).substr(0, seam.size() - kept));
      pending_ = seam.substr(seam.size() - kept);
      bytes = {};
      return;
    }
    EmitPending(std::exchange(pending_, {}));
  }
  const size_t at = bytes.find(delimiter_);
  if (at != std::string_view::npos) {
    EmitData(bytes.substr(0, at));
    bytes.remove_prefix(at + delimiter_.size());
    return delimited();
  }
  const size_t kept = PartialMatchBytes(bytes, delimiter_);
  EmitData(bytes.substr(0, bytes.size() - kept));
  pending_ = bytes.substr(bytes.size() - kept);
  bytes = {};
}

absl::Status MultipartParser::TakeDelimiterLine(std::string_view& bytes) {
  while (!bytes.empty()) {
    pending_ += bytes.front();
    bytes.remove_prefix(1);
    if (pending_ == "--") {
      state_ = State::kEnd;
      return absl::OkStatus();
    }
    if (pending_.ends_with(kLineEnd)) {
      pending_.clear();
      state_ = State::kHeader;
      return absl::OkStatus();
    }
    const char last = pending_.back();
    const bool may_stand = last == ' ' || last == '\t' || last == '\r' || pending_ == "-";
    const char before = pending_.size() > 1 ? pending_[pending_.size() - 2] : ' ';
    if (!may_stand || before == '\r' || before == '-' || pending_.size() > kDelimiterLineBytesMax) {
      return InvalidArgument("a delimiter is followed by '{}'; expected a line end or \"--\"",
                             ToWellFormedUtf8(pending_.substr(0, 40)));
    }
  }
  return absl::OkStatus();
}

absl::Status MultipartParser::TakeHeader(std::string_view& bytes) {
  // The empty line may be all there is.
  const size_t known = pending_.size() < 3 ? 0 : pending_.size() - 3;
  const size_t had = pending_.size();
  pending_ += bytes.substr(0, limits_.header_bytes_max + 4);
  size_t end = pending_.starts_with(kLineEnd) ? 0 : pending_.find("\r\n\r\n", known);
  if (end == std::string::npos || end > limits_.header_bytes_max) {
    // All but the last byte of the empty line may have come after a header of the greatest length.
    if (pending_.size() > limits_.header_bytes_max + 3) {
      return ResourceExhausted("a part's header is longer than {} bytes", limits_.header_bytes_max);
    }
    bytes = {};
    return absl::OkStatus();
  }
  const size_t used = end == 0 ? kLineEnd.size() : end + 4;
  bytes.remove_prefix(used - had);
  if (++parts_ > limits_.parts_max) {
    return ResourceExhausted("the body has more than {} parts", limits_.parts_max);
  }
  ASSIGN_OR_RETURN(MultipartPart part, ParseHeader(std::string_view(pending_).substr(0, end)));
  // The line end that closes the header may begin the delimiter of a part without data.
  pending_ = kLineEnd;
  phantom_bytes_ = kLineEnd.size();
  state_ = State::kData;
  sink_.OnPart(std::move(part));
  return absl::OkStatus();
}

}  // namespace terrella::runtime
