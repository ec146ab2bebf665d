// native.events: text/event-stream to JavaScript.
//
// A parser is a C++ object that JavaScript holds as an ArrayBuffer whose release destroys it; such
// a buffer never reaches a worker.
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/bindings/core_bindings.h"
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

// open(last id) -> parser
void Open(const Info& info) {
  auto parser = std::make_unique<EventStreamParser>(FromV8(info.GetIsolate(), info[0]));
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(
      parser.release(), sizeof(EventStreamParser),
      [](void* data, size_t, void*) { delete static_cast<EventStreamParser*>(data); }, nullptr);
  info.GetReturnValue().Set(v8::ArrayBuffer::New(info.GetIsolate(), std::move(store)));
}

// feed(parser, bytes) -> [type, data, last id, ...] of the events that are complete now, with
// [null, milliseconds, null] where a reconnection time was set; throws when something is too long
void Feed(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const auto store = info[0].As<v8::ArrayBuffer>()->GetBackingStore();
  Collected events(isolate);
  const absl::Status status =
      static_cast<EventStreamParser*>(store->Data())->Feed(BytesOf(info[1]), events);
  if (!status.ok()) return ThrowRangeError(isolate, Message(status));
  info.GetReturnValue().Set(events.ToArray());
}

// lastId(parser) -> the id of the last event
void LastId(const Info& info) {
  const auto store = info[0].As<v8::ArrayBuffer>()->GetBackingStore();
  info.GetReturnValue().Set(
      ToV8(info.GetIsolate(), static_cast<EventStreamParser*>(store->Data())->last_id()));
}

constexpr NativeFunction kFunctions[] = {{"open", Open}, {"feed", Feed}, {"lastId", LastId}};

}  // namespace

std::span<const NativeFunction> EventStreamFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
