#include "edge_node/runtime/crypto/block_cipher.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "edge_node/runtime/crypto/openssl_ptr.h"
#include "edge_node/runtime/crypto/secret_bytes.h"

namespace terrella::runtime {
namespace {

enum class Mode { kCbc, kCtr, kGcm, kOcb, kWrap, kChaCha };

// Fetched once a process; looking a cipher up by name costs more than a small message.
const EVP_CIPHER* Fetched(Mode mode, size_t key_bytes) {
  struct Table {
    EvpCipherPtr of[6][3];
  };
  static const Table* table = [] {
    static constexpr const char* kNames[] = {"CBC", "CTR", "GCM", "OCB", "WRAP"};
    auto* made = new Table;
    for (int mode = 0; mode < 5; ++mode) {
      for (int size = 0; size < 3; ++size) {
        const auto name = fmt::format("AES-{}-{}", 128 + 64 * size, kNames[mode]);
        made->of[mode][size].reset(EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr));
      }
    }
    made->of[5][2].reset(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr));
    return made;
  }();
  CHECK(key_bytes == 16 || key_bytes == 24 || key_bytes == 32);
  const EVP_CIPHER* cipher = table->of[static_cast<int>(mode)][(key_bytes - 16) / 8].get();
  CHECK(cipher != nullptr);
  return cipher;
}

// The thread's context, which forgets the key when it goes out of scope.
class Context {
 public:
  Context() {
    static thread_local EvpCipherCtxPtr mine(EVP_CIPHER_CTX_new());
    context_ = mine.get();
    EVP_CIPHER_CTX_set_flags(context_, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  }
  ~Context() { EVP_CIPHER_CTX_reset(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_CIPHER_CTX* get() { return context_; }

 private:
  EVP_CIPHER_CTX* context_;
};

// Runs `data` through the context into `out`, which has room.
absl::StatusOr<size_t> Run(Context& context, std::string_view data, WorkLimit limit,
                           std::span<char> out) {
  size_t written = 0;
  while (!data.empty()) {
    const std::string_view piece = data.substr(0, kBytesBetweenLooks);
    data.remove_prefix(piece.size());
    int size = 0;
    if (EVP_CipherUpdate(context.get(), AsUnsigned(out.data() + written), &size, AsUnsigned(piece),
                         static_cast<int>(piece.size())) != 1) {
      return OpenSslFailure("the cipher");
    }
    written += static_cast<size_t>(size);
    if (!data.empty() && limit()) return WorkLimitExceeded();
  }
  return written;
}

absl::Status Failed() {
  ForgetOpenSslErrors();
  return FailedPrecondition("decryption failed: the data or the key is not the right one");
}

bool Start(Context& context, const EVP_CIPHER* cipher, std::string_view key, std::string_view iv,
           bool encrypts) {
  return EVP_CipherInit_ex2(context.get(), cipher, AsUnsigned(key), AsUnsigned(iv), encrypts,
                            nullptr) == 1;
}

// How many of the 16 bytes after a block's decryption are padding; 0 when they are none.
size_t PaddingOf(std::string_view block) {
  const auto count = static_cast<unsigned char>(block.back());
  if (count == 0 || count > kAesBlockBytes) return 0;
  unsigned difference = 0;
  for (size_t i = kAesBlockBytes - count; i < kAesBlockBytes; ++i) {
    difference |= static_cast<unsigned char>(block[i]) ^ count;
  }
  return difference == 0 ? count : 0;
}

// Decrypts whole blocks without looking at their padding.
absl::Status CbcDecryptBlocks(const CbcInput& input, WorkLimit limit, std::span<char> out) {
  Context context;
  if (!Start(context, Fetched(Mode::kCbc, input.key.size()), input.key, input.iv, false)) {
    return OpenSslFailure("AES-CBC");
  }
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return Run(context, input.data, limit, out).status();
}

absl::Status CtrRun(const CtrInput& input, std::string_view counter, std::string_view data,
                    WorkLimit limit, std::span<char> out) {
  Context context;
  if (!Start(context, Fetched(Mode::kCtr, input.key.size()), input.key, counter, true)) {
    return OpenSslFailure("AES-CTR");
  }
  return Run(context, data, limit, out).status();
}

const char* NameOf(AeadKind kind) {
  return kind == AeadKind::kAesGcm   ? "AES-GCM"
         : kind == AeadKind::kAesOcb ? "AES-OCB"
                                     : "ChaCha20-Poly1305";
}

absl::Status StartAead(Context& context, const AeadInput& input, bool encrypts) {
  const Mode mode = input.kind == AeadKind::kAesGcm   ? Mode::kGcm
                    : input.kind == AeadKind::kAesOcb ? Mode::kOcb
                                                      : Mode::kChaCha;
  EVP_CIPHER_CTX* raw = context.get();
  if (!Start(context, Fetched(mode, input.key.size()), {}, {}, encrypts) ||
      EVP_CIPHER_CTX_ctrl(raw, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(input.iv.size()),
                          nullptr) != 1) {
    ForgetOpenSslErrors();
    return FailedPrecondition("{}: an iv of {} bytes is not supported", NameOf(input.kind),
                              input.iv.size());
  }
  // OCB mixes the length of the tag into its first block.
  if (mode == Mode::kOcb && EVP_CIPHER_CTX_ctrl(raw, EVP_CTRL_AEAD_SET_TAG,
                                                static_cast<int>(input.tag_bytes), nullptr) != 1) {
    return OpenSslFailure("AES-OCB");
  }
  if (!Start(context, nullptr, input.key, input.iv, encrypts)) {
    return OpenSslFailure(NameOf(input.kind));
  }
  for (std::string_view rest = input.additional_data; !rest.empty();) {
    const std::string_view piece = rest.substr(0, size_t{1} << 30);
    rest.remove_prefix(piece.size());
    int size = 0;
    if (EVP_CipherUpdate(raw, nullptr, &size, AsUnsigned(piece), static_cast<int>(piece.size())) !=
        1) {
      return OpenSslFailure(NameOf(input.kind));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CbcEncrypt(const CbcInput& input, WorkLimit limit, std::span<char> out) {
  Context context;
  if (!Start(context, Fetched(Mode::kCbc, input.key.size()), input.key, input.iv, true)) {
    return OpenSslFailure("AES-CBC");
  }
  ASSIGN_OR_RETURN(const size_t written, Run(context, input.data, limit, out));
  int size = 0;
  if (EVP_CipherFinal_ex(context.get(), AsUnsigned(out.data() + written), &size) != 1) {
    return OpenSslFailure("AES-CBC");
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> CbcDecryptedSize(const CbcInput& input) {
  const size_t size = input.data.size();
  if (size == 0 || size % kAesBlockBytes != 0) return Failed();
  CbcInput last = input;
  last.data = input.data.substr(size - kAesBlockBytes);
  if (size > kAesBlockBytes) last.iv = input.data.substr(size - 2 * kAesBlockBytes, kAesBlockBytes);
  SecretBytes block(kAesBlockBytes);
  RETURN_IF_ERROR(CbcDecryptBlocks(last, Unlimited, block.span()));
  const size_t padding = PaddingOf(block.view());
  if (padding == 0) return Failed();
  return size - padding;
}

absl::Status CbcDecrypt(const CbcInput& input, WorkLimit limit, std::span<char> out) {
  const size_t whole = out.size() / kAesBlockBytes * kAesBlockBytes;
  CbcInput head = input;
  head.data = input.data.substr(0, whole);
  RETURN_IF_ERROR(CbcDecryptBlocks(head, limit, out));
  if (whole == out.size()) return absl::OkStatus();
  CbcInput tail = input;
  tail.data = input.data.substr(whole);
  if (whole > 0) tail.iv = input.data.substr(whole - kAesBlockBytes, kAesBlockBytes);
  SecretBytes block(kAesBlockBytes);
  RETURN_IF_ERROR(CbcDecryptBlocks(tail, Unlimited, block.span()));
  std::memcpy(out.data() + whole, block.data(), out.size() - whole);
  return absl::OkStatus();
}

absl::Status CtrCrypt(const CtrInput& input, WorkLimit limit, std::span<char> out) {
  using Block = unsigned __int128;
  Block counter = 0;
  for (char c : input.counter) counter = counter << 8 | static_cast<unsigned char>(c);
  const Block mask = ~Block{0} >> (128 - input.counter_bits);
  const uint64_t blocks = (input.data.size() + kAesBlockBytes - 1) / kAesBlockBytes;
  if (blocks > 0 && blocks - 1 > mask) {
    return FailedPrecondition("AES-CTR: a counter of {} bits is too short for {} blocks",
                              input.counter_bits, blocks);
  }
  // OpenSSL counts in all 128 bits. So what comes before and after the count wraps around are two
  // messages.
  const Block before_wrap = mask - (counter & mask);  // and one more
  size_t first_bytes = input.data.size();
  if (blocks > 0 && blocks - 1 > before_wrap) {
    first_bytes = (static_cast<size_t>(before_wrap) + 1) * kAesBlockBytes;
  }
  RETURN_IF_ERROR(CtrRun(input, input.counter, input.data.substr(0, first_bytes), limit, out));
  if (first_bytes == input.data.size()) return absl::OkStatus();
  std::array<char, kAesBlockBytes> wrapped;
  counter &= ~mask;
  for (size_t i = 0; i < wrapped.size(); ++i)
    wrapped[i] = static_cast<char>(counter >> (120 - 8 * i));
  return CtrRun(input, {wrapped.data(), wrapped.size()}, input.data.substr(first_bytes), limit,
                out.subspan(first_bytes));
}

absl::Status AeadSeal(const AeadInput& input, WorkLimit limit, std::span<char> out) {
  Context context;
  RETURN_IF_ERROR(StartAead(context, input, /*encrypts=*/true));
  ASSIGN_OR_RETURN(size_t written, Run(context, input.data, limit, out));
  int size = 0;
  if (EVP_CipherFinal_ex(context.get(), AsUnsigned(out.data() + written), &size) != 1) {
    return OpenSslFailure(NameOf(input.kind));
  }
  written += static_cast<size_t>(size);
  CHECK(written == input.data.size());
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(input.tag_bytes),
                          out.data() + written) != 1) {
    return OpenSslFailure(NameOf(input.kind));
  }
  return absl::OkStatus();
}

absl::Status AeadOpen(const AeadInput& input, WorkLimit limit, std::span<char> out) {
  Context context;
  RETURN_IF_ERROR(StartAead(context, input, /*encrypts=*/false));
  std::string_view tag = input.data.substr(out.size());
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                          const_cast<char*>(tag.data())) != 1) {
    return OpenSslFailure(NameOf(input.kind));
  }
  auto written = Run(context, input.data.substr(0, out.size()), limit, out);
  if (!written.ok()) {
    Wipe(out);
    return written.status();
  }
  int size = 0;
  if (EVP_CipherFinal_ex(context.get(), AsUnsigned(out.data() + *written), &size) != 1) {
    Wipe(out);
    return Failed();
  }
  return absl::OkStatus();
}

absl::Status KeyWrap(std::string_view key, std::string_view data, std::span<char> out) {
  if (data.size() < 2 * kKeyWrapBytes || data.size() % kKeyWrapBytes != 0) {
    return FailedPrecondition("AES-KW: {} bytes cannot be wrapped, only a multiple of 8 from 16 on",
                              data.size());
  }
  if (data.size() > kKeyWrapBytesMax) {
    return FailedPrecondition("AES-KW: a key of {} bytes; at most {} are wrapped", data.size(),
                              kKeyWrapBytesMax);
  }
  Context context;
  int size = 0;
  if (!Start(context, Fetched(Mode::kWrap, key.size()), key, {}, true) ||
      EVP_CipherUpdate(context.get(), AsUnsigned(out.data()), &size, AsUnsigned(data),
                       static_cast<int>(data.size())) != 1) {
    return OpenSslFailure("AES-KW");
  }
  CHECK(static_cast<size_t>(size) == out.size());
  return absl::OkStatus();
}

absl::Status KeyUnwrap(std::string_view key, std::string_view data, std::span<char> out) {
  if (data.size() < 3 * kKeyWrapBytes || data.size() % kKeyWrapBytes != 0 ||
      data.size() > kKeyWrapBytesMax + kKeyWrapBytes) {
    return Failed();
  }
  Context context;
  int size = 0;
  if (!Start(context, Fetched(Mode::kWrap, key.size()), key, {}, false) ||
      EVP_CipherUpdate(context.get(), AsUnsigned(out.data()), &size, AsUnsigned(data),
                       static_cast<int>(data.size())) != 1) {
    Wipe(out);
    return Failed();
  }
  return absl::OkStatus();
}

}  // namespace terrella::runtime
