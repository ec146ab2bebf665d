#include "control_plane/secrets/aead_box.h"

#include <sodium.h>

#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kIdBytes = 8;
constexpr std::string_view kIdPurpose = "terrella: the name of a key";
static_assert(AeadBox::kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

// Once a process, before anything else of the library.
void NeedSodium() {
  static const int begun = sodium_init();
  CHECK(begun >= 0);
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

AeadBox::AeadBox(std::string key) : key_(std::move(key)) {
  NeedSodium();
  CHECK(key_.size() == kKeyBytes);
}

AeadBox::~AeadBox() {
  sodium_memzero(key_.data(), key_.size());
}

std::string AeadBox::Seal(std::string_view value, std::string_view purpose) const {
  const std::string nonce = RandomBytes(kNonceBytes);
  std::string sealed(value.size() + kTagBytes, '\0');
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(sealed), nullptr, Bytes(value),
                                                   value.size(), Bytes(purpose), purpose.size(),
                                                   nullptr, Bytes(nonce), Bytes(key_)) == 0);
  return nonce + sealed;
}

absl::StatusOr<std::string> AeadBox::Unseal(std::string_view sealed,
                                            std::string_view purpose) const {
  const absl::Status refused = DataLoss("it was not sealed with this key");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  const std::string_view body = sealed.substr(kNonceBytes);
  std::string value(body.size() - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Bytes(value), nullptr, nullptr, Bytes(body),
                                                 body.size(), Bytes(purpose), purpose.size(),
                                                 Bytes(sealed), Bytes(key_)) != 0) {
    return refused;
  }
  return value;
}

std::string AeadBox::KeyId() const {
  std::string id(crypto_generichash_BYTES, '\0');
  CHECK(crypto_generichash(Bytes(id), id.size(), Bytes(kIdPurpose), kIdPurpose.size(), Bytes(key_),
                           key_.size()) == 0);
  std::string digits;
  for (const char byte : id.substr(0, kIdBytes)) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return digits;
}

}  // namespace terrella::control
