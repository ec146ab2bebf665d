#include "edge_node/runtime/actor_id.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/digest.h"
#include "base/random.h"

namespace terrella::runtime {
namespace {

constexpr size_t kHalfBytes = 16;

// HMAC-SHA256 (RFC 2104), cut to half an id.
std::string Half(std::string_view key, std::string_view what, std::string_view text) {
  std::string message(what);
  message += '\0';
  message += text;
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), out,
             &size) != nullptr);
  return {reinterpret_cast<const char*>(out), kHalfBytes};
}

std::string KeyOf(std::string_view namespace_id) {
  return ("terrella actor namespace" + std::string(1, '\0')).append(namespace_id);
}

std::string WithTag(const std::string& key, const std::string& half) {
  return ToHex(half) + ToHex(Half(key, "id", half));
}

}  // namespace

std::string ActorIdFromName(std::string_view namespace_id, std::string_view name) {
  const std::string key = KeyOf(namespace_id);
  return WithTag(key, Half(key, "name", name));
}

std::string NewActorId(std::string_view namespace_id) {
  return WithTag(KeyOf(namespace_id), RandomBytes(kHalfBytes));
}

bool IsActorIdOf(std::string_view namespace_id, std::string_view digits) {
  if (digits.size() != 4 * kHalfBytes) return false;
  const auto half = FromHex(digits.substr(0, 2 * kHalfBytes));
  return half.ok() && WithTag(KeyOf(namespace_id), *half) == digits;
}

}  // namespace terrella::runtime
