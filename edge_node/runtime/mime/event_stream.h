// EventStreamParser: text/event-stream (HTML Standard, section 9.2.6) in pieces of any size.
//
// Thread: one. Owns: the unfinished line and event at the end of the last piece. Invariant: however
// the bytes are cut into pieces, the sink is told the same events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace terrella::runtime {

struct EventStreamLimits {
  size_t line_bytes_max = 16u << 20;
  size_t data_bytes_max = 16u << 20;  // of one event
};

class EventStreamSink {
 public:
  virtual ~EventStreamSink() = default;
  // All UTF-8. An empty `type` stands for "message".
  virtual void OnEvent(std::string_view type, std::string_view data, std::string_view last_id) = 0;
  virtual void OnRetry(uint64_t reconnection_ms) = 0;
};

class EventStreamParser {
 public:
  // `last_id`: of the stream that this one goes on with.
  explicit EventStreamParser(std::string_view last_id = {}, EventStreamLimits limits = {});

  // ResourceExhausted when a line or an event is too long; the parser is of no more use then. What
  // the end of the stream leaves unfinished is no event: there is nothing to call for it.
  absl::Status Feed(std::string_view bytes, EventStreamSink& sink);
  // The id of the last event, "" before the first.
  const std::string& last_id() const { return last_id_; }
  // What it keeps for the next piece.
  size_t held_bytes() const { return line_.capacity() + data_.capacity() + type_.capacity(); }

 private:
  absl::Status TakeLine(std::string_view line, EventStreamSink& sink);
  absl::Status TakeField(std::string_view name, std::string_view value, EventStreamSink& sink);
  void Dispatch(EventStreamSink& sink);

  const EventStreamLimits limits_;
  std::string line_;  // without an end so far
  std::string type_;
  std::string data_;
  std::string id_;             // of the event under way
  std::string last_id_;        // of the last one told
  bool at_start_ = true;       // a byte order mark may stand here
  bool after_return_ = false;  // the next byte, when LF, belongs to the last line's end
};

}  // namespace terrella::runtime
