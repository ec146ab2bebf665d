// native.io: how js/ reaches the IoContext of a request.
#include <fmt/format.h>

#include <string>

#include "edge_node/runtime/bindings/cache_binding.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/in_body.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/isolate_state.h"
#include "edge_node/runtime/origins.h"
#include "edge_node/runtime/out_stream.h"
#include "edge_node/runtime/subrequest_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

uint32_t Number(const Info& info, int i) {
  return info[i]->IsUint32() ? info[i].As<v8::Uint32>()->Value() : 0;
}
std::string Text(const Info& info, int i) {
  return FromV8(info.GetIsolate(), info[i]);
}

// The context named by the first argument; null with an exception pending when it is over.
IoContext* Io(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0));
  if (io == nullptr) ThrowTypeError(info.GetIsolate(), "this belongs to a request that is over");
  return io;
}

// The same, and it must be the request that is running: one request cannot use another's I/O.
IoContext* OwnIo(const Info& info) {
  IoContext* io = Io(info);
  if (io != nullptr && IsolateState::From(info.GetIsolate())->CurrentIo() != io) {
    ThrowTypeError(info.GetIsolate(), "this belongs to another request than the one being handled");
    return nullptr;
  }
  return io;
}

void Current(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->CurrentIo();
  info.GetReturnValue().Set(io == nullptr ? 0 : io->id());
}

void IsOpen(const Info& info) {
  info.GetReturnValue().Set(IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0)) !=
                            nullptr);
}

void RequestHeaders(const Info& info) {
  IoContext* io = Io(info);
  if (io == nullptr) return;
  info.GetReturnValue().Set(HeadersToV8(info.GetIsolate(), io->request().head.headers));
}

void RequestBody(const Info& info) {
  IoContext* io = Io(info);
  if (io == nullptr || io->request().body == nullptr) return;
  info.GetReturnValue().Set(io->AddBody(std::move(io->request().body)));
}

void RequestCf(const Info& info) {
  IoContext* io = Io(info);
  if (io == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  auto context = isolate->GetCurrentContext();
  auto cf = v8::Object::New(isolate);
  auto set = [&](const char* name, v8::Local<v8::Value> value) {
    cf->CreateDataProperty(context, Symbol(isolate, name), value).Check();
  };
  auto set_text = [&](const char* name, const std::string& text) {
    if (!text.empty()) set(name, ToV8(isolate, text));
  };
  static const RequestPlace kNowhere;
  const auto& known = io->request().place;
  const RequestPlace& place = known != nullptr ? *known : kNowhere;
  set_text("colo", place.colo);
  set_text("city", place.city);
  set_text("country", place.country);
  set_text("continent", place.continent);
  set_text("region", place.region);
  set_text("timezone", place.timezone);
  if (place.continent == "EU") set("isEUCountry", Symbol(isolate, "1"));
  // Strings, as the hosted product has them.
  set_text("latitude", fmt::format("{:.5f}", place.latitude_deg));
  set_text("longitude", fmt::format("{:.5f}", place.longitude_deg));
  set("clientTcpRtt", v8::Integer::New(isolate, static_cast<int>(place.rtt_ms + 0.5)));
  set_text("tlsVersion", place.tls_version);
  set_text("tlsCipher", place.tls_cipher);
  const http::RequestHead& head = io->request().head;
  set_text("httpProtocol", head.major_version == 1 ? fmt::format("HTTP/1.{}", head.minor_version)
                                                   : fmt::format("HTTP/{}", head.major_version));
  info.GetReturnValue().Set(cf);
}

// How an answer travels is the sender's business; with a body, so is its length.
bool IsFraming(std::string_view name, bool has_body) {
  switch (name.size()) {  // quick way out for nearly every field
    case 10:
      return http::EqualsIgnoreCase(name, "connection") ||
             http::EqualsIgnoreCase(name, "keep-alive");
    case 14:
      return has_body && http::EqualsIgnoreCase(name, "content-length");
    case 17:
      return http::EqualsIgnoreCase(name, "transfer-encoding");
    default:
      return false;
  }
}

// respond(io, status, statusText, body, whether the body is encoded already, name, value, name,
// value, ...)
void Respond(const Info& info) {
  IoContext* io = Io(info);
  if (io == nullptr) return;
  http::ResponseHead head;
  head.status = static_cast<int>(Number(info, 1));
  head.reason = Text(info, 2);
  const bool has_body = !info[3]->IsNull();
  Latin1Text name(info.GetIsolate()), value(info.GetIsolate());
  for (int i = 5; i + 1 < info.Length(); i += 2) {
    name.Read(info[i]);
    if (IsFraming(name.view(), has_body)) continue;
    value.Read(info[i + 1]);
    head.headers.Append(name.view(), value.view());
  }
  io->Respond(std::move(head), info[3], info[4]->IsTrue());
}

// fail(io, kind, error)
void Fail(const Info& info) {
  IsolateState* state = IsolateState::From(info.GetIsolate());
  IoContext* io = state->FindIo(Number(info, 0));
  if (io == nullptr || io->answered()) return;
  constexpr FailureKind kKinds[] = {FailureKind::kException, FailureKind::kRejected,
                                    FailureKind::kBadResponse};
  std::string text = state->DescribeRejection(info[2]);
  if (state->ending()) return;
  io->Fail(kKinds[std::min<uint32_t>(Number(info, 1), 2)], std::move(text));
}

void WaitUntil(const Info& info) {
  if (IoContext* io = Io(info)) io->AddWait();
}

void WaitDone(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0));
  if (io == nullptr) return;
  io->WaitDone();
  io->state().FinishLater(*io);
}

// props(io) -> JSON text
void Props(const Info& info) {
  if (IoContext* io = Io(info)) {
    info.GetReturnValue().Set(ToV8(info.GetIsolate(), io->request().props_json));
  }
}

void PassThrough(const Info& info) {
  if (IoContext* io = Io(info)) io->set_pass_through();
}

void Report(const Info& info) {
  IsolateState* state = IsolateState::From(info.GetIsolate());
  if (state == nullptr) return;
  state->ReportException(info[0], {});
}

// post(callback): runs it in a turn of its own, of the same request, after what was posted before.
void Post(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->CurrentIo();
  if (io != nullptr) io->PostTask(info[0].As<v8::Function>());
  info.GetReturnValue().Set(io != nullptr);
}

// The body named by the second argument; null with an exception pending when it is gone.
InBody* Body(const Info& info) {
  IoContext* io = OwnIo(info);
  if (io == nullptr) return nullptr;
  InBody* body = io->FindBody(Number(info, 1));
  if (body == nullptr) ThrowTypeError(info.GetIsolate(), "the body was read or canceled already");
  return body;
}

// bodyRead(io, body, receiver) -> a chunk, null at the end, or undefined: the receiver will be told
void BodyRead(const Info& info) {
  InBody* body = Body(info);
  v8::Local<v8::Value> chunk;
  if (body != nullptr && body->ReadChunk(info[2].As<v8::Object>()).ToLocal(&chunk)) {
    info.GetReturnValue().Set(chunk);
  }
}

// bodyGather(io, body, want) -> promise of all of it
void BodyGather(const Info& info) {
  if (InBody* body = Body(info)) {
    info.GetReturnValue().Set(body->Gather(static_cast<InBody::Want>(Number(info, 2))));
  }
}

// bodyTee(io, body) -> [body, body]
void BodyTee(const Info& info) {
  IoContext* io = OwnIo(info);
  if (io == nullptr) return;
  const auto [a, b] = io->TeeBody(Number(info, 1));
  if (a == 0) return;
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Value> pair[] = {v8::Integer::NewFromUnsigned(isolate, a),
                                 v8::Integer::NewFromUnsigned(isolate, b)};
  info.GetReturnValue().Set(v8::Array::New(isolate, pair, 2));
}

// A length in bytes; nothing for a negative number.
std::optional<uint64_t> Length(const Info& info, int i) {
  const double length = info[i].As<v8::Number>()->Value();
  return length < 0 ? std::nullopt : std::optional<uint64_t>(static_cast<uint64_t>(length));
}

// bodyThrough(io, body, IoContext::Transform::Kind, length or format, watcher or undefined) -> body
void BodyThrough(const Info& info) {
  IoContext* io = OwnIo(info);
  if (io == nullptr) return;
  IoContext::Transform transform;
  transform.kind = static_cast<IoContext::Transform::Kind>(Number(info, 2));
  if (transform.kind == IoContext::Transform::Kind::kSize) {
    transform.length_bytes = Length(info, 3);
  } else {
    transform.format = static_cast<CodecFormat>(Number(info, 3));
  }
  const uint32_t body = io->TransformBody(Number(info, 1), transform, info[4]);
  if (body != 0) info.GetReturnValue().Set(body);
}

void BodyCancel(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0));
  if (io != nullptr) io->DropBody(Number(info, 1));
}

// bodyAbort(io, body, reason): reads fail with the reason from now on
void BodyAbort(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0));
  InBody* body = io == nullptr ? nullptr : io->FindBody(Number(info, 1));
  if (body != nullptr) body->Abort(info[2]);
}

OutStream* Stream(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0));
  return io == nullptr ? nullptr : io->FindStream(Number(info, 1));
}

// openStream(io, pull(gone), length or -1) -> a body, and the stream of that number
void OpenStream(const Info& info) {
  IoContext* io = Io(info);
  if (io == nullptr) return;
  info.GetReturnValue().Set(io->OpenStream(info[1].As<v8::Function>(), Length(info, 2)));
}

// streamAttach(io, stream, body) -> whether the rest of the stream is the body now
void StreamAttach(const Info& info) {
  IoContext* io = OwnIo(info);
  if (io == nullptr) return;
  info.GetReturnValue().Set(io->AttachBody(Number(info, 1), Number(info, 2)));
}

// streamChunk(io, stream, bytes) -> OutStream::Next
void StreamChunk(const Info& info) {
  OutStream* stream = Stream(info);
  auto next = stream == nullptr ? OutStream::Next::kWait : stream->Chunk(BytesOf(info[2]));
  info.GetReturnValue().Set(static_cast<uint32_t>(next));
}

void StreamEnd(const Info& info) {
  if (OutStream* stream = Stream(info)) stream->End();
}

void StreamError(const Info& info) {
  OutStream* stream = Stream(info);
  if (stream == nullptr) return;
  IsolateState* state = IsolateState::From(info.GetIsolate());
  std::string text = state->DescribeRejection(info[2]);
  if (state->ending()) return;
  state->Log(LogLevel::kError, "the response stream failed: " + text);
  stream->Error(text);
}

// What an origin is told when the worker says nothing else (Fetch section 4.5, steps 11 to 15).
void AddDefaultFields(http::Headers& headers) {
  const bool ranged = headers.Has("range");
  const std::pair<const char*, const char*> defaults[] = {
      {"accept", "*/*"},
      {"accept-encoding", ranged ? "identity" : "gzip, br"},
      {"accept-language", "*"},
  };
  for (const auto& [name, value] : defaults) {
    if (!headers.Has(name)) headers.Append(name, value);
  }
}

// startFetch(io, key, target, url, method, flat headers, body) -> promise; target is '' or
// [script, entrypoint, props as JSON], and of objects and method calls [..., namespace, id, name,
// location hint, method].
void StartFetch(const Info& info) {
  IoContext* io = OwnIo(info);
  if (io == nullptr) return;
  OutboundRequest request;
  if (info[2]->IsArray()) {
    auto target = info[2].As<v8::Array>();
    auto part = [&](uint32_t i) {
      v8::Local<v8::Value> value;
      return target->Get(io->state().context(), i).ToLocal(&value)
                 ? FromV8(info.GetIsolate(), value)
                 : std::string();
    };
    request.service = part(0);
    request.entrypoint = part(1);
    request.props_json = part(2);
    if (target->Length() > 3) {
      if (std::string namespace_id = part(3); !namespace_id.empty()) {
        request.actor = ActorTarget{std::move(namespace_id), part(4), part(5), part(6)};
      }
      request.rpc_method = part(7);
    }
  }
  request.url = Text(info, 3);
  request.method = Text(info, 4);
  request.headers = HeadersFromV8(info.GetIsolate(), info[5]);
  if (request.service.empty()) {
    auto refusal = RefusalOf(request.url, io->state().origin_hosts());
    if (!refusal.empty()) return ThrowTypeError(info.GetIsolate(), refusal);
    AddDefaultFields(request.headers);
    if (info[7]->IsArray()) request.cache_rules = CacheRulesFromV8(info.GetIsolate(), info[7]);
  }
  info.GetReturnValue().Set(io->StartFetch(Number(info, 1), std::move(request), info[6]));
}

void AbortFetch(const Info& info) {
  IoContext* io = IsolateState::From(info.GetIsolate())->FindIo(Number(info, 0));
  if (io != nullptr) io->AbortFetch(Number(info, 1));
}

constexpr NativeFunction kFunctions[] = {
    {"current", Current},
    {"isOpen", IsOpen},
    {"requestHeaders", RequestHeaders},
    {"requestBody", RequestBody},
    {"requestCf", RequestCf},
    {"respond", Respond},
    {"fail", Fail},
    {"waitUntil", WaitUntil},
    {"waitDone", WaitDone},
    {"report", Report},
    {"post", Post},
    {"passThrough", PassThrough},
    {"props", Props},
    {"bodyRead", BodyRead},
    {"bodyGather", BodyGather},
    {"bodyTee", BodyTee},
    {"bodyThrough", BodyThrough},
    {"bodyCancel", BodyCancel},
    {"bodyAbort", BodyAbort},
    {"openStream", OpenStream},
    {"streamAttach", StreamAttach},
    {"streamChunk", StreamChunk},
    {"streamEnd", StreamEnd},
    {"streamError", StreamError},
    {"startFetch", StartFetch},
    {"abortFetch", AbortFetch},
};

}  // namespace

std::span<const NativeFunction> IoFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
