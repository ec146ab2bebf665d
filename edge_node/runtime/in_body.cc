#include "edge_node/runtime/in_body.h"

#include <utility>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/coding_budget.h"
#include "edge_node/runtime/compression/content_coding.h"
#include "edge_node/runtime/io_context.h"
#include "http/message/headers.h"

namespace terrella::runtime {
namespace {

// What is left of a body that JavaScript has read a part of.
class RestBody final : public http::BodySource {
 public:
  RestBody(std::string held, std::unique_ptr<http::BodySource> source)
      : held_(std::move(held)), source_(std::move(source)) {}
  ~RestBody() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }
  std::optional<uint64_t> length_bytes() const override { return std::nullopt; }
  void Read(Reader& reader) override {
    reading_ = true;
    if (!held_.empty()) {
      bool destroyed = false;
      destroyed_ = &destroyed;
      reader.OnBodyData(std::exchange(held_, {}));
      if (destroyed) return;
      destroyed_ = nullptr;
      if (!reading_) return;
    }
    source_->Read(reader);
  }
  void Pause() override {
    reading_ = false;
    source_->Pause();
  }

 private:
  std::string held_;
  std::unique_ptr<http::BodySource> source_;
  bool reading_ = false;
  bool* destroyed_ = nullptr;  // set while what was held is delivered
};

}  // namespace

InBody::InBody(IoContext& io, uint32_t id, std::unique_ptr<http::BodySource> source,
               std::string coding)
    : io_(io),
      id_(id),
      source_(std::move(source)),
      coding_(std::move(coding)),
      buffer_(io.state().allocator()) {}
InBody::~InBody() = default;

v8::MaybeLocal<v8::Value> InBody::ReadChunk(v8::Local<v8::Object> receiver) {
  v8::Isolate* isolate = io_.state().isolate();
  if (waiting()) {
    ThrowTypeError(isolate, "the body is being read already");
    return {};
  }
  mode_ = Mode::kChunk;
  if (satisfied()) return TakeChunk();
  receiver_.Reset(isolate, receiver);
  Decode();
  Begin(Mode::kChunk);
  return v8::Undefined(isolate).As<v8::Value>();
}

v8::Local<v8::Promise> InBody::Gather(Want want) {
  v8::Isolate* isolate = io_.state().isolate();
  auto context = io_.state().context();
  auto resolver = v8::Promise::Resolver::New(context).ToLocalChecked();
  if (waiting()) {
    Discard(resolver->Reject(
        context, v8::Exception::TypeError(Symbol(isolate, "the body is being read already"))));
    return resolver->GetPromise();
  }
  want_ = want;
  gatherer_.Reset(isolate, resolver);
  auto promise = resolver->GetPromise();
  mode_ = Mode::kGather;
  if (satisfied()) {
    SettleGather();
    return promise;
  }
  Decode();
  const uint64_t length = source_->length_bytes().value_or(0);
  if (length <= io_.state().limits().collect_bytes) Discard(buffer_.Reserve(length));
  Begin(Mode::kGather);
  return promise;
}

void InBody::Begin(Mode mode) {
  mode_ = mode;
  io_.BeginWait();
  io_.state().AfterTurn([this, &state = io_.state(), io_id = io_.id(), id = id_] {
    IoContext* io = state.FindIo(io_id);
    if (io == nullptr || io->FindBody(id) != this || source_ == nullptr) return;
    source_->Read(*this);
  });
}

void InBody::Decode() {
  if (coding_.empty() || source_ == nullptr) return;
  source_ = DecodeContent(std::move(source_), *ParseContentCodings(coding_),
                          [this] { return std::make_unique<CodingBudget>(io_); });
  coding_.clear();
}

void InBody::Abort(v8::Local<v8::Value> reason) {
  abort_reason_.Reset(io_.state().isolate(), reason);
  buffer_.Clear();
  auto source = std::make_shared<std::unique_ptr<http::BodySource>>(std::move(source_));
  io_.state().AfterTurn([source] { source->reset(); });
  if (!waiting() || woken_) return;  // nobody waits, or a turn for who does is to come
  io_.EndWait();
  Tell();
}

std::unique_ptr<http::BodySource> InBody::TakeSource(std::string_view coding) {
  if (waiting() || source_ == nullptr) return nullptr;
  if (!http::EqualsIgnoreCase(coding, coding_)) Decode();
  if (mode_ == Mode::kIdle) return std::move(source_);
  std::string held(buffer_.view());
  buffer_.Clear();
  if (!error_.ok()) return http::MakeBrokenBody(error_);
  if (ended_) return http::MakeStringBody(std::move(held));
  return std::make_unique<RestBody>(std::move(held), std::move(source_));
}

bool InBody::satisfied() const {
  return ended_ || !error_.ok() || !abort_reason_.IsEmpty() ||
         (mode_ == Mode::kChunk && !buffer_.empty());
}

void InBody::OnBodyData(std::string_view bytes) {
  if (!error_.ok()) return;
  const uint64_t limit = io_.state().limits().collect_bytes;
  if (mode_ == Mode::kChunk) source_->Pause();
  if (mode_ == Mode::kGather && buffer_.size() + bytes.size() > limit) {
    error_ =
        ResourceExhausted("the body is longer than the {} bytes that may be gathered whole", limit);
  } else if (!io_.state().Hold(bytes, buffer_)) {
    error_ = ResourceExhausted("the worker has no memory left for the body");
  }
  if (!error_.ok()) {
    buffer_.Clear();
    source_->Pause();
  }
  WakeReader();
}

void InBody::OnBodyEnd() {
  ended_ = true;
  WakeReader();
}

void InBody::OnBodyError(const absl::Status& status) {
  error_ = status;
  WakeReader();
}

void InBody::WakeReader() {
  if (!waiting() || woken_ || !satisfied()) return;
  woken_ = true;
  io_.state().Wake(io_.id(), [id = id_](IoContext& io) {
    InBody* body = io.FindBody(id);
    if (body == nullptr) return;
    body->woken_ = false;
    io.EndWait();
    body->Tell();
  });
}

void InBody::Tell() {
  if (mode_ == Mode::kChunk) {
    TellReceiver();
  } else {
    SettleGather();
  }
}

v8::Local<v8::Value> InBody::Error() const {
  if (!abort_reason_.IsEmpty()) return abort_reason_.Get(io_.state().isolate());
  auto message = ToV8(io_.state().isolate(), Message(error_));
  return absl::IsResourceExhausted(error_) ? v8::Exception::RangeError(message)
                                           : v8::Exception::TypeError(message);
}

v8::MaybeLocal<v8::Value> InBody::TakeChunk() {
  v8::Isolate* isolate = io_.state().isolate();
  if (!buffer_.empty()) return TakeAll();
  if (error_.ok() && abort_reason_.IsEmpty()) return v8::Null(isolate).As<v8::Value>();
  isolate->ThrowException(Error());
  return {};
}

v8::MaybeLocal<v8::Value> InBody::TakeText() {
  v8::Isolate* isolate = io_.state().isolate();
  std::string_view text = buffer_.view();
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  auto string = ToV8(isolate, text);
  buffer_.Clear();
  if (string.IsEmpty()) ThrowRangeError(isolate, "the body is longer than a string may be");
  return string;
}

void InBody::TellReceiver() {
  v8::Isolate* isolate = io_.state().isolate();
  auto receiver = receiver_.Get(isolate);
  receiver_.Reset();
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Value> value;
  const bool failed = !TakeChunk().ToLocal(&value);
  if (failed) value = try_catch.Exception();
  try_catch.Reset();
  v8::Local<v8::Value> arguments[] = {receiver, value, v8::Boolean::New(isolate, failed)};
  Discard(io_.state()
              .entry(Entry::kBodyArrived)
              ->Call(io_.state().context(), v8::Undefined(isolate), 3, arguments));
}

void InBody::SettleGather() {
  v8::Isolate* isolate = io_.state().isolate();
  auto context = io_.state().context();
  auto resolver = gatherer_.Get(isolate);
  gatherer_.Reset();
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Value> value;
  if (!error_.ok() || !abort_reason_.IsEmpty()) {
    Discard(resolver->Reject(context, Error()));
  } else if ((want_ == Want::kText ? TakeText() : TakeAll()).ToLocal(&value)) {
    Discard(resolver->Resolve(context, value));
  } else {
    Discard(resolver->Reject(context, try_catch.Exception()));
  }
}

v8::MaybeLocal<v8::Value> InBody::TakeAll() {
  v8::Isolate* isolate = io_.state().isolate();
  const size_t size = buffer_.size();
  if (size == 0) return NewUint8Array(isolate, {});
  WeighBuffer(isolate, size);
  auto buffer = v8::ArrayBuffer::New(isolate, buffer_.Release());
  return v8::Uint8Array::New(buffer, 0, size).As<v8::Value>();
}

}  // namespace terrella::runtime
