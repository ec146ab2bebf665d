// The plain state structures are deprecated in OpenSSL 3 in favour of EVP, not gone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "edge_node/runtime/crypto/hash.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "base/check.h"
#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {
namespace {

constexpr HashInfo kHashes[kHashCount] = {
    {HashId::kSha1, "SHA-1", 20, 64, "SHA1"},
    {HashId::kSha256, "SHA-256", 32, 64, "SHA256"},
    {HashId::kSha384, "SHA-384", 48, 128, "SHA384"},
    {HashId::kSha512, "SHA-512", 64, 128, "SHA512"},
    {HashId::kMd5, "MD5", 16, 64, "MD5"},
    {HashId::kSha3_256, "SHA3-256", 32, 136, "SHA3-256"},
    {HashId::kSha3_384, "SHA3-384", 48, 104, "SHA3-384"},
    {HashId::kSha3_512, "SHA3-512", 64, 72, "SHA3-512"},
    {HashId::kSha224, "SHA-224", 28, 64, "SHA224"},
    {HashId::kSha512_256, "SHA-512/256", 32, 128, "SHA512-256"},
    {HashId::kSha3_224, "SHA3-224", 28, 144, "SHA3-224"},
    {HashId::kRipemd160, "RIPEMD-160", 20, 64, "RIPEMD160"},
};

template <class State>
State& As(std::array<char, 216>& plain) {
  static_assert(sizeof(State) <= sizeof(plain) && alignof(State) <= 8);
  return *reinterpret_cast<State*>(plain.data());
}

// "RSA-SHA256", "sha-256" and "SHA256" are one name.
std::string Plain(std::string_view name) {
  std::string plain;
  for (char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '/') {
      plain += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return plain.starts_with("RSA") ? plain.substr(3) : plain;
}

}  // namespace

const HashInfo& InfoOf(HashId id) {
  return kHashes[static_cast<size_t>(id)];
}

std::optional<HashId> FindHash(std::string_view name) {
  const std::string plain = Plain(name);
  for (const HashInfo& hash : kHashes) {
    if (plain == Plain(hash.name)) return hash.id;
  }
  if (plain == "RMD160") return HashId::kRipemd160;
  if (plain == "SHA512256") return HashId::kSha512_256;
  return std::nullopt;
}

const EVP_MD* EvpOf(HashId id) {
  static const std::array<const EVP_MD*, kHashCount> fetched = [] {
    std::array<const EVP_MD*, kHashCount> all;
    for (size_t i = 0; i < kHashCount; ++i) {
      all[i] = EVP_MD_fetch(nullptr, kHashes[i].openssl_name, nullptr);
      CHECK(all[i] != nullptr);
    }
    return all;
  }();
  return fetched[static_cast<size_t>(id)];
}

HashState::HashState(HashId id) : id_(id) {
  switch (id) {
    case HashId::kSha1:
      SHA1_Init(&As<SHA_CTX>(plain_));
      return;
    case HashId::kSha224:
      SHA224_Init(&As<SHA256_CTX>(plain_));
      return;
    case HashId::kSha256:
      SHA256_Init(&As<SHA256_CTX>(plain_));
      return;
    case HashId::kSha384:
      SHA384_Init(&As<SHA512_CTX>(plain_));
      return;
    case HashId::kSha512:
      SHA512_Init(&As<SHA512_CTX>(plain_));
      return;
    case HashId::kMd5:
      MD5_Init(&As<MD5_CTX>(plain_));
      return;
    default:
      evp_.reset(EVP_MD_CTX_new());
      CHECK(EVP_DigestInit_ex2(evp_.get(), EvpOf(id), nullptr) == 1);
  }
}

// The state of an HMAC is as good as its key.
HashState::~HashState() {
  if (evp_ == nullptr) Wipe(plain_);
}

HashState::HashState(const HashState& other) : id_(other.id_) {
  *this = other;
}

HashState& HashState::operator=(const HashState& other) {
  if (this == &other) return *this;
  id_ = other.id_;
  evp_.reset();
  if (other.evp_ == nullptr) {
    plain_ = other.plain_;
    return *this;
  }
  evp_.reset(EVP_MD_CTX_new());
  CHECK(EVP_MD_CTX_copy_ex(evp_.get(), other.evp_.get()) == 1);
  return *this;
}

void HashState::Update(std::string_view bytes) {
  switch (id_) {
    case HashId::kSha1:
      SHA1_Update(&As<SHA_CTX>(plain_), bytes.data(), bytes.size());
      return;
    case HashId::kSha224:
    case HashId::kSha256:
      SHA256_Update(&As<SHA256_CTX>(plain_), bytes.data(), bytes.size());
      return;
    case HashId::kSha384:
    case HashId::kSha512:
      SHA512_Update(&As<SHA512_CTX>(plain_), bytes.data(), bytes.size());
      return;
    case HashId::kMd5:
      MD5_Update(&As<MD5_CTX>(plain_), bytes.data(), bytes.size());
      return;
    default:
      CHECK(EVP_DigestUpdate(evp_.get(), bytes.data(), bytes.size()) == 1);
  }
}

absl::Status HashState::Update(std::string_view bytes, WorkLimit limit) {
  while (bytes.size() > kBytesBetweenLooks) {
    Update(bytes.substr(0, kBytesBetweenLooks));
    bytes.remove_prefix(kBytesBetweenLooks);
    if (limit()) return WorkLimitExceeded();
  }
  Update(bytes);
  return absl::OkStatus();
}

void HashState::Finish(char* out) {
  unsigned char* digest = AsUnsigned(out);
  switch (id_) {
    case HashId::kSha1:
      SHA1_Final(digest, &As<SHA_CTX>(plain_));
      return;
    case HashId::kSha224:
    case HashId::kSha256:
      SHA256_Final(digest, &As<SHA256_CTX>(plain_));
      return;
    case HashId::kSha384:
    case HashId::kSha512:
      SHA512_Final(digest, &As<SHA512_CTX>(plain_));
      return;
    case HashId::kMd5:
      MD5_Final(digest, &As<MD5_CTX>(plain_));
      return;
    default:
      CHECK(EVP_DigestFinal_ex(evp_.get(), digest, nullptr) == 1);
  }
}

absl::Status Digest(HashId id, std::string_view bytes, WorkLimit limit, char* out) {
  HashState state(id);
  RETURN_IF_ERROR(state.Update(bytes, limit));
  state.Finish(out);
  return absl::OkStatus();
}

}  // namespace terrella::runtime
