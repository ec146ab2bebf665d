#include "edge_node/runtime/async_frame.h"

namespace terrella::runtime {
namespace {

v8::Local<v8::Value> Data(v8::Isolate* isolate) {
  return isolate->GetCurrentContext()->GetContinuationPreservedEmbedderData();
}

// One of the two members of a frame that is an array; both are its own and never JavaScript's to
// see.
v8::Local<v8::Value> Member(v8::Isolate* isolate, v8::Local<v8::Value> data, uint32_t index) {
  v8::Local<v8::Value> value;
  if (!data.As<v8::Array>()->Get(isolate->GetCurrentContext(), index).ToLocal(&value)) {
    return v8::Undefined(isolate);
  }
  return value;
}

uint32_t Number(v8::Local<v8::Value> value) {
  return value->IsUint32() ? value.As<v8::Uint32>()->Value() : 0;
}

}  // namespace

uint32_t CurrentIoId(v8::Isolate* isolate) {
  auto data = Data(isolate);
  if (data->IsUint32()) return data.As<v8::Uint32>()->Value();
  return data->IsArray() ? Number(Member(isolate, data, 0)) : 0;
}

v8::Local<v8::Value> CurrentStores(v8::Isolate* isolate) {
  auto data = Data(isolate);
  if (!data->IsArray()) return v8::Undefined(isolate);
  return Member(isolate, data, 1);
}

void SetFrame(v8::Isolate* isolate, uint32_t io_id, v8::Local<v8::Value> stores) {
  v8::Local<v8::Value> data = v8::Undefined(isolate);
  if (io_id != 0) data = v8::Integer::NewFromUnsigned(isolate, io_id);
  if (!stores->IsUndefined()) {
    v8::Local<v8::Value> members[] = {data, stores};
    data = v8::Array::New(isolate, members, 2);
  }
  isolate->GetCurrentContext()->SetContinuationPreservedEmbedderData(data);
}

AsyncFrame AsyncFrame::Capture(v8::Isolate* isolate) {
  AsyncFrame frame;
  auto data = Data(isolate);
  if (data->IsArray()) frame.stores_.Reset(isolate, Member(isolate, data, 1));
  return frame;
}

FrameScope::FrameScope(v8::Isolate* isolate, const AsyncFrame& frame) : isolate_(isolate) {
  if (frame.empty()) return;
  before_ = Data(isolate);
  SetFrame(isolate, CurrentIoId(isolate), frame.stores(isolate));
}

FrameScope::FrameScope(v8::Isolate* isolate, v8::Local<v8::Value> stores)
    : isolate_(isolate), before_(Data(isolate)) {
  SetFrame(isolate, CurrentIoId(isolate), stores);
}

FrameScope::~FrameScope() {
  if (before_.IsEmpty()) return;
  isolate_->GetCurrentContext()->SetContinuationPreservedEmbedderData(before_);
}

}  // namespace terrella::runtime
