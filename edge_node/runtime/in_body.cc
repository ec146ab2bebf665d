#include "edge_node/runtime/in_body.h"

#include <utility>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/io_context.h"

namespace terrella::runtime {

InBody::InBody(IoContext& io, uint32_t id, std::unique_ptr<http::BodySource> source)
    : io_(io), id_(id), source_(std::move(source)) {}
InBody::~InBody() = default;

v8::Local<v8::Promise> InBody::Read(Want want) {
  v8::Isolate* isolate = io_.state().isolate();
  auto resolver = v8::Promise::Resolver::New(io_.state().context()).ToLocalChecked();
  if (!reader_.IsEmpty()) {
    resolver
        ->Reject(io_.state().context(),
                 v8::Exception::TypeError(Symbol(isolate, "the body is being read already")))
        .Check();
    return resolver->GetPromise();
  }
  touched_ = true;
  want_ = want;
  reader_.Reset(isolate, resolver);
  auto promise = resolver->GetPromise();
  if (satisfied()) {
    Settle();
    return promise;
  }
  io_.BeginWait();
  io_.state().AfterTurn([this, &state = io_.state(), io_id = io_.id(), id = id_] {
    IoContext* io = state.FindIo(io_id);
    if (io == nullptr || io->FindBody(id) != this || source_ == nullptr) return;
    source_->Read(*this);
  });
  return promise;
}

std::unique_ptr<http::BodySource> InBody::TakeSource() {
  return touched_ ? nullptr : std::move(source_);
}

bool InBody::satisfied() const {
  return ended_ || !error_.ok() || (want_ == Want::kChunk && !buffer_.empty());
}

void InBody::OnBodyData(std::string_view bytes) {
  buffer_ += bytes;
  if (want_ == Want::kChunk) {
    source_->Pause();
  } else if (buffer_.size() > io_.state().limits().collect_bytes) {
    source_->Pause();
    error_ = ResourceExhausted("the body is longer than the {} bytes that may be gathered whole",
                               io_.state().limits().collect_bytes);
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
  if (reader_.IsEmpty() || woken_ || !satisfied()) return;
  woken_ = true;
  io_.state().Wake(io_.id(), [id = id_](IoContext& io) {
    InBody* body = io.FindBody(id);
    if (body == nullptr) return;
    body->woken_ = false;
    io.EndWait();
    body->Settle();
  });
}

void InBody::Settle() {
  v8::Isolate* isolate = io_.state().isolate();
  auto context = io_.state().context();
  auto resolver = reader_.Get(isolate);
  reader_.Reset();
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Value> value = v8::Undefined(isolate);
  if (!error_.ok()) {
    auto error = v8::Exception::TypeError(ToV8(isolate, Message(error_)));
    Discard(resolver->Reject(context, error));
    return;
  }
  std::string bytes = std::exchange(buffer_, {});
  if (want_ == Want::kText) {
    std::string_view text = bytes;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    value = ToV8(isolate, text);
  } else if (want_ == Want::kBytes || !bytes.empty()) {
    if (!NewUint8Array(isolate, bytes).ToLocal(&value)) value = v8::Local<v8::Value>();
  }
  if (value.IsEmpty()) {
    auto error = try_catch.HasCaught()
                     ? try_catch.Exception()
                     : v8::Exception::RangeError(Symbol(isolate, "the body is too long"));
    Discard(resolver->Reject(context, error));
  } else {
    Discard(resolver->Resolve(context, value));
  }
}

}  // namespace terrella::runtime
