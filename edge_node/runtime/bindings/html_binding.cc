// native.html: an HtmlRewriter for js/html_rewriter.js.
//
// A rewriter is a C++ object that JavaScript holds as an ArrayBuffer whose release destroys it, as
// a decoder is (encoding_binding.h); such a buffer never reaches a worker.
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/encoding/text_decoder.h"
#include "edge_node/runtime/encoding/utf8.h"
#include "edge_node/runtime/html/ascii.h"
#include "edge_node/runtime/html/rewriter.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

constexpr uint32_t kHandlersMax = 512;

struct Session {
  Session(std::vector<HtmlHandlers> handlers, const Encoding& encoding)
      : rewriter(std::move(handlers)), encoding(encoding) {}
  HtmlRewriter rewriter;
  const Encoding& encoding;            // of the document; keeps ASCII
  std::optional<TextDecoder> decoder;  // of a text node that is being read
};

Session& Of(const Info& info) {
  return *static_cast<Session*>(info[0].As<v8::ArrayBuffer>()->GetBackingStore()->Data());
}

bool IsUtf8(const Session& session) {
  return &session.encoding == &Utf8Encoding();
}

v8::Local<v8::Value> Decode(v8::Isolate* isolate, Session& session, std::string_view bytes) {
  if (IsUtf8(session)) return ToV8(isolate, bytes);
  std::u16string text;
  TextDecoder(session.encoding, {.ignore_bom = true})
      .Decode(bytes, /*stream=*/false, text)
      .IgnoreError();
  return v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(text.data()),
                                    v8::NewStringType::kNormal, static_cast<int>(text.size()))
      .FromMaybe(v8::String::Empty(isolate));
}

// What a worker gives, as bytes of the document: what another encoding than UTF-8 may not have is
// written as character references.
std::string Encode(const Session& session, std::string utf8) {
  if (IsUtf8(session)) return utf8;
  std::string out;
  for (size_t at = 0; at < utf8.size();) {
    auto lead = static_cast<unsigned char>(utf8[at]);
    if (lead < 0x80) {
      out += utf8[at++];
      continue;
    }
    int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    uint32_t code = lead & (0xFF >> (length + 1));
    for (int i = 1; i < length; ++i)
      code = code << 6 | (static_cast<unsigned char>(utf8[at + i]) & 0x3F);
    out += fmt::format("&#{};", code);
    at += length;
  }
  return out;
}

HtmlHandlers HandlersOf(uint32_t flags) {
  HtmlHandlers handlers;
  handlers.document = flags & 1;
  handlers.element = flags & 2;
  handlers.comments = flags & 4;
  handlers.text = flags & 8;
  handlers.end = flags & 16;
  return handlers;
}

// open([selector, flags, ...], encoding name) -> session. flags: 1 document, 2 element or doctype,
// 4 comments, 8 text, 16 end.
void Open(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto context = isolate->GetCurrentContext();
  auto flat = info[0].As<v8::Array>();
  std::vector<HtmlHandlers> all;
  if (flat->Length() / 2 > kHandlersMax) {
    return ThrowTypeError(isolate,
                          fmt::format("HTMLRewriter: more than {} handlers", kHandlersMax));
  }
  for (uint32_t i = 0; i < flat->Length(); i += 2) {
    auto selector = flat->Get(context, i).ToLocalChecked();
    uint32_t flags = flat->Get(context, i + 1).ToLocalChecked().As<v8::Uint32>()->Value();
    HtmlHandlers handlers = HandlersOf(flags);
    if (!handlers.document) {
      auto parsed = ParseSelector(FromV8(isolate, selector));
      if (!parsed.ok()) {
        return ThrowTypeError(isolate, fmt::format("HTMLRewriter: {}", Message(parsed.status())));
      }
      handlers.selector = *std::move(parsed);
    }
    all.push_back(std::move(handlers));
  }
  const Encoding* encoding = EncodingForLabel(FromV8(isolate, info[1]));
  if (encoding == nullptr) encoding = &Utf8Encoding();
  auto session = std::make_unique<Session>(std::move(all), *encoding);
  auto store = v8::ArrayBuffer::NewBackingStore(
      session.release(), sizeof(Session),
      [](void* data, size_t, void*) { delete static_cast<Session*>(data); }, nullptr);
  info.GetReturnValue().Set(v8::ArrayBuffer::New(isolate, std::move(store)));
}

// write(session, bytes)
void Write(const Info& info) {
  Of(info).rewriter.Write(BytesOf(info[1]));
}

// finish(session)
void Finish(const Info& info) {
  Of(info).rewriter.Finish();
}

v8::Local<v8::Value> OrNull(v8::Isolate* isolate, Session& session,
                            const std::optional<std::string>& text) {
  return text ? Decode(isolate, session, *text) : v8::Null(isolate).As<v8::Value>();
}

// A piece of a text node; nothing when it is not one character yet.
std::optional<v8::Local<v8::Value>> DecodeText(v8::Isolate* isolate, Session& session, bool last) {
  if (!session.decoder)
    session.decoder.emplace(session.encoding, TextDecoderOptions{.ignore_bom = true});
  std::u16string text;
  session.decoder->Decode(session.rewriter.text(), !last, text).IgnoreError();
  if (last) session.decoder.reset();
  if (text.empty() && !last) return std::nullopt;
  return v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(text.data()),
                                    v8::NewStringType::kNormal, static_cast<int>(text.size()))
      .FromMaybe(v8::String::Empty(isolate));
}

// The members of an event after its kind and handlers; false when it is no event for JavaScript.
bool Describe(v8::Isolate* isolate, Session& session, const HtmlEvent& event,
              std::vector<v8::Local<v8::Value>>& out) {
  HtmlRewriter& rewriter = session.rewriter;
  switch (event.kind) {
    case HtmlEvent::Kind::kElement:
      out.push_back(ToV8(isolate, HtmlNamespaceUri(rewriter.ns())));
      break;
    case HtmlEvent::Kind::kText: {
      auto text = DecodeText(isolate, session, event.last_in_text);
      if (!text) return false;
      out.push_back(*text);
      out.push_back(v8::Boolean::New(isolate, event.last_in_text));
      break;
    }
    case HtmlEvent::Kind::kDoctype:
      for (const auto* part : {&rewriter.doctype().name, &rewriter.doctype().public_id,
                               &rewriter.doctype().system_id}) {
        out.push_back(OrNull(isolate, session, *part));
      }
      break;
    case HtmlEvent::Kind::kEndTag:
    case HtmlEvent::Kind::kComment:
    case HtmlEvent::Kind::kEnd:
      break;
  }
  return true;
}

// next(session) -> [kind, [handler, ...], ...] or undefined. Element: namespace; text: text, last;
// doctype: name, public, system.
void Next(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Session& session = Of(info);
  while (true) {
    auto event = session.rewriter.Next();
    if (!event.ok())
      return ThrowTypeError(isolate, fmt::format("HTMLRewriter: {}", Message(event.status())));
    if (!event->has_value()) return;
    std::vector<v8::Local<v8::Value>> numbers;
    for (uint32_t handler : (*event)->handlers)
      numbers.push_back(v8::Integer::NewFromUnsigned(isolate, handler));
    std::vector<v8::Local<v8::Value>> parts = {
        v8::Integer::New(isolate, static_cast<int>((*event)->kind)),
        v8::Array::New(isolate, numbers.data(), numbers.size())};
    if (!Describe(isolate, session, **event, parts)) continue;
    info.GetReturnValue().Set(v8::Array::New(isolate, parts.data(), parts.size()));
    return;
  }
}

// takeOutput(session) -> Uint8Array
void TakeOutput(const Info& info) {
  v8::Local<v8::Value> bytes;
  if (NewUint8Array(info.GetIsolate(), Of(info).rewriter.TakeOutput()).ToLocal(&bytes)) {
    info.GetReturnValue().Set(bytes);
  }
}

// Numbers of js/html_rewriter.js.
enum class Edit {
  kBefore,
  kAfter,
  kReplace,
  kRemove,
  kElementAfter,
  kElementReplace,
  kElementRemove,
  kRemoveAndKeepContent,
  kPrepend,
  kAppend,
  kSetInnerContent,
};

// edit(session, number, content, is HTML)
void EditToken(const Info& info) {
  Session& session = Of(info);
  HtmlRewriter& rewriter = session.rewriter;
  std::string content = FromV8(info.GetIsolate(), info[2]);
  if (!info[3]->IsTrue()) content = EscapeHtmlText(content);
  content = Encode(session, std::move(content));
  switch (static_cast<Edit>(info[1].As<v8::Uint32>()->Value())) {
    case Edit::kBefore:
      return rewriter.mutation().AddBefore(content);
    case Edit::kAfter:
      return rewriter.mutation().AddAfter(content);
    case Edit::kReplace:
      return rewriter.mutation().Replace(content);
    case Edit::kRemove:
      rewriter.mutation().removed = true;
      return;
    case Edit::kElementAfter:
      return rewriter.AfterElement(content);
    case Edit::kElementReplace:
      return rewriter.ReplaceElement(content);
    case Edit::kElementRemove:
      return rewriter.RemoveElement();
    case Edit::kRemoveAndKeepContent:
      return rewriter.RemoveAndKeepContent();
    case Edit::kPrepend:
      return rewriter.Prepend(content);
    case Edit::kAppend:
      return rewriter.Append(content);
    case Edit::kSetInnerContent:
      return rewriter.SetInnerContent(content);
  }
}

// isRemoved(session)
void IsRemoved(const Info& info) {
  info.GetReturnValue().Set(Of(info).rewriter.mutation().removed);
}

void ThrowIfBad(const Info& info, const absl::Status& status) {
  if (!status.ok()) ThrowTypeError(info.GetIsolate(), Message(status));
}

// name(session) of the start tag, setName(session, name)
void Name(const Info& info) {
  Session& session = Of(info);
  info.GetReturnValue().Set(
      Decode(info.GetIsolate(), session, LowerCase(session.rewriter.tag().name())));
}
void SetName(const Info& info) {
  ThrowIfBad(info, Of(info).rewriter.tag().SetName(FromV8(info.GetIsolate(), info[1])));
}

// getAttribute(session, name) -> string or null
void GetAttribute(const Info& info) {
  Session& session = Of(info);
  const std::string* value =
      session.rewriter.tag().Find(Encode(session, FromV8(info.GetIsolate(), info[1])));
  if (value == nullptr) return info.GetReturnValue().SetNull();
  info.GetReturnValue().Set(Decode(info.GetIsolate(), session, *value));
}
void SetAttribute(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Session& session = Of(info);
  ThrowIfBad(info, session.rewriter.tag().Set(FromV8(isolate, info[1]),
                                              Encode(session, FromV8(isolate, info[2]))));
}
void RemoveAttribute(const Info& info) {
  Of(info).rewriter.tag().Remove(FromV8(info.GetIsolate(), info[1]));
}

// attributes(session) -> [name, value, ...]
void Attributes(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Session& session = Of(info);
  std::vector<v8::Local<v8::Value>> flat;
  for (const auto& attribute : session.rewriter.tag().attributes()) {
    flat.push_back(Decode(isolate, session, attribute.name));
    flat.push_back(Decode(isolate, session, attribute.value));
  }
  info.GetReturnValue().Set(v8::Array::New(isolate, flat.data(), flat.size()));
}

// onEndTag(session, number) -> whether there will be an end tag
void OnEndTag(const Info& info) {
  HtmlRewriter& rewriter = Of(info).rewriter;
  rewriter.OnEndTag(info[1].As<v8::Uint32>()->Value());
  info.GetReturnValue().Set(rewriter.has_content());
}
void EndTagName(const Info& info) {
  Session& session = Of(info);
  info.GetReturnValue().Set(
      Decode(info.GetIsolate(), session, LowerCase(session.rewriter.end_tag_name())));
}
void SetEndTagName(const Info& info) {
  ThrowIfBad(info, Of(info).rewriter.SetEndTagName(FromV8(info.GetIsolate(), info[1])));
}

// comment(session), setComment(session, text)
void Comment(const Info& info) {
  Session& session = Of(info);
  info.GetReturnValue().Set(Decode(info.GetIsolate(), session, session.rewriter.text()));
}
void SetComment(const Info& info) {
  Session& session = Of(info);
  ThrowIfBad(info,
             session.rewriter.SetComment(Encode(session, FromV8(info.GetIsolate(), info[1]))));
}

constexpr NativeFunction kFunctions[] = {
    {"open", Open},
    {"write", Write},
    {"finish", Finish},
    {"next", Next},
    {"takeOutput", TakeOutput},
    {"edit", EditToken},
    {"isRemoved", IsRemoved},
    {"name", Name},
    {"setName", SetName},
    {"getAttribute", GetAttribute},
    {"setAttribute", SetAttribute},
    {"removeAttribute", RemoveAttribute},
    {"attributes", Attributes},
    {"onEndTag", OnEndTag},
    {"endTagName", EndTagName},
    {"setEndTagName", SetEndTagName},
    {"comment", Comment},
    {"setComment", SetComment},
};

}  // namespace

std::span<const NativeFunction> HtmlFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
