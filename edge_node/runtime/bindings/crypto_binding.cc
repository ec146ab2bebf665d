#include <openssl/evp.h>

#include <string>

#include "base/digest.h"
#include "base/random.h"
#include "edge_node/runtime/bindings/core_bindings.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// randomBytes(view): fills it.
void RandomBytes(const Info& info) {
  std::string_view bytes = BytesOf(info[0]);
  if (!bytes.empty()) FillRandom(const_cast<char*>(bytes.data()), bytes.size());
}

// RFC 9562 section 5.4: version 4, variant 10.
void RandomUuid(const Info& info) {
  std::string bytes(16, '\0');
  FillRandom(bytes.data(), bytes.size());
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = ToHex(bytes);
  for (size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  info.GetReturnValue().Set(Symbol(info.GetIsolate(), text));
}

// digest(name, bytes) -> ArrayBuffer, undefined when the name is not known
void Digest(const Info& info) {
  std::string name = FromV8(info.GetIsolate(), info[0]);
  const EVP_MD* algorithm = name == "SHA-256"   ? EVP_sha256()
                            : name == "SHA-1"   ? EVP_sha1()
                            : name == "SHA-384" ? EVP_sha384()
                            : name == "SHA-512" ? EVP_sha512()
                            : name == "MD5"     ? EVP_md5()
                                                : nullptr;
  if (algorithm == nullptr) return;
  std::string_view data = BytesOf(info[1]);
  char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out), &size, algorithm,
                 nullptr) != 1) {
    return;
  }
  v8::Local<v8::Value> view;
  if (!NewUint8Array(info.GetIsolate(), {out, size}).ToLocal(&view)) return;
  info.GetReturnValue().Set(view.As<v8::Uint8Array>()->Buffer());
}

constexpr NativeFunction kFunctions[] = {
    {"randomBytes", RandomBytes}, {"randomUuid", RandomUuid}, {"digest", Digest}};

}  // namespace

std::span<const NativeFunction> CryptoFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
