// OutStream: a body that JavaScript produces (a ReadableStream) on its way out, pulled by demand.
//
// The outside holds a BodySource over it; each time that wants more, JavaScript's pull function is
// called, for one chunk and as many more as fit into kAheadBytes without waiting. So a slow client
// stops the stream there, many small chunks cost one turn, and a client that goes away cancels it.
// When JavaScript has nothing more to say than what comes out of another body, that body is
// attached and moves without it.
//
// Thread: the isolate's. Shared by its IoContext and the BodySource outside, either of which may go
// first.
#pragma once

#include <v8.h>

#include <memory>
#include <optional>
#include <string_view>

#include "edge_node/runtime/counted_bytes.h"
#include "http/message/body.h"

namespace terrella::runtime {

class IoContext;
class IsolateState;

class OutStream final : public std::enable_shared_from_this<OutStream>, http::BodySource::Reader {
 public:
  static constexpr size_t kAheadBytes = 64 * 1024;

  // `length_bytes`: how long the body will be, when JavaScript knows.
  OutStream(IoContext& io, uint32_t id, v8::Local<v8::Function> pull,
            std::optional<uint64_t> length_bytes);

  // The one end that the outside gets.
  std::unique_ptr<http::BodySource> MakeSource();

  // --- from JavaScript, inside a turn
  enum class Next { kWait, kGoOn, kFailed };
  // What JavaScript shall do next; kFailed: the worker has no memory left for the chunk.
  Next Chunk(std::string_view bytes);
  void End();
  void Error(std::string_view detail);
  // All that is still to come is the source's. The context lets go of the stream.
  void Attach(std::unique_ptr<http::BodySource> source);

  // The context is over: the outside sees a broken body unless it had ended.
  void Close();
  uint32_t id() const { return id_; }
  // JavaScript owes a chunk.
  bool pulling() const { return pulling_; }
  // Whether the outside may still ask for more.
  bool open() const { return !finished_ && source_ != nullptr; }

 private:
  class Source;

  // Of the attached source.
  void OnBodyData(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnBodyError(const absl::Status& status) override;

  void Want();
  void Deliver();
  void SourceGone();
  void Call(bool cancel);

  IsolateState* state_;  // null after Close and Attach
  const uint32_t io_id_;
  const uint32_t id_;
  const std::optional<uint64_t> length_bytes_;
  v8::Global<v8::Function> pull_;
  std::unique_ptr<http::BodySource> attached_;
  Source* source_ = nullptr;
  http::BodySource::Reader* reader_ = nullptr;
  bool reading_ = false;
  bool pulling_ = false;
  bool ended_ = false;     // no more from JavaScript
  bool finished_ = false;  // and the reader knows
  bool delivering_ = false;
  bool deliver_owed_ = false;  // after this turn
  CountedBytes buffer_;
  size_t delivered_bytes_ = 0;  // of buffer_
  absl::Status error_;
};

}  // namespace terrella::runtime
