// Values as bytes: the structured-clone format of the engine, in which Durable Objects keep values
// and arguments of method calls travel.
//
// What cannot be cloned throws DataCloneError; objects of this runtime's own classes must be
// refused before (js/rpc.js): the engine takes them for ordinary objects.
//
// Thread: the isolate's, inside a turn.
#pragma once

#include <v8.h>

#include <optional>
#include <string>
#include <string_view>

namespace terrella::runtime {

// Nothing, with an exception pending, when the value cannot be cloned or is larger. `what` begins
// the message.
std::optional<std::string> SerializeValue(v8::Isolate* isolate, v8::Local<v8::Value> value,
                                          size_t bytes_max, std::string_view what);
// Empty, with an exception pending, for bytes that are no value.
v8::MaybeLocal<v8::Value> DeserializeValue(v8::Isolate* isolate, std::string_view bytes);

}  // namespace terrella::runtime
