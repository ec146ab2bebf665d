#include "edge_node/runtime/crypto/cipher_stream.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "base/status.h"

namespace terrella::runtime {
namespace {

constexpr CipherInfo kCiphers[] = {
    {"aes-128-ecb", 16, 0, 16, "ecb"},  {"aes-192-ecb", 24, 0, 16, "ecb"},
    {"aes-256-ecb", 32, 0, 16, "ecb"},  {"aes-128-cbc", 16, 16, 16, "cbc"},
    {"aes-192-cbc", 24, 16, 16, "cbc"}, {"aes-256-cbc", 32, 16, 16, "cbc"},
    {"aes-128-ctr", 16, 16, 1, "ctr"},  {"aes-192-ctr", 24, 16, 1, "ctr"},
    {"aes-256-ctr", 32, 16, 1, "ctr"},  {"aes-128-gcm", 16, 12, 1, "gcm"},
    {"aes-192-gcm", 24, 12, 1, "gcm"},  {"aes-256-gcm", 32, 12, 1, "gcm"},
    {"aes-128-ocb", 16, 12, 16, "ocb"}, {"aes-192-ocb", 24, 12, 16, "ocb"},
    {"aes-256-ocb", 32, 12, 16, "ocb"}, {"chacha20-poly1305", 32, 12, 1, "stream"},
};

const CipherInfo* Find(std::string_view name) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  for (const CipherInfo& cipher : kCiphers) {
    if (std::equal(name.begin(), name.end(), cipher.name.begin(), cipher.name.end(), same)) {
      return &cipher;
    }
  }
  return nullptr;
}

bool IsAuthenticated(const CipherInfo& cipher) {
  return cipher.mode == "gcm" || cipher.mode == "ocb" || cipher.mode == "stream";
}

absl::Status CheckLengths(const CipherInfo& cipher, const CipherStreamOptions& options) {
  if (options.key.size() != cipher.key_bytes) {
    return InvalidArgument("{}: a key of {} bytes, expected {}", cipher.name, options.key.size(),
                           cipher.key_bytes);
  }
  const bool any_iv = cipher.mode == "gcm" || cipher.mode == "ocb";
  const size_t iv_bytes_max = cipher.mode == "ocb" ? 15 : 128;
  if (any_iv ? options.iv.empty() || options.iv.size() > iv_bytes_max
             : options.iv.size() != cipher.iv_bytes) {
    return InvalidArgument("{}: an iv of {} bytes, expected {}", cipher.name, options.iv.size(),
                           cipher.iv_bytes);
  }
  const bool tag_fits = cipher.mode == "stream" ? options.tag_bytes == 16
                                                : options.tag_bytes >= 4 && options.tag_bytes <= 16;
  if (IsAuthenticated(cipher) && !tag_fits) {
    return InvalidArgument("{}: a tag of {} bytes", cipher.name, options.tag_bytes);
  }
  return absl::OkStatus();
}

}  // namespace

std::span<const CipherInfo> StreamCiphers() {
  return kCiphers;
}

absl::StatusOr<std::unique_ptr<CipherStream>> CipherStream::Make(
    const CipherStreamOptions& options) {
  const CipherInfo* info = Find(options.cipher);
  if (info == nullptr) return InvalidArgument("unknown cipher \"{}\"", options.cipher);
  RETURN_IF_ERROR(CheckLengths(*info, options));
  std::unique_ptr<CipherStream> stream(new CipherStream);
  stream->cipher_.reset(EVP_CIPHER_fetch(nullptr, std::string(info->name).c_str(), nullptr));
  stream->context_.reset(EVP_CIPHER_CTX_new());
  stream->is_authenticated_ = IsAuthenticated(*info);
  stream->encrypts_ = options.encrypts;
  stream->tag_bytes_ = options.tag_bytes;
  EVP_CIPHER_CTX* context = stream->context_.get();
  const int encrypts = options.encrypts ? 1 : 0;
  bool ok =
      EVP_CipherInit_ex2(context, stream->cipher_.get(), nullptr, nullptr, encrypts, nullptr) == 1;
  if (stream->is_authenticated_) {
    ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN,
                                   static_cast<int>(options.iv.size()), nullptr) == 1;
    if (info->mode == "ocb") {
      ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG,
                                     static_cast<int>(options.tag_bytes), nullptr) == 1;
    }
  }
  ok = ok && EVP_CipherInit_ex2(context, nullptr, AsUnsigned(options.key), AsUnsigned(options.iv),
                                encrypts, nullptr) == 1;
  if (!ok) return OpenSslFailure(info->name);
  return stream;
}

size_t CipherStream::block_bytes() const {
  return static_cast<size_t>(EVP_CIPHER_get_block_size(cipher_.get()));
}

absl::Status CipherStream::AddData(std::string_view additional_data) {
  if (!is_authenticated_ || finished_) {
    return FailedPrecondition("this cipher takes no additional data");
  }
  if (additional_data.size() > size_t{1} << 30) return InvalidArgument("too much additional data");
  int size = 0;
  if (EVP_CipherUpdate(context_.get(), nullptr, &size, AsUnsigned(additional_data),
                       static_cast<int>(additional_data.size())) != 1) {
    return OpenSslFailure("the cipher");
  }
  return absl::OkStatus();
}

void CipherStream::SetPadding(bool padded) {
  EVP_CIPHER_CTX_set_padding(context_.get(), padded ? 1 : 0);
}

absl::StatusOr<size_t> CipherStream::Update(std::string_view bytes, WorkLimit limit,
                                            std::span<char> out) {
  if (finished_) return FailedPrecondition("the cipher is finished");
  size_t written = 0;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBytesBetweenLooks);
    bytes.remove_prefix(piece.size());
    int size = 0;
    if (EVP_CipherUpdate(context_.get(), AsUnsigned(out.data() + written), &size, AsUnsigned(piece),
                         static_cast<int>(piece.size())) != 1) {
      return OpenSslFailure("the cipher");
    }
    written += static_cast<size_t>(size);
    if (!bytes.empty() && limit()) return WorkLimitExceeded();
  }
  CHECK(written <= out.size());
  return written;
}

absl::Status CipherStream::SetTag(std::string_view tag) {
  if (!is_authenticated_ || encrypts_ || finished_ || has_tag_) {
    return FailedPrecondition("a tag can be set once, when decrypting with authentication");
  }
  if (tag.size() != tag_bytes_) {
    return InvalidArgument("a tag of {} bytes, expected {}", tag.size(), tag_bytes_);
  }
  if (EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                          const_cast<char*>(tag.data())) != 1) {
    return OpenSslFailure("setting the tag");
  }
  has_tag_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::string> CipherStream::Finish() {
  if (finished_) return FailedPrecondition("the cipher is finished");
  if (is_authenticated_ && !encrypts_ && !has_tag_) {
    return FailedPrecondition("unable to authenticate: no tag was set");
  }
  finished_ = true;
  std::string rest(EVP_MAX_BLOCK_LENGTH, '\0');
  int size = 0;
  if (EVP_CipherFinal_ex(context_.get(), AsUnsigned(rest.data()), &size) != 1) {
    if (!is_authenticated_) return OpenSslFailure("the cipher");
    ForgetOpenSslErrors();
    return FailedPrecondition("unable to authenticate: the data or the key is not the right one");
  }
  rest.resize(static_cast<size_t>(size));
  return rest;
}

absl::StatusOr<std::string> CipherStream::Tag() const {
  if (!is_authenticated_ || !encrypts_ || !finished_) {
    return FailedPrecondition("there is a tag once encrypting with authentication is finished");
  }
  std::string tag(tag_bytes_, '\0');
  if (EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                          tag.data()) != 1) {
    return OpenSslFailure("reading the tag");
  }
  return tag;
}

}  // namespace terrella::runtime
