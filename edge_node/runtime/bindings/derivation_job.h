// Keys derived for JavaScript: at once when that is quick, on a helper thread when it is not.
#pragma once

#include <v8.h>

#include "edge_node/runtime/crypto/key_derivation.h"

namespace terrella::runtime {

// Each sets the return value to an ArrayBuffer of `bytes`, or to the message of an error. Those
// that may take long call `done` with it in a later turn instead, if `done` is a function and there
// is a request to wait for it; else they compute under the turn's CPU budget.
void ReturnHkdf(const v8::FunctionCallbackInfo<v8::Value>& info, const HkdfInput& input,
                size_t bytes);
void ReturnPbkdf2(const v8::FunctionCallbackInfo<v8::Value>& info, const Pbkdf2Input& input,
                  size_t bytes, v8::Local<v8::Value> done);
void ReturnScrypt(const v8::FunctionCallbackInfo<v8::Value>& info, const ScryptInput& input,
                  size_t bytes, v8::Local<v8::Value> done);

}  // namespace terrella::runtime
