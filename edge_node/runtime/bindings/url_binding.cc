#include "edge_node/runtime/bindings/url_binding.h"
#include "base/check.h"

#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/url/search_params.h"
#include "edge_node/runtime/url/url.h"

namespace terrella::runtime {
namespace {

using Arguments = v8::FunctionCallbackInfo<v8::Value>;

v8::Local<v8::Value> Offset(v8::Isolate* isolate, uint32_t offset) {
  return v8::Integer::New(isolate, static_cast<int32_t>(offset));  // npos becomes -1
}

// `href` is the string to give out when it is already in V8's heap.
v8::Local<v8::Array> ToParts(v8::Isolate* isolate, const Url& url, v8::Local<v8::Value> href) {
  const UrlOffsets& at = url.offsets();
  v8::Local<v8::Value> parts[] = {
      href.IsEmpty() ? v8::Local<v8::Value>(Latin1ToV8(isolate, url.href())) : href,
      Offset(isolate, at.scheme_end),
      Offset(isolate, at.username_end),
      Offset(isolate, at.host_begin),
      Offset(isolate, at.host_end),
      Offset(isolate, at.path_begin),
      Offset(isolate, at.query_begin),
      Offset(isolate, at.fragment_begin),
  };
  return v8::Array::New(isolate, parts, std::size(parts));
}

// Parses arguments 0 and 1. `input` receives the first as UTF-8.
absl::StatusOr<Url> ParseArguments(const Arguments& args, std::string& input) {
  v8::Isolate* isolate = args.GetIsolate();
  input = FromV8(isolate, args[0]);
  if (!args[1]->IsString()) return Url::Parse(input);
  const absl::StatusOr<Url> base = Url::Parse(FromV8(isolate, args[1]));
  if (!base.ok()) return InvalidArgument("invalid base URL: {}", Message(base.status()));
  return Url::Parse(input, &*base);
}

void Parse(const Arguments& args) {
  std::string input;
  const absl::StatusOr<Url> url = ParseArguments(args, input);
  if (!url.ok()) return;
  const bool is_same = url->href() == input;
  args.GetReturnValue().Set(
      ToParts(args.GetIsolate(), *url, is_same ? args[0] : v8::Local<v8::Value>()));
}

void Explain(const Arguments& args) {
  std::string input;
  const absl::StatusOr<Url> url = ParseArguments(args, input);
  args.GetReturnValue().Set(ToV8(args.GetIsolate(), Message(url.status())));
}

constexpr void (Url::*kSetters[])(std::string_view) = {
    &Url::SetProtocol, &Url::SetUsername, &Url::SetPassword, &Url::SetHost, &Url::SetHostname,
    &Url::SetPort,     &Url::SetPathname, &Url::SetSearch,   &Url::SetHash,
};

void Set(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  absl::StatusOr<Url> url = Url::Parse(FromV8(isolate, args[0]));
  const auto setter = args[1].As<v8::Uint32>()->Value();
  CHECK(url.ok() && setter < std::size(kSetters));
  ((*url).*kSetters[setter])(FromV8(isolate, args[2]));
  args.GetReturnValue().Set(ToParts(isolate, *url, {}));
}

void Origin(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  const absl::StatusOr<Url> url = Url::Parse(FromV8(isolate, args[0]));
  CHECK(url.ok());
  args.GetReturnValue().Set(Latin1ToV8(isolate, url->origin()));
}

void ParseParams(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  std::vector<v8::Local<v8::Value>> flat;
  for (const auto& [name, value] : ParseSearchParams(FromV8(isolate, args[0]))) {
    flat.push_back(ToV8(isolate, name));
    flat.push_back(ToV8(isolate, value));
  }
  args.GetReturnValue().Set(v8::Array::New(isolate, flat.data(), flat.size()));
}

void SerializeParams(const Arguments& args) {
  v8::Isolate* isolate = args.GetIsolate();
  const auto context = isolate->GetCurrentContext();
  const auto flat = args[0].As<v8::Array>();
  std::string out;
  for (uint32_t i = 0; i < flat->Length(); ++i) {
    v8::Local<v8::Value> text;
    if (!flat->Get(context, i).ToLocal(&text)) return;
    if (i > 0) out.push_back(i % 2 == 0 ? '&' : '=');
    AppendFormEncoded(FromV8(isolate, text), out);
  }
  args.GetReturnValue().Set(Latin1ToV8(isolate, out));
}

}  // namespace

std::span<const NativeFunction> UrlFunctions() {
  static constexpr NativeFunction kFunctions[] = {
      {"parse", Parse},   {"explain", Explain},         {"set", Set},
      {"origin", Origin}, {"parseParams", ParseParams}, {"serializeParams", SerializeParams},
  };
  return kFunctions;
}

}  // namespace terrella::runtime
