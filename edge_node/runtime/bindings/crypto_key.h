// CryptoKeyHandle: what a CryptoKey of JavaScript has in C++, a held object (held_object.h).
#pragma once

#include <v8.h>

#include <memory>
#include <utility>
#include <variant>

#include "base/check.h"
#include "edge_node/runtime/bindings/held_object.h"
#include "edge_node/runtime/crypto/asymmetric_key.h"
#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {

using CryptoKeyHandle = std::variant<SecretBytes, AsymmetricKey>;

inline v8::Local<v8::ArrayBuffer> HoldKey(v8::Isolate* isolate, SecretBytes secret) {
  const size_t size = sizeof(CryptoKeyHandle) + secret.size();
  return Hold(isolate, std::make_unique<CryptoKeyHandle>(std::move(secret)), size);
}
inline v8::Local<v8::ArrayBuffer> HoldKey(v8::Isolate* isolate, AsymmetricKey key) {
  const size_t size = sizeof(CryptoKeyHandle) + key.memory_bytes();
  return Hold(isolate, std::make_unique<CryptoKeyHandle>(std::move(key)), size);
}

// js/ gives only keys of the kind that the algorithm works with.
inline const AsymmetricKey& HeldKey(v8::Local<v8::Value> value) {
  auto* key = std::get_if<AsymmetricKey>(&Held<CryptoKeyHandle>(value));
  CHECK(key != nullptr);
  return *key;
}
inline std::string_view HeldSecret(v8::Local<v8::Value> value) {
  auto* secret = std::get_if<SecretBytes>(&Held<CryptoKeyHandle>(value));
  CHECK(secret != nullptr);
  return secret->view();
}

}  // namespace terrella::runtime
