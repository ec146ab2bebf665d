#include "edge_node/runtime/out_stream.h"

#include <utility>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"

namespace terrella::runtime {

class OutStream::Source final : public http::BodySource {
 public:
  explicit Source(std::shared_ptr<OutStream> stream) : stream_(std::move(stream)) {
    stream_->source_ = this;
  }
  ~Source() override { stream_->SourceGone(); }

  std::optional<uint64_t> length_bytes() const override { return stream_->length_bytes_; }
  void Read(Reader& reader) override {
    stream_->reader_ = &reader;
    stream_->reading_ = true;
    stream_->Want();
  }
  void Pause() override {
    stream_->reading_ = false;
    if (stream_->attached_ != nullptr) stream_->attached_->Pause();
  }

 private:
  std::shared_ptr<OutStream> stream_;
};

OutStream::OutStream(IoContext& io, uint32_t id, v8::Local<v8::Function> pull,
                     std::optional<uint64_t> length_bytes)
    : state_(&io.state()),
      io_id_(io.id()),
      id_(id),
      length_bytes_(length_bytes),
      pull_(io.state().isolate(), pull),
      buffer_(io.state().allocator()) {}

std::unique_ptr<http::BodySource> OutStream::MakeSource() {
  return std::make_unique<Source>(shared_from_this());
}

void OutStream::Want() {
  if (!buffer_.empty() || ended_) {
    if (state_ == nullptr) {
      Deliver();
    } else {
      state_->AfterTurn([self = shared_from_this()] { self->Deliver(); });
    }
    return;
  }
  if (attached_ != nullptr) return attached_->Read(*this);
  if (pulling_ || state_ == nullptr) return;
  pulling_ = true;
  Call(/*cancel=*/false);
}

void OutStream::Call(bool cancel) {
  state_->Wake(io_id_, [id = id_, cancel](IoContext& io) {
    OutStream* stream = io.FindStream(id);
    if (stream == nullptr) return;
    v8::Isolate* isolate = io.state().isolate();
    v8::Local<v8::Value> gone = v8::Boolean::New(isolate, cancel);
    auto pull = stream->pull_.Get(isolate);
    if (cancel) io.DropStream(id);
    Discard(pull->Call(io.state().context(), v8::Undefined(isolate), 1, &gone));
  });
}

void OutStream::Attach(std::unique_ptr<http::BodySource> source) {
  attached_ = std::move(source);
  pulling_ = false;
  pull_.Reset();
  IsolateState* state = std::exchange(state_, nullptr);
  state->AfterTurn([self = shared_from_this()] {
    if (self->source_ != nullptr && self->reading_) self->Want();
  });
}

void OutStream::OnBodyData(std::string_view bytes) {
  if (reading_ && buffer_.empty()) {
    auto self = shared_from_this();  // the reader may destroy the source
    reader_->OnBodyData(bytes);
  } else if (!buffer_.Append(bytes)) {
    attached_->Pause();
    OnBodyError(ResourceExhausted("the worker has no memory left for a piece of the body"));
  }
}

void OutStream::OnBodyEnd() {
  ended_ = true;
  Deliver();
}

void OutStream::OnBodyError(const absl::Status& status) {
  if (ended_) return;
  error_ = status;
  OnBodyEnd();
}

OutStream::Next OutStream::Chunk(std::string_view bytes) {
  if (!state_->Hold(bytes, buffer_)) {
    Error("the worker has no memory left for a chunk of the body");
    return Next::kFailed;
  }
  const bool has_room = reading_ && buffer_.size() - delivered_bytes_ < kAheadBytes;
  pulling_ = has_room;
  if (!deliver_owed_) {
    deliver_owed_ = true;
    state_->AfterTurn([self = shared_from_this()] {
      self->deliver_owed_ = false;
      self->Deliver();
    });
  }
  return has_room ? Next::kGoOn : Next::kWait;
}

void OutStream::End() {
  pulling_ = false;
  ended_ = true;
  state_->AfterTurn([self = shared_from_this()] { self->Deliver(); });
}

void OutStream::Error(std::string_view detail) {
  error_ = Aborted("{}", detail);
  End();
}

void OutStream::Deliver() {
  if (delivering_ || finished_ || !reading_ || source_ == nullptr) return;
  auto self = shared_from_this();  // the reader may destroy the source
  delivering_ = true;
  while (source_ != nullptr && reading_ && delivered_bytes_ < buffer_.size()) {
    std::string_view slice = buffer_.view().substr(delivered_bytes_, kAheadBytes);
    delivered_bytes_ += slice.size();
    reader_->OnBodyData(slice);
  }
  if (delivered_bytes_ == buffer_.size()) {
    buffer_.Clear();
    delivered_bytes_ = 0;
  }
  delivering_ = false;
  if (source_ == nullptr || !reading_) return;
  if (!ended_) {
    Want();
    return;
  }
  finished_ = true;
  IsolateState* state = state_;
  if (error_.ok()) {
    reader_->OnBodyEnd();
  } else {
    reader_->OnBodyError(error_);
  }
  if (state == nullptr || state_ == nullptr) return;
  state->AfterTurn([state, io_id = io_id_, id = id_] {
    IoContext* io = state->FindIo(io_id);
    if (io == nullptr) return;
    io->DropStream(id);
    io->Settle();
  });
}

void OutStream::SourceGone() {
  source_ = nullptr;
  attached_.reset();
  if (state_ == nullptr || finished_) return;
  if (ended_) {  // nobody will read the rest
    state_->AfterTurn([state = state_, io_id = io_id_, id = id_] {
      if (IoContext* io = state->FindIo(io_id)) {
        io->DropStream(id);
        io->Settle();
      }
    });
    return;
  }
  Call(/*cancel=*/true);
}

void OutStream::Close() {
  if (state_ == nullptr) return;
  state_ = nullptr;
  pull_.Reset();
  if (ended_ && error_.ok()) return;  // what is buffered is the rest
  if (!ended_) {
    ended_ = true;
    error_ = Aborted("the worker stopped before its response was complete");
  }
  if (reading_ && !delivering_) Deliver();
}

}  // namespace terrella::runtime
