#include "base/secret_box.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

#include "base/free_with.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella {
namespace {

using CipherCtx = std::unique_ptr<EVP_CIPHER_CTX, FreeWith<EVP_CIPHER_CTX_free>>;

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// One pass in either direction; false when OpenSSL refuses.
bool Crypt(EVP_CIPHER_CTX* ctx, bool encrypt, std::string_view key, std::string_view nonce,
           std::string_view purpose, std::string_view in, std::string& out) {
  int done = 0;
  out.resize(in.size());
  return EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce),
                           encrypt ? 1 : 0) == 1 &&
         EVP_CipherUpdate(ctx, nullptr, &done, Bytes(purpose), static_cast<int>(purpose.size())) ==
             1 &&
         EVP_CipherUpdate(ctx, Bytes(out), &done, Bytes(in), static_cast<int>(in.size())) == 1;
}

}  // namespace

SecretBox::~SecretBox() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

absl::StatusOr<std::string> SecretBox::Seal(std::string_view value,
                                            std::string_view purpose) const {
  const std::string nonce = RandomBytes(kNonceBytes);
  std::string tag(kTagBytes, '\0'), text;
  const CipherCtx ctx(EVP_CIPHER_CTX_new());
  int done = 0;
  if (ctx == nullptr || !Crypt(ctx.get(), true, key_, nonce, purpose, value, text) ||
      EVP_CipherFinal_ex(ctx.get(), nullptr, &done) != 1 ||
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) != 1) {
    ERR_clear_error();
    return Internal("a secret cannot be sealed");
  }
  return nonce + text + tag;
}

absl::StatusOr<std::string> SecretBox::Unseal(std::string_view sealed,
                                              std::string_view purpose) const {
  const absl::Status refused = DataLoss("a secret was not sealed with this key");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  std::string tag(sealed.substr(sealed.size() - kTagBytes)), text;
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  const CipherCtx ctx(EVP_CIPHER_CTX_new());
  int done = 0;
  if (ctx == nullptr || !Crypt(ctx.get(), false, key_, nonce, purpose, body, text) ||
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1 ||
      EVP_CipherFinal_ex(ctx.get(), nullptr, &done) != 1) {
    ERR_clear_error();
    return refused;
  }
  return text;
}

}  // namespace terrella
