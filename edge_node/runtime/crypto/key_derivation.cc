#include "edge_node/runtime/crypto/key_derivation.h"

#include <algorithm>
#include <cstring>

#include "edge_node/runtime/crypto/hmac.h"
#include "edge_node/runtime/crypto/openssl_ptr.h"

namespace terrella::runtime {
namespace {

constexpr uint32_t kIterationsBetweenLooks = 1024;

// One block of PBKDF2: U_1 xor U_2 xor ... (RFC 8018 section 5.2, function F).
absl::Status DeriveBlock(const Pbkdf2Input& input, const HmacState& keyed, uint32_t number,
                         WorkLimit limit, std::span<char> out) {
  const size_t size = InfoOf(input.hash).digest_bytes;
  SecretBytes u(size), sum(size);
  const char index[] = {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
                        static_cast<char>(number >> 8), static_cast<char>(number)};
  HmacState state = keyed;
  state.Update(input.salt);
  state.Update({index, sizeof(index)});
  state.Finish(u.data());
  std::memcpy(sum.data(), u.data(), size);
  for (uint32_t i = 1; i < input.iterations; ++i) {
    if (i % kIterationsBetweenLooks == 0 && limit()) return WorkLimitExceeded();
    state = keyed;
    state.Update(u.view());
    state.Finish(u.data());
    for (size_t k = 0; k < size; ++k) sum.data()[k] ^= u.data()[k];
  }
  std::memcpy(out.data(), sum.data(), std::min(out.size(), size));
  return absl::OkStatus();
}

}  // namespace

absl::Status Hkdf(const HkdfInput& input, WorkLimit limit, std::span<char> out) {
  const size_t size = InfoOf(input.hash).digest_bytes;
  if (out.size() > 255 * size) {
    return FailedPrecondition("HKDF with {} gives at most {} bytes, {} were asked for",
                              InfoOf(input.hash).name, 255 * size, out.size());
  }
  SecretBytes extracted(size);
  HmacState extract(input.hash, input.salt);
  RETURN_IF_ERROR(extract.Update(input.key, limit));
  extract.Finish(extracted.data());
  const HmacState keyed(input.hash, extracted.view());
  SecretBytes block(size);
  char number = 0;
  for (size_t at = 0; at < out.size(); at += size) {
    HmacState expand = keyed;
    if (at > 0) expand.Update(block.view());
    RETURN_IF_ERROR(expand.Update(input.info, limit));
    ++number;
    expand.Update({&number, 1});
    expand.Finish(block.data());
    std::memcpy(out.data() + at, block.data(), std::min(size, out.size() - at));
  }
  return absl::OkStatus();
}

uint64_t Pbkdf2Work(const Pbkdf2Input& input, size_t out_bytes) {
  const size_t size = InfoOf(input.hash).digest_bytes;
  return uint64_t{input.iterations} * ((out_bytes + size - 1) / size);
}

absl::Status Pbkdf2(const Pbkdf2Input& input, WorkLimit limit, std::span<char> out) {
  const size_t size = InfoOf(input.hash).digest_bytes;
  const HmacState keyed(input.hash, input.password);
  uint32_t number = 0;
  for (size_t at = 0; at < out.size(); at += size) {
    if (limit()) return WorkLimitExceeded();
    RETURN_IF_ERROR(DeriveBlock(input, keyed, ++number, limit,
                                out.subspan(at, std::min(size, out.size() - at))));
  }
  return absl::OkStatus();
}

uint64_t ScryptWork(const ScryptInput& input) {
  // Every block of N * r is written once and mixed once more, p times over.
  const auto work = static_cast<unsigned __int128>(input.cost) * input.block_size;
  constexpr uint64_t kMost = uint64_t{1} << 63;
  if (work > kMost) return kMost;
  return static_cast<uint64_t>(std::min<unsigned __int128>(work * input.parallel * 2, kMost));
}

absl::Status Scrypt(const ScryptInput& input, std::span<char> out) {
  if (input.cost < 2 || (input.cost & (input.cost - 1)) != 0 || input.block_size == 0 ||
      input.parallel == 0) {
    return InvalidArgument("scrypt: N must be a power of two above 1, r and p above 0");
  }
  if (ScryptWork(input) > kScryptWorkMax) {
    return InvalidArgument("scrypt: 2 * N * r * p must be at most {}, to end in good time",
                           kScryptWorkMax);
  }
  if (EVP_PBE_scrypt(input.password.data(), input.password.size(), AsUnsigned(input.salt),
                     input.salt.size(), input.cost, input.block_size, input.parallel,
                     input.memory_bytes_max, AsUnsigned(out.data()), out.size()) != 1) {
    ForgetOpenSslErrors();
    return InvalidArgument("scrypt: these N, r and p need more than {} bytes of memory",
                           input.memory_bytes_max);
  }
  return absl::OkStatus();
}

}  // namespace terrella::runtime
