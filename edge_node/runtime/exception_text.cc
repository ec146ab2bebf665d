#include "edge_node/runtime/exception_text.h"

#include <fmt/format.h>

#include <string_view>

#include "edge_node/runtime/bindings/binding.h"

namespace terrella::runtime {
namespace {

constexpr size_t kTextBytesMax = 4096;
constexpr std::string_view kUncaught = "Uncaught ";
constexpr std::string_view kFrame = "\n    at ";
constexpr std::string_view kOwnCode = "terrella:";

// Where the message says it happened, as "index.js:3:7"; "" when that is not in the worker's code.
std::string PlaceOf(v8::Isolate* isolate, v8::Local<v8::Context> context,
                    v8::Local<v8::Message> message) {
  auto resource = message->GetScriptResourceName();
  int line = message->GetLineNumber(context).FromMaybe(0);
  if (!resource->IsString() || line == 0) return "";
  std::string name = FromV8(isolate, resource);
  if (name.starts_with(kOwnCode)) return "";
  return fmt::format("{}:{}:{}", name, line, message->GetStartColumn(context).FromMaybe(0) + 1);
}

// The frames of error.stack below its first line, up to where the runtime's own code begins.
std::string Frames(v8::Isolate* isolate, v8::Local<v8::Context> context,
                   v8::Local<v8::Value> exception) {
  if (!exception->IsNativeError()) return "";
  v8::Local<v8::Value> stack;
  if (!exception.As<v8::Object>()->Get(context, Symbol(isolate, "stack")).ToLocal(&stack))
    return "";
  if (!stack->IsString()) return "";
  std::string text = FromV8(isolate, stack);
  std::string frames;
  for (size_t at = text.find(kFrame); at != std::string::npos;) {
    size_t next = text.find(kFrame, at + 1);
    std::string_view frame = std::string_view(text).substr(at, next - at);
    if (frame.find(kOwnCode) == std::string_view::npos) frames += frame;
    at = next;
  }
  return frames;
}

// "\n    at f (index.js:3:7)..." -> "index.js:3:7", of the first frame that is not V8's own.
std::string PlaceOfFirstFrame(std::string_view frames) {
  while (!frames.empty()) {
    const size_t next = frames.find(kFrame, 1);
    std::string_view frame = frames.substr(kFrame.size(), next - kFrame.size());
    frames = next == std::string_view::npos ? "" : frames.substr(next);
    const size_t open = frame.rfind('(');
    if (open != std::string_view::npos) frame = frame.substr(open + 1, frame.rfind(')') - open - 1);
    if (frame.starts_with("async ")) frame.remove_prefix(6);
    if (frame != "<anonymous>") return std::string(frame.substr(0, frame.find('\n')));
  }
  return "";
}

// "name: message" of a thrown object V8 has no words for, such as a DOMException; "" when it has
// neither.
std::string NameAndMessage(v8::Isolate* isolate, v8::Local<v8::Context> context,
                           v8::Local<v8::Value> exception) {
  if (!exception->IsObject()) return "";
  std::string parts[2];
  const char* keys[] = {"name", "message"};
  for (int i = 0; i < 2; ++i) {
    v8::Local<v8::Value> value;
    if (exception.As<v8::Object>()->Get(context, Symbol(isolate, keys[i])).ToLocal(&value) &&
        value->IsString()) {
      parts[i] = FromV8(isolate, value);
    }
  }
  if (parts[0].empty() || parts[1].empty()) return parts[0] + parts[1];
  return parts[0] + ": " + parts[1];
}

bool IsOwnCode(std::string_view file) {
  return file.empty() || file.starts_with(kOwnCode);
}

}  // namespace

ErrorPlace PlaceOfError(v8::Isolate* isolate, v8::Local<v8::Context> context,
                        v8::Local<v8::Value> error, v8::Local<v8::Message> message) {
  constexpr int kFramesMax = 10;
  ErrorPlace place;
  v8::TryCatch try_catch(isolate);
  if (message.IsEmpty()) message = v8::Exception::CreateMessage(isolate, error);
  place.text = FromV8(isolate, message->Get());
  place.file = FromV8(isolate, message->GetScriptResourceName());
  place.line = message->GetLineNumber(context).FromMaybe(0);
  place.column = message->GetStartColumn(context).FromMaybe(-1) + 1;
  if (!IsOwnCode(place.file)) return place;
  place.file.clear();
  place.line = place.column = 0;
  auto stack = v8::StackTrace::CurrentStackTrace(isolate, kFramesMax);
  for (int i = 0; i < stack->GetFrameCount(); ++i) {
    auto frame = stack->GetFrame(isolate, i);
    auto name = frame->GetScriptNameOrSourceURL();
    std::string file = name.IsEmpty() ? "" : FromV8(isolate, name);
    if (IsOwnCode(file)) continue;
    place.file = std::move(file);
    place.line = frame->GetLineNumber();
    place.column = frame->GetColumn();
    break;
  }
  return place;
}

std::string DescribeException(v8::Isolate* isolate, v8::Local<v8::Context> context,
                              v8::Local<v8::Value> exception, v8::Local<v8::Message> message) {
  v8::TryCatch try_catch(isolate);  // of getters and the like: what cannot be read is left out
  std::string text;
  std::string place;
  if (!message.IsEmpty()) {
    text = FromV8(isolate, message->Get());
    if (text.starts_with(kUncaught)) text.erase(0, kUncaught.size());
    place = PlaceOf(isolate, context, message);
  }
  if (!exception.IsEmpty() && !isolate->IsExecutionTerminating()) {
    if (text.empty()) text = NameAndMessage(isolate, context, exception);
    // A rejection is described long after the error was made: its own stack knows better.
    std::string frames = Frames(isolate, context, exception);
    if (!frames.empty()) place = PlaceOfFirstFrame(frames);
    text += frames;
  }
  if (!place.empty()) text = place + ": " + text;
  if (text.empty()) text = "unknown error";
  if (text.size() > kTextBytesMax) text.resize(kTextBytesMax);
  return text;
}

}  // namespace terrella::runtime
