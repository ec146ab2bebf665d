#include "edge_node/runtime/bindings/crypto_binding.h"

#include <array>

#include "base/status.h"
#include "edge_node/runtime/crypto/hash.h"
#include "edge_node/runtime/crypto/random_pool.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

void RandomBytes(const Info& info) {
  // Looked at as memory: the copy that BufferSource makes of a small view would be filled instead.
  std::string_view bytes = BytesOf(info[0]);
  if (!bytes.empty()) FillFromPool({const_cast<char*>(bytes.data()), bytes.size()});
}

// RFC 9562 section 5.4: version 4, variant 10.
void RandomUuid(const Info& info) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 16> bytes;
  FillFromPool(bytes);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::array<char, 36> text;
  size_t at = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text[at++] = kDigits[byte >> 4];
    text[at++] = kDigits[byte & 15];
  }
  info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), {text.data(), text.size()}));
}

void DigestOf(const Info& info) {
  const BufferSource data(info[1]);
  if (!data.ok()) return;
  const auto hash = static_cast<HashId>(info[0].As<v8::Uint32>()->Value());
  ReturnFilled(info, InfoOf(hash).digest_bytes, [&](std::span<char> out) {
    const TurnLimit limit(info.GetIsolate());
    return Digest(hash, data.view(), limit, out.data());
  });
}

constexpr NativeFunction kFunctions[] = {
    {"randomBytes", RandomBytes}, {"randomUuid", RandomUuid}, {"digest", DigestOf}};

}  // namespace

std::span<const NativeFunction> CryptoFunctions() {
  return kFunctions;
}

BufferSource::BufferSource(v8::Local<v8::Value> value) {
  if (value->IsArrayBuffer()) {
    auto buffer = value.As<v8::ArrayBuffer>();
    view_ = {static_cast<const char*>(buffer->Data()), buffer->ByteLength()};
    ok_ = true;
    return;
  }
  if (!value->IsArrayBufferView()) return;
  auto view = value.As<v8::ArrayBufferView>();
  const size_t length = view->ByteLength();
  // Asking a view on V8's heap for its buffer moves it out of there.
  if (!view->HasBuffer() && length <= kSmallBytesMax) {
    view_ = {small_, view->CopyContents(small_, length)};
    ok_ = true;
    return;
  }
  auto buffer = view->Buffer();
  if (buffer.As<v8::Value>()->IsSharedArrayBuffer()) return;
  ok_ = true;
  if (length > 0) view_ = {static_cast<const char*>(buffer->Data()) + view->ByteOffset(), length};
}

TurnLimit::TurnLimit(v8::Isolate* isolate) : state_(IsolateState::From(isolate)) {}

bool TurnLimit::operator()() const {
  return state_ != nullptr && state_->OutOfCpu();
}

void ReturnError(const Info& info, const absl::Status& status) {
  info.GetReturnValue().Set(ToV8(info.GetIsolate(), Message(status)));
}

void ReturnBytes(const Info& info, std::string_view bytes) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (NewArrayBuffer(info.GetIsolate(), bytes, bytes.size()).ToLocal(&buffer)) {
    info.GetReturnValue().Set(buffer);
  }
}

void ReturnFilled(const Info& info, size_t bytes,
                  absl::FunctionRef<absl::Status(std::span<char>)> fill) {
  v8::Local<v8::ArrayBuffer> buffer;
  if (!NewArrayBuffer(info.GetIsolate(), {}, bytes).ToLocal(&buffer)) return;
  const absl::Status status = fill({static_cast<char*>(buffer->Data()), bytes});
  if (!status.ok()) return ReturnError(info, status);
  info.GetReturnValue().Set(buffer);
}

}  // namespace terrella::runtime
