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

}  // namespace terrella::runtime
