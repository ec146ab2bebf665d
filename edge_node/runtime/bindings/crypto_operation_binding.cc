#include "base/status.h"
#include "edge_node/runtime/bindings/crypto_binding.h"
#include "edge_node/runtime/bindings/crypto_key.h"
#include "edge_node/runtime/bindings/derivation_job.h"
#include "edge_node/runtime/crypto/block_cipher.h"
#include "edge_node/runtime/crypto/hmac.h"
#include "edge_node/runtime/crypto/key_agreement.h"
#include "edge_node/runtime/crypto/key_derivation.h"
#include "edge_node/runtime/crypto/rsa_oaep.h"
#include "edge_node/runtime/crypto/signature.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

uint32_t Number(v8::Local<v8::Value> value) {
  return value.As<v8::Uint32>()->Value();
}
HashId Hash(v8::Local<v8::Value> value) {
  return static_cast<HashId>(Number(value));
}

void ReturnBoolean(const Info& info, const absl::StatusOr<bool>& result) {
  if (!result.ok()) return ReturnError(info, result.status());
  info.GetReturnValue().Set(*result);
}

void HmacOf(const Info& info) {
  const BufferSource data(info[2]);
  const HashId hash = Hash(info[1]);
  ReturnFilled(info, InfoOf(hash).digest_bytes, [&](std::span<char> out) {
    const TurnLimit limit(info.GetIsolate());
    return Hmac(hash, HeldSecret(info[0]), data.view(), limit, out.data());
  });
}

void VerifyHmac(const Info& info) {
  const BufferSource signature(info[2]), data(info[3]);
  const HashId hash = Hash(info[1]);
  std::array<char, kDigestBytesMax> mac;
  const TurnLimit limit(info.GetIsolate());
  const absl::Status status = Hmac(hash, HeldSecret(info[0]), data.view(), limit, mac.data());
  if (!status.ok()) return ReturnError(info, status);
  info.GetReturnValue().Set(
      EqualInConstantTime({mac.data(), InfoOf(hash).digest_bytes}, signature.view()));
}

SignatureOptions OptionsOf(const Info& info) {
  return {.scheme = static_cast<SignatureScheme>(Number(info[1])),
          .hash = Hash(info[2]),
          .salt_bytes = Number(info[3])};
}

void SignData(const Info& info) {
  const BufferSource data(info[4]);
  const TurnLimit limit(info.GetIsolate());
  auto signature = Sign(HeldKey(info[0]), OptionsOf(info), data.view(), limit);
  if (!signature.ok()) return ReturnError(info, signature.status());
  ReturnBytes(info, *signature);
}

void VerifyData(const Info& info) {
  const BufferSource signature(info[4]), data(info[5]);
  const TurnLimit limit(info.GetIsolate());
  ReturnBoolean(info,
                Verify(HeldKey(info[0]), OptionsOf(info), signature.view(), data.view(), limit));
}

void AesCbc(const Info& info) {
  const BufferSource iv(info[2]), data(info[3]);
  const CbcInput input{.key = HeldSecret(info[0]), .iv = iv.view(), .data = data.view()};
  const TurnLimit limit(info.GetIsolate());
  if (info[1]->IsTrue()) {
    return ReturnFilled(info, CbcEncryptedSize(data.view().size()),
                        [&](std::span<char> out) { return CbcEncrypt(input, limit, out); });
  }
  auto size = CbcDecryptedSize(input);
  if (!size.ok()) return ReturnError(info, size.status());
  ReturnFilled(info, *size, [&](std::span<char> out) { return CbcDecrypt(input, limit, out); });
}

void AesCtr(const Info& info) {
  const BufferSource counter(info[1]), data(info[3]);
  const CtrInput input{.key = HeldSecret(info[0]),
                       .counter = counter.view(),
                       .counter_bits = static_cast<int>(Number(info[2])),
                       .data = data.view()};
  ReturnFilled(info, data.view().size(), [&](std::span<char> out) {
    const TurnLimit limit(info.GetIsolate());
    return CtrCrypt(input, limit, out);
  });
}

void Aead(const Info& info) {
  const BufferSource iv(info[3]), additional_data(info[4]), data(info[6]);
  const bool encrypts = info[2]->IsTrue();
  const AeadInput input{.kind = static_cast<AeadKind>(Number(info[1])),
                        .key = HeldSecret(info[0]),
                        .iv = iv.view(),
                        .additional_data = additional_data.view(),
                        .tag_bytes = Number(info[5]),
                        .data = data.view()};
  if (!encrypts && input.data.size() < input.tag_bytes) {
    return ReturnError(info, FailedPrecondition("the data is shorter than its tag"));
  }
  const size_t size =
      encrypts ? input.data.size() + input.tag_bytes : input.data.size() - input.tag_bytes;
  ReturnFilled(info, size, [&](std::span<char> out) {
    const TurnLimit limit(info.GetIsolate());
    return encrypts ? AeadSeal(input, limit, out) : AeadOpen(input, limit, out);
  });
}

void WrapKey(const Info& info) {
  const BufferSource data(info[2]);
  const bool wraps = info[1]->IsTrue();
  const size_t size = data.view().size();
  if (!wraps && size < kKeyWrapBytes) {
    return ReturnError(info, FailedPrecondition("the data is shorter than any wrapped key"));
  }
  ReturnFilled(info, wraps ? size + kKeyWrapBytes : size - kKeyWrapBytes, [&](std::span<char> out) {
    const std::string_view key = HeldSecret(info[0]);
    return wraps ? KeyWrap(key, data.view(), out) : KeyUnwrap(key, data.view(), out);
  });
}

void Oaep(const Info& info) {
  const BufferSource label(info[3]), data(info[4]);
  const OaepOptions options{.hash = Hash(info[2]), .label = label.view()};
  if (info[1]->IsTrue()) {
    auto text = OaepEncrypt(HeldKey(info[0]), options, data.view());
    return text.ok() ? ReturnBytes(info, *text) : ReturnError(info, text.status());
  }
  auto text = OaepDecrypt(HeldKey(info[0]), options, data.view());
  return text.ok() ? ReturnBytes(info, text->view()) : ReturnError(info, text.status());
}

void AgreeOn(const Info& info) {
  auto secret = Agree(HeldKey(info[0]), HeldKey(info[1]));
  return secret.ok() ? ReturnBytes(info, secret->view()) : ReturnError(info, secret.status());
}

void DeriveByHkdf(const Info& info) {
  const BufferSource salt(info[2]), key_info(info[3]);
  const HkdfInput input{.hash = Hash(info[1]),
                        .key = HeldSecret(info[0]),
                        .salt = salt.view(),
                        .info = key_info.view()};
  ReturnHkdf(info, input, Number(info[4]));
}

void DeriveByPbkdf2(const Info& info) {
  const BufferSource salt(info[2]);
  const Pbkdf2Input input{.hash = Hash(info[1]),
                          .password = HeldSecret(info[0]),
                          .salt = salt.view(),
                          .iterations = Number(info[3])};
  ReturnPbkdf2(info, input, Number(info[4]), info[5]);
}

void ByteLength(const Info& info) {
  info.GetReturnValue().Set(static_cast<double>(BufferSource(info[0]).view().size()));
}

void TimingSafeEqual(const Info& info) {
  const BufferSource a(info[0]), b(info[1]);
  info.GetReturnValue().Set(EqualInConstantTime(a.view(), b.view()));
}

constexpr NativeFunction kFunctions[] = {
    {"hmac", HmacOf},
    {"verifyHmac", VerifyHmac},
    {"sign", SignData},
    {"verify", VerifyData},
    {"aesCbc", AesCbc},
    {"aesCtr", AesCtr},
    {"aead", Aead},
    {"keyWrap", WrapKey},
    {"oaep", Oaep},
    {"agree", AgreeOn},
    {"hkdf", DeriveByHkdf},
    {"pbkdf2", DeriveByPbkdf2},
    {"byteLength", ByteLength},
    {"timingSafeEqual", TimingSafeEqual},
};

}  // namespace

std::span<const NativeFunction> CryptoOperationFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
