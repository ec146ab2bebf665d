// How an error in JavaScript is told to people: place, name, message, stack.
//
// Thread: the isolate's, inside a turn: reading a stack may run the worker's code
// (Error.prepareStackTrace, getters), so it must stand under the watchdog.
#pragma once

#include <v8.h>

#include <string>

namespace terrella::runtime {

// "index.js:3:7: TypeError: x is not a function\n    at fetch (index.js:3:7)". Parts that are not
// known are left out; at most 4 KiB.
std::string DescribeException(v8::Isolate* isolate, v8::Local<v8::Context> context,
                              v8::Local<v8::Value> exception, v8::Local<v8::Message> message);

// What an ErrorEvent says of an error: V8's words and the place in the worker's code, or "", 0, 0.
struct ErrorPlace {
  std::string text;
  std::string file;
  int line = 0;
  int column = 0;  // from 1
};
// `message` may be empty: then the place is where the error was made, or where JavaScript is now.
ErrorPlace PlaceOfError(v8::Isolate* isolate, v8::Local<v8::Context> context,
                        v8::Local<v8::Value> error, v8::Local<v8::Message> message);

}  // namespace terrella::runtime
