// native.body: what bodies, blobs and forms are made of besides streams: MIME types, data: URLs,
// multipart, pieces of bytes joined.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "edge_node/runtime/bindings/core_bindings.h"
#include "edge_node/runtime/mime/data_url.h"
#include "edge_node/runtime/mime/mime_type.h"
#include "edge_node/runtime/mime/multipart.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// A byte for each code unit. One above U+00FF becomes NUL, which stands in no part of a MIME type
// either.
std::string ToIsomorphic(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  std::string bytes;
  if (!value->IsString()) return bytes;
  auto string = value.As<v8::String>();
  if (!MayCopy(isolate, string)) return bytes;
  if (string->ContainsOnlyOneByte()) {
    bytes.resize(string->Length());
    string->WriteOneByte(isolate, reinterpret_cast<uint8_t*>(bytes.data()), 0, string->Length(),
                         v8::String::NO_NULL_TERMINATION);
    return bytes;
  }
  const v8::String::Value units(isolate, string);
  for (int i = 0; i < units.length(); ++i) {
    bytes += (*units)[i] > 0xff ? '\0' : static_cast<char>((*units)[i]);
  }
  return bytes;
}

void ReturnSerialized(const Info& info, const std::optional<MimeType>& mime) {
  if (mime) info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), mime->Serialize()));
}

// parseMime(text) -> the type as it is written, or undefined
void ParseMime(const Info& info) {
  ReturnSerialized(info, MimeType::Parse(ToIsomorphic(info.GetIsolate(), info[0])));
}

// extractMime(combined Content-Type fields) -> the same
void ExtractMime(const Info& info) {
  ReturnSerialized(info, MimeType::Extract(ToIsomorphic(info.GetIsolate(), info[0])));
}

// mimeParameter(type, name) -> its value, or undefined
void MimeParameter(const Info& info) {
  const auto mime = MimeType::Parse(ToIsomorphic(info.GetIsolate(), info[0]));
  if (!mime) return;
  const std::string* value = mime->parameter(FromV8(info.GetIsolate(), info[1]));
  if (value != nullptr) info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), *value));
}

// dataUrl(href without fragment) -> [type, bytes], or undefined
void ReadDataUrl(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const auto url = ParseDataUrl(FromV8(isolate, info[0]));
  v8::Local<v8::Value> body;
  if (!url || !NewUint8Array(isolate, url->body).ToLocal(&body)) return;
  v8::Local<v8::Value> parts[] = {Latin1ToV8(isolate, url->type.Serialize()), body};
  info.GetReturnValue().Set(v8::Array::New(isolate, parts, std::size(parts)));
}

// Notes where in `body`, fed whole, each part's data lies.
class PartOffsets final : public MultipartSink {
 public:
  struct Part {
    MultipartPart head;
    size_t begin = 0;
    size_t end = 0;
  };

  explicit PartOffsets(std::string_view body) : body_(body) {}
  void OnPart(MultipartPart head) override { parts.push_back({.head = std::move(head)}); }
  void OnPartData(std::string_view bytes) override {
    parts.back().begin = static_cast<size_t>(bytes.data() - body_.data());
    parts.back().end = parts.back().begin + bytes.size();
  }
  std::vector<Part> parts;

 private:
  std::string_view body_;
};

// multipart(bytes, boundary) -> [name, filename or null, type, begin, end, ...]; throws a TypeError
void ParseMultipart(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string_view body = BytesOf(info[0]);
  PartOffsets sink(body);
  MultipartParser parser(ToIsomorphic(isolate, info[1]), sink);
  absl::Status status = parser.Feed(body);
  if (status.ok()) status = parser.Finish();
  if (!status.ok()) {
    return ThrowTypeError(isolate, fmt::format("multipart/form-data: {}", Message(status)));
  }
  std::vector<v8::Local<v8::Value>> flat;
  flat.reserve(sink.parts.size() * 5);
  for (const auto& part : sink.parts) {
    flat.push_back(ToV8(isolate, part.head.name));
    if (part.head.filename) {
      flat.push_back(ToV8(isolate, *part.head.filename));
    } else {
      flat.push_back(v8::Null(isolate));
    }
    flat.push_back(Latin1ToV8(isolate, part.head.content_type));
    for (size_t offset : {part.begin, part.end}) {
      flat.push_back(v8::Number::New(isolate, static_cast<double>(offset)));
    }
  }
  info.GetReturnValue().Set(v8::Array::New(isolate, flat.data(), flat.size()));
}

// concat([Uint8Array, ...]) -> one Uint8Array of its own
void Concat(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto pieces = info[0].As<v8::Array>();
  std::vector<std::string_view> views;
  size_t length = 0;
  for (uint32_t i = 0; i < pieces->Length(); ++i) {
    v8::Local<v8::Value> piece;
    if (!pieces->Get(isolate->GetCurrentContext(), i).ToLocal(&piece)) return;
    views.push_back(BytesOf(piece));
    length += views.back().size();
  }
  v8::Local<v8::ArrayBuffer> buffer;
  const std::string_view first = views.empty() ? std::string_view() : views.front();
  if (!NewArrayBuffer(isolate, first, length).ToLocal(&buffer)) return;
  char* at = static_cast<char*>(buffer->Data()) + first.size();
  for (size_t i = 1; i < views.size(); ++i) at = std::copy(views[i].begin(), views[i].end(), at);
  info.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, length));
}

// latin1(bytes) -> a string with a code unit for each
void Latin1(const Info& info) {
  const auto text = Latin1ToV8(info.GetIsolate(), BytesOf(info[0]));
  if (text.IsEmpty())
    return ThrowRangeError(info.GetIsolate(), "the bytes are too many for a string");
  info.GetReturnValue().Set(text);
}

constexpr NativeFunction kFunctions[] = {
    {"parseMime", ParseMime}, {"extractMime", ExtractMime},  {"mimeParameter", MimeParameter},
    {"dataUrl", ReadDataUrl}, {"multipart", ParseMultipart}, {"concat", Concat},
    {"latin1", Latin1},
};

}  // namespace

std::span<const NativeFunction> BodyFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
