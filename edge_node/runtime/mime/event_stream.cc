#include "edge_node/runtime/mime/event_stream.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "edge_node/runtime/encoding/utf8.h"

namespace terrella::runtime {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Saturates.
uint64_t ToNumber(std::string_view digits) {
  uint64_t number = 0;
  for (char c : digits) {
    if (number > UINT64_MAX / 10 - 1) return UINT64_MAX;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number;
}

}  // namespace

EventStreamParser::EventStreamParser(std::string_view last_id, EventStreamLimits limits)
    : limits_(limits), id_(last_id), last_id_(last_id) {}

absl::Status EventStreamParser::Feed(std::string_view bytes, EventStreamSink& sink) {
  while (!bytes.empty()) {
    if (after_return_) {
      after_return_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > limits_.line_bytes_max) {
      return ResourceExhausted("a line of the event stream is longer than {} bytes",
                               limits_.line_bytes_max);
    }
    if (end == std::string_view::npos) {
      line_ += piece;
      return absl::OkStatus();
    }
    if (line_.empty()) {
      RETURN_IF_ERROR(TakeLine(piece, sink));
    } else {
      line_ += piece;
      RETURN_IF_ERROR(TakeLine(line_, sink));
      line_.clear();
    }
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
  }
  return absl::OkStatus();
}

absl::Status EventStreamParser::TakeLine(std::string_view line, EventStreamSink& sink) {
  if (std::exchange(at_start_, false) && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) {
    Dispatch(sink);
    return absl::OkStatus();
  }
  const size_t colon = line.find(':');
  if (colon == 0) return absl::OkStatus();  // a comment
  std::string_view value;
  if (colon != std::string_view::npos) {
    value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
  }
  return TakeField(line.substr(0, colon), value, sink);
}

absl::Status EventStreamParser::TakeField(std::string_view name, std::string_view value,
                                          EventStreamSink& sink) {
  if (name == "data") {
    if (data_.size() + value.size() >= limits_.data_bytes_max) {
      return ResourceExhausted("an event's data is longer than {} bytes", limits_.data_bytes_max);
    }
    data_ += value;
    data_ += '\n';
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (IsDigits(value)) sink.OnRetry(ToNumber(value));
  }
  return absl::OkStatus();
}

void EventStreamParser::Dispatch(EventStreamSink& sink) {
  last_id_ = id_;
  const std::string type = std::exchange(type_, {});
  std::string data = std::exchange(data_, {});
  if (data.empty()) return;
  data.pop_back();
  sink.OnEvent(ToWellFormedUtf8(type), ToWellFormedUtf8(data), ToWellFormedUtf8(last_id_));
}

}  // namespace terrella::runtime
