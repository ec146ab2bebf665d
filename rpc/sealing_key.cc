#include "rpc/sealing_key.h"

#include <sodium.h>

#include <utility>

#include "base/check.h"
#include "base/key_file.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella::rpc {
namespace {

static_assert(SealingKey::kBytes == crypto_box_PUBLICKEYBYTES);
static_assert(SealingKey::kBytes == crypto_box_SECRETKEYBYTES);

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

absl::StatusOr<std::shared_ptr<const SealingKey>> SealingKey::Open(
    const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(std::string secret, OpenKeyFile(file, kBytes));
  return std::make_shared<const SealingKey>(std::move(secret));
}

std::shared_ptr<const SealingKey> SealingKey::Make() {
  return std::make_shared<const SealingKey>(RandomBytes(kBytes));
}

SealingKey::SealingKey(std::string secret) : secret_(std::move(secret)), public_(kBytes, '\0') {
  NeedSodium();
  CHECK(secret_.size() == kBytes);
  CHECK(crypto_scalarmult_base(Bytes(public_), Bytes(secret_)) == 0);
}

SealingKey::~SealingKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

absl::StatusOr<std::string> SealingKey::Unseal(std::string_view sealed) const {
  const absl::Status refused = DataLoss("it was not sealed to this node's key");
  if (sealed.size() < crypto_box_SEALBYTES) return refused;
  std::string message(sealed.size() - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(Bytes(message), Bytes(sealed), sealed.size(), Bytes(public_),
                           Bytes(secret_)) != 0) {
    return refused;
  }
  return message;
}

absl::StatusOr<std::string> SealTo(std::string_view public_key, std::string_view message) {
  NeedSodium();
  std::string sealed(message.size() + crypto_box_SEALBYTES, '\0');
  // Points of small order are 32 bytes, too, and refused by the library.
  if (public_key.size() != SealingKey::kBytes ||
      crypto_box_seal(Bytes(sealed), Bytes(message), message.size(), Bytes(public_key)) != 0) {
    return InvalidArgument(
        "expected an X25519 key of {} bytes, and no point of small order, got {} bytes",
        SealingKey::kBytes, public_key.size());
  }
  return sealed;
}

absl::Status CheckSealingKey(std::string_view public_key) {
  if (public_key.empty()) {
    return InvalidArgument("the node names no key to seal secrets to: is it of an older build?");
  }
  return SealTo(public_key, "").status();
}

}  // namespace terrella::rpc
