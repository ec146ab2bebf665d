#include "edge_node/runtime/crypto/hmac.h"

#include <algorithm>

#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {

HmacState::HmacState(HashId hash, std::string_view key) : inner_(hash), outer_(hash) {
  std::array<char, kHashBlockBytesMax> block{};
  const std::span<char> pad(block.data(), InfoOf(hash).block_bytes);
  if (key.size() > pad.size()) {
    HashState of_key(hash);
    of_key.Update(key);
    of_key.Finish(pad.data());
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  for (char& c : pad) c ^= 0x36;
  inner_.Update({pad.data(), pad.size()});
  for (char& c : pad) c ^= 0x36 ^ 0x5c;
  outer_.Update({pad.data(), pad.size()});
  Wipe(pad);
}

void HmacState::Finish(char* out) {
  std::array<char, kDigestBytesMax> digest;
  inner_.Finish(digest.data());
  outer_.Update({digest.data(), InfoOf(hash()).digest_bytes});
  outer_.Finish(out);
}

absl::Status Hmac(HashId hash, std::string_view key, std::string_view bytes, WorkLimit limit,
                  char* out) {
  HmacState state(hash, key);
  RETURN_IF_ERROR(state.Update(bytes, limit));
  state.Finish(out);
  return absl::OkStatus();
}

}  // namespace terrella::runtime
