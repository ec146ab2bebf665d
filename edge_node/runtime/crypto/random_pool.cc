#include "edge_node/runtime/crypto/random_pool.h"

#include <array>
#include <cstring>

#include "base/random.h"
#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {
namespace {

constexpr size_t kReserveBytes = 2048;
constexpr size_t kSmallBytesMax = 256;

struct Reserve {
  std::array<char, kReserveBytes> bytes;
  size_t used = kReserveBytes;
};

}  // namespace

void FillFromPool(std::span<char> out) {
  if (out.size() > kSmallBytesMax) return FillRandom(out.data(), out.size());
  if (out.empty()) return;
  static thread_local Reserve reserve;
  if (kReserveBytes - reserve.used < out.size()) {
    FillRandom(reserve.bytes.data(), kReserveBytes);
    reserve.used = 0;
  }
  const std::span<char> given(reserve.bytes.data() + reserve.used, out.size());
  std::memcpy(out.data(), given.data(), given.size());
  Wipe(given);
  reserve.used += given.size();
}

}  // namespace terrella::runtime
