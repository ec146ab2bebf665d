// native.events: text/event-stream to JavaScript.
//
// A parser is a C++ object that JavaScript holds as an ArrayBuffer whose release destroys it; such
// a buffer never reaches a worker.
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/mime/event_stream.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

class Collected final : public EventStreamSink {
 public:
  explicit Collected(v8::Isolate* isolate) : isolate_(isolate) {}
  void OnEvent(std::string_view type, std::string_view data, std::string_view last_id) override {
    for (std::string_view text : {type, data, last_id}) flat_.push_back(ToV8(isolate_, text));
  }
  void OnRetry(uint64_t reconnection_ms) override {
    flat_.push_back(v8::Null(isolate_));
    flat_.push_back(v8::Number::New(isolate_, static_cast<double>(reconnection_ms)));
    flat_.push_back(v8::Null(isolate_));
  }
  v8::Local<v8::Array> ToArray() { return v8::Array::New(isolate_, flat_.data(), flat_.size()); }

 private:
  v8::Isolate* isolate_;
  std::vector<v8::Local<v8::Value>> flat_;
};

// A parser whose memory is the worker's.
struct Session {
  Session(std::string_view last_id, std::shared_ptr<BufferAllocator> allocator)
      : parser(last_id), allocator(std::move(allocator)) {}
  ~Session() { allocator->GiveBack(paid_bytes); }
  // False: the worker has no memory for what the parser holds.
  bool Pay() {
    const size_t held_bytes = parser.held_bytes();
    if (held_bytes > paid_bytes && !allocator->Take(held_bytes - paid_bytes)) return false;
    if (held_bytes < paid_bytes) allocator->GiveBack(paid_bytes - held_bytes);
    paid_bytes = held_bytes;
    return true;
  }

  EventStreamParser parser;
  std::shared_ptr<BufferAllocator> allocator;
  size_t paid_bytes = 0;
};

Session& Of(const Info& info) {
  return *static_cast<Session*>(info[0].As<v8::ArrayBuffer>()->GetBackingStore()->Data());
}

// open(last id) -> parser
void Open(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto session =
      std::make_unique<Session>(FromV8(isolate, info[0]), IsolateState::From(isolate)->allocator());
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(
      session.release(), sizeof(Session),
      [](void* data, size_t, void*) { delete static_cast<Session*>(data); }, nullptr);
  info.GetReturnValue().Set(v8::ArrayBuffer::New(isolate, std::move(store)));
}

// feed(parser, bytes) -> [type, data, last id, ...] of the events that are complete now, with
// [null, milliseconds, null] where a reconnection time was set; throws when something is too long
void Feed(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Session& session = Of(info);
  Collected events(isolate);
  const absl::Status status = session.parser.Feed(BytesOf(info[1]), events);
  if (!status.ok()) return ThrowRangeError(isolate, Message(status));
  if (!session.Pay()) return ThrowRangeError(isolate, "the worker has no memory for the event");
  info.GetReturnValue().Set(events.ToArray());
}

// lastId(parser) -> the id of the last event
void LastId(const Info& info) {
  info.GetReturnValue().Set(ToV8(info.GetIsolate(), Of(info).parser.last_id()));
}

constexpr NativeFunction kFunctions[] = {{"open", Open}, {"feed", Feed}, {"lastId", LastId}};

}  // namespace

std::span<const NativeFunction> EventStreamFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
