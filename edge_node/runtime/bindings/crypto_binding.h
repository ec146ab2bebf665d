// native.crypto and its lazy companions: the C++ library in edge_node/runtime/crypto for js/crypto
// and for node:crypto.
//
// A buffer source is an ArrayBuffer or a view of one, not of shared memory.
// Where a function can fail it gives a string, the error's message, and JavaScript makes the
// exception of it: js/ knows its name. A hash is a number of HashId, a kind of key one of KeyKind.
#pragma once

#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {

class IsolateState;

// native.crypto
//   randomBytes(view)               fills it
//   randomUuid() -> string
//   digest(hash, data) -> ArrayBuffer, undefined when the data is no buffer source
std::span<const NativeFunction> CryptoFunctions();

// native.cryptoKeys. A key is a held object (held_object.h).
//   isBufferSource(value) -> boolean
//   copy(value) -> Uint8Array, undefined when the value is no buffer source
//   secret(data) -> key;  randomSecret(bits) -> key;  secretBytes(key) -> ArrayBuffer
//   encodeBase64Url(data) -> string;  decodeBase64Url(string) -> ArrayBuffer or undefined
//   importDer(isPrivate, kind, data), importRaw(kind, data) -> key
//   importRsaJwk([n, e, d, p, q, dp, dq, qi]), importCurveJwk(kind, [x, y, d]) -> key
//   exportDer(isPrivate, key), exportRaw(key) -> ArrayBuffer
//   exportJwk(key) -> the members of import...Jwk
//   describeRsa(key) -> [bits of the modulus, exponent as a Uint8Array]
//   generateCurve(kind) -> [public key, private key]
//   generateRsa(bits, exponent, done) -> the same; or undefined, and calls done(the same) in a
//   later
//       turn
std::span<const NativeFunction> CryptoKeyFunctions();

// native.cryptoOperations
//   hmac(key, hash, data) -> ArrayBuffer;  verifyHmac(key, hash, signature, data) -> boolean
//   sign(key, scheme, hash, saltBytes, data) -> ArrayBuffer
//   verify(key, scheme, hash, saltBytes, signature, data) -> boolean
//   aesCbc(key, encrypts, iv, data), aesCtr(key, counter, counterBits, data),
//   aead(key, kind, encrypts, iv, additionalData, tagBytes, data), keyWrap(key, wraps, data),
//   oaep(key, encrypts, hash, label, data) -> ArrayBuffer
//   agree(private key, public key) -> ArrayBuffer
//   hkdf(key, hash, salt, info, bytes) -> ArrayBuffer
//   pbkdf2(key, hash, salt, iterations, bytes, done) -> ArrayBuffer, at once or later as
//   generateRsa byteLength(data) -> number;  timingSafeEqual(a, b) -> boolean
std::span<const NativeFunction> CryptoOperationFunctions();

// native.cryptoStreams: piece by piece, for DigestStream and node:crypto. `name` is
// one of WebCrypto's or of node's; open...() gives undefined for an unknown one.
//   hashes(), ciphers() -> names;  cipherInfo(name) -> [name, key bytes, iv bytes, block bytes,
//   mode] openHash(name), openHmac(name, key) -> state;  copyHash(state) -> state updateHash(state,
//   data);  finishHash(state) -> ArrayBuffer; the state is of no more use openCipher(name,
//   encrypts, key, iv, tagBytes) -> state updateCipher(state, data), finishCipher(state) ->
//   ArrayBuffer addCipherData(state, data), setCipherTag(state, tag) -> undefined; cipherTag(state)
//   -> buffer setCipherPadding(state, padded) hkdf(hash, key, salt, info, bytes) -> ArrayBuffer
//   pbkdf2(hash, password, salt, iterations, bytes, done),
//   scrypt(password, salt, N, r, p, memoryBytesMax, bytes, done) -> ArrayBuffer, at once or, when
//       `done` is a function and it takes long, later as generateRsa
std::span<const NativeFunction> CryptoStreamFunctions();

// --- for the bindings

// The bytes of a buffer source; none for any other value. Valid until JavaScript runs.
class BufferSource {
 public:
  explicit BufferSource(v8::Local<v8::Value> value);
  BufferSource(const BufferSource&) = delete;
  BufferSource& operator=(const BufferSource&) = delete;
  bool ok() const { return ok_; }
  std::string_view view() const { return view_; }

 private:
  static constexpr size_t kSmallBytesMax = 64;  // what V8 keeps on its heap
  bool ok_ = false;
  std::string_view view_;
  char small_[kSmallBytesMax];
};

// The WorkLimit of what is computed inside a turn: its CPU budget.
class TurnLimit {
 public:
  explicit TurnLimit(v8::Isolate* isolate);
  bool operator()() const;

 private:
  IsolateState* state_;
};

// A new ArrayBuffer for the results of `fill`; its error's message, as a string, when it fails.
// Undefined with an exception pending when memory is short.
void ReturnFilled(const v8::FunctionCallbackInfo<v8::Value>& info, size_t bytes,
                  absl::FunctionRef<absl::Status(std::span<char>)> fill);
void ReturnBytes(const v8::FunctionCallbackInfo<v8::Value>& info, std::string_view bytes);
void ReturnError(const v8::FunctionCallbackInfo<v8::Value>& info, const absl::Status& status);

}  // namespace terrella::runtime
