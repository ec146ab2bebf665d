#include "edge_node/runtime/subrequest_state.h"

#include <utility>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/compression/content_coding.h"
#include "edge_node/runtime/in_body.h"
#include "edge_node/runtime/io_context.h"

namespace terrella::runtime {

v8::Local<v8::Array> HeadersToV8(v8::Isolate* isolate, const http::Headers& headers) {
  std::vector<v8::Local<v8::Value>> flat;
  flat.reserve(headers.size() * 2);
  for (const auto& field : headers.fields()) {
    flat.push_back(Latin1ToV8(isolate, field.name));
    flat.push_back(Latin1ToV8(isolate, field.value));
  }
  return v8::Array::New(isolate, flat.data(), flat.size());
}

http::Headers HeadersFromV8(v8::Isolate* isolate, v8::Local<v8::Value> flat) {
  http::Headers headers;
  if (!flat->IsArray()) return headers;
  auto context = isolate->GetCurrentContext();
  auto array = flat.As<v8::Array>();
  Latin1Text name(isolate), value(isolate);
  auto read = [&](uint32_t i, Latin1Text& text) {
    v8::Local<v8::Value> element;
    const bool there = array->Get(context, i).ToLocal(&element);
    if (there) text.Read(element);
    return there;
  };
  for (uint32_t i = 0; i + 1 < array->Length(); i += 2) {
    if (!read(i, name) || !read(i + 1, value)) break;
    headers.Append(name.view(), value.view());
  }
  return headers;
}

SubrequestState::SubrequestState(IoContext& io, uint32_t key,
                                 v8::Local<v8::Promise::Resolver> resolver)
    : io_(io), key_(key), resolver_(io.state().isolate(), resolver) {}

void SubrequestState::Start(OutboundRequest request) {
  subrequest_ = io_.state().owner().Fetch(std::move(request), *this);
}

void SubrequestState::OnSubrequestResponse(http::ResponseHead head,
                                           std::unique_ptr<http::BodySource> body) {
  struct Answer {
    http::ResponseHead head;
    std::unique_ptr<http::BodySource> body;
  };
  auto answer = std::make_shared<Answer>(Answer{std::move(head), std::move(body)});
  io_.state().Wake(io_.id(), [this, key = key_, answer](IoContext& io) {
    if (!io.HasFetch(key)) return;
    v8::Isolate* isolate = io.state().isolate();
    v8::Local<v8::Value> id = v8::Null(isolate);
    if (answer->body != nullptr) {
      std::string coding = answer->head.headers.Combined("content-encoding").value_or("");
      if (!ParseContentCodings(coding)) coding.clear();  // JavaScript gets it as it is
      id = v8::Integer::NewFromUnsigned(isolate,
                                        io.AddBody(std::move(answer->body), std::move(coding)));
    }
    v8::Local<v8::Value> parts[] = {v8::Integer::New(isolate, answer->head.status),
                                    Latin1ToV8(isolate, answer->head.reason),
                                    HeadersToV8(isolate, answer->head.headers), id};
    auto resolver = resolver_.Get(isolate);
    io.FetchSettled(key);
    Discard(
        resolver->Resolve(io.state().context(), v8::Array::New(isolate, parts, std::size(parts))));
  });
}

void SubrequestState::OnSubrequestSocket(http::ResponseHead head,
                                         std::unique_ptr<http::MessageChannel> end) {
  struct Answer {
    http::ResponseHead head;
    std::unique_ptr<http::MessageChannel> end;
  };
  auto answer = std::make_shared<Answer>(Answer{std::move(head), std::move(end)});
  io_.state().Wake(io_.id(), [this, key = key_, answer](IoContext& io) {
    if (!io.HasFetch(key)) return;
    v8::Isolate* isolate = io.state().isolate();
    const uint32_t socket = io.AddSocket(std::move(answer->end));
    v8::Local<v8::Value> parts[] = {v8::Integer::New(isolate, answer->head.status),
                                    Latin1ToV8(isolate, answer->head.reason),
                                    HeadersToV8(isolate, answer->head.headers), v8::Null(isolate),
                                    v8::Integer::NewFromUnsigned(isolate, socket)};
    auto resolver = resolver_.Get(isolate);
    io.FetchSettled(key);
    Discard(
        resolver->Resolve(io.state().context(), v8::Array::New(isolate, parts, std::size(parts))));
  });
}

void SubrequestState::OnSubrequestError(const absl::Status& status) {
  io_.state().Wake(io_.id(), [this, key = key_, status](IoContext& io) {
    if (!io.HasFetch(key)) return;
    v8::Isolate* isolate = io.state().isolate();
    auto resolver = resolver_.Get(isolate);
    io.FetchSettled(key);
    auto error = v8::Exception::TypeError(ToV8(isolate, Message(status)));
    Discard(resolver->Reject(io.state().context(), error));
  });
}

}  // namespace terrella::runtime
