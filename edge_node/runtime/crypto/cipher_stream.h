// CipherStream: a cipher piece by piece, for createCipheriv and createDecipheriv of node:crypto.
//
// AES in the modes ECB, CBC, CTR, GCM and OCB and ChaCha20-Poly1305. WebCrypto's ciphers take whole
// messages: block_cipher.h.
//
// Thread: one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge_node/runtime/crypto/openssl_ptr.h"
#include "edge_node/runtime/crypto/work_limit.h"

namespace terrella::runtime {

struct CipherStreamOptions {
  std::string_view cipher;  // "aes-256-gcm", in any case
  std::string_view key;
  std::string_view iv;
  bool encrypts = true;
  size_t tag_bytes = 16;  // of authenticated ciphers
};

class CipherStream {
 public:
  // InvalidArgument: unknown cipher, or a key, iv or tag of a length it does not take.
  static absl::StatusOr<std::unique_ptr<CipherStream>> Make(const CipherStreamOptions& options);

  bool is_authenticated() const { return is_authenticated_; }
  size_t block_bytes() const;
  // Before any text. FailedPrecondition for a cipher that authenticates nothing.
  absl::Status AddData(std::string_view additional_data);
  // Whether the last block is filled up (PKCS #7); true at first.
  void SetPadding(bool padded);
  // The most that Update(bytes) writes.
  size_t RoomFor(std::string_view bytes) const { return bytes.size() + block_bytes(); }
  // Gives how many bytes of `out` were written.
  absl::StatusOr<size_t> Update(std::string_view bytes, WorkLimit limit, std::span<char> out);
  // When decrypting with authentication, before Finish.
  absl::Status SetTag(std::string_view tag);
  // What is left, at most a block. FailedPrecondition: not a whole number of blocks, bad padding,
  // no tag or a wrong one.
  absl::StatusOr<std::string> Finish();
  // After Finish, when encrypting.
  absl::StatusOr<std::string> Tag() const;

 private:
  CipherStream() = default;

  EvpCipherPtr cipher_;
  EvpCipherCtxPtr context_;
  bool is_authenticated_ = false;
  bool encrypts_ = true;
  bool has_tag_ = false;
  bool finished_ = false;
  size_t tag_bytes_ = 0;
};

// The names Make knows, and the key and iv lengths they take.
struct CipherInfo {
  std::string_view name;
  size_t key_bytes;
  size_t iv_bytes;  // the usual one; 0: none
  size_t block_bytes;
  std::string_view mode;
};
std::span<const CipherInfo> StreamCiphers();

}  // namespace terrella::runtime
