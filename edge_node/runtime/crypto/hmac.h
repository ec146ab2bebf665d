// HMAC: keyed-hash message authentication (RFC 2104, FIPS 198-1).
//
// Written over HashState because OpenSSL's EVP_MAC costs more to set up than the whole of a small
// message costs to authenticate.
//
// Thread: an HmacState belongs to one.
#pragma once

#include <string_view>

#include "edge_node/runtime/crypto/hash.h"

namespace terrella::runtime {

class HmacState {
 public:
  HmacState(HashId hash, std::string_view key);

  HashId hash() const { return inner_.id(); }
  void Update(std::string_view bytes) { inner_.Update(bytes); }
  absl::Status Update(std::string_view bytes, WorkLimit limit) {
    return inner_.Update(bytes, limit);
  }
  // Writes InfoOf(hash()).digest_bytes; the state is of no more use.
  void Finish(char* out);

 private:
  HashState inner_;
  HashState outer_;
};

// Writes InfoOf(hash).digest_bytes.
absl::Status Hmac(HashId hash, std::string_view key, std::string_view bytes, WorkLimit limit,
                  char* out);

}  // namespace terrella::runtime
