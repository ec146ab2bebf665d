#include <array>

#include "base/status.h"
#include "edge_node/runtime/bindings/crypto_binding.h"
#include "edge_node/runtime/bindings/crypto_key.h"
#include "edge_node/runtime/crypto/key_der.h"
#include "edge_node/runtime/crypto/key_jwk.h"
#include "edge_node/runtime/crypto/random_pool.h"
#include "edge_node/runtime/io_context.h"
#include "edge_node/runtime/io_jobs.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

constexpr uint32_t kRandomSecretBitsMax = 1 << 23;

uint32_t Number(v8::Local<v8::Value> value) {
  return value.As<v8::Uint32>()->Value();
}
KeyKind Kind(v8::Local<v8::Value> value) {
  return static_cast<KeyKind>(Number(value));
}

void IsBufferSource(const Info& info) {
  info.GetReturnValue().Set(BufferSource(info[0]).ok());
}

void Copy(const Info& info) {
  const BufferSource source(info[0]);
  if (!source.ok()) return;
  v8::Local<v8::Value> copy;
  if (NewUint8Array(info.GetIsolate(), source.view()).ToLocal(&copy)) {
    info.GetReturnValue().Set(copy);
  }
}

void Secret(const Info& info) {
  const BufferSource source(info[0]);
  info.GetReturnValue().Set(HoldKey(info.GetIsolate(), SecretBytes(source.view())));
}

// What fills up the last byte is zero.
void RandomSecret(const Info& info) {
  const uint32_t bits = Number(info[0]);
  if (bits > kRandomSecretBitsMax) {
    return ReturnError(info, InvalidArgument("a secret of {} bits; at most {} are given", bits,
                                             kRandomSecretBitsMax));
  }
  SecretBytes secret((bits + 7) / 8);
  FillFromPool(secret.span());
  if (bits % 8 != 0) {
    char& last = secret.data()[secret.size() - 1];
    last = static_cast<char>(last & 0xff << (8 - bits % 8));
  }
  info.GetReturnValue().Set(HoldKey(info.GetIsolate(), std::move(secret)));
}

void GetSecretBytes(const Info& info) {
  ReturnBytes(info, HeldSecret(info[0]));
}

void EncodeText(const Info& info) {
  const BufferSource source(info[0]);
  info.GetReturnValue().Set(Latin1ToV8(info.GetIsolate(), EncodeBase64Url(source.view())));
}

void DecodeText(const Info& info) {
  const auto bytes = DecodeBase64Url(FromV8(info.GetIsolate(), info[0]));
  if (bytes) ReturnBytes(info, bytes->view());
}

// A key out of its numbers, if it is of the kind that is wanted.
void ReturnKey(const Info& info, KeyKind wanted, absl::StatusOr<KeyParts> parts) {
  if (!parts.ok()) return ReturnError(info, parts.status());
  if (KindOf(*parts) != wanted) {
    return ReturnError(info, InvalidArgument("the key is none of this algorithm and curve"));
  }
  auto key = AsymmetricKey::Make(*std::move(parts));
  if (!key.ok()) return ReturnError(info, key.status());
  info.GetReturnValue().Set(HoldKey(info.GetIsolate(), *std::move(key)));
}

void ImportDer(const Info& info) {
  const BufferSource der(info[2]);
  ReturnKey(info, Kind(info[1]),
            info[0]->IsTrue() ? ParsePkcs8(der.view()) : ParseSpki(der.view()));
}

void ImportRaw(const Info& info) {
  const BufferSource bytes(info[1]);
  const KeyKind kind = Kind(info[0]);
  ReturnKey(info, kind,
            CurveParts{.curve = kind, .public_key = std::string(bytes.view()), .private_key = {}});
}

template <class Jwk>
bool ReadMembers(v8::Isolate* isolate, v8::Local<v8::Value> value, Jwk& jwk) {
  auto members = value.As<v8::Array>();
  for (uint32_t i = 0; i < jwk.size(); ++i) {
    v8::Local<v8::Value> member;
    if (!members->Get(isolate->GetCurrentContext(), i).ToLocal(&member)) return false;
    if (member->IsString()) jwk[i] = FromV8(isolate, member);
  }
  return true;
}

void ImportRsaJwk(const Info& info) {
  RsaJwk jwk;
  if (!ReadMembers(info.GetIsolate(), info[0], jwk)) return;
  ReturnKey(info, KeyKind::kRsa, ParseRsaJwk(jwk));
}

void ImportCurveJwk(const Info& info) {
  CurveJwk jwk;
  if (!ReadMembers(info.GetIsolate(), info[1], jwk)) return;
  ReturnKey(info, Kind(info[0]), ParseCurveJwk(Kind(info[0]), jwk));
}

void ExportDer(const Info& info) {
  auto parts = HeldKey(info[1]).Parts();
  if (!parts.ok()) return ReturnError(info, parts.status());
  if (info[0]->IsTrue()) return ReturnBytes(info, WritePkcs8(*parts).view());
  ReturnBytes(info, WriteSpki(*parts));
}

void ExportRaw(const Info& info) {
  auto parts = HeldKey(info[0]).Parts();
  if (!parts.ok()) return ReturnError(info, parts.status());
  ReturnBytes(info, std::get<CurveParts>(*parts).public_key);
}

template <class Jwk>
void ReturnMembers(const Info& info, const Jwk& jwk) {
  v8::Isolate* isolate = info.GetIsolate();
  std::array<v8::Local<v8::Value>, std::tuple_size_v<Jwk>> members;
  for (size_t i = 0; i < jwk.size(); ++i) {
    members[i] = jwk[i] ? Latin1ToV8(isolate, *jwk[i]).template As<v8::Value>()
                        : v8::Undefined(isolate).template As<v8::Value>();
  }
  info.GetReturnValue().Set(v8::Array::New(isolate, members.data(), members.size()));
}

void ExportJwk(const Info& info) {
  auto parts = HeldKey(info[0]).Parts();
  if (!parts.ok()) return ReturnError(info, parts.status());
  if (const auto* rsa = std::get_if<RsaParts>(&*parts)) {
    ReturnMembers(info, WriteRsaJwk(*rsa));
  } else {
    ReturnMembers(info, WriteCurveJwk(std::get<CurveParts>(*parts)));
  }
}

void DescribeRsa(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const AsymmetricKey& key = HeldKey(info[0]);
  auto parts = key.Parts();
  if (!parts.ok()) return ReturnError(info, parts.status());
  v8::Local<v8::Value> exponent;
  if (!NewUint8Array(isolate, std::get<RsaParts>(*parts).e).ToLocal(&exponent)) return;
  v8::Local<v8::Value> description[] = {v8::Integer::NewFromUnsigned(isolate, key.bits()),
                                        exponent};
  info.GetReturnValue().Set(v8::Array::New(isolate, description, std::size(description)));
}

using KeyPair = std::pair<AsymmetricKey, AsymmetricKey>;

absl::StatusOr<KeyPair> PairOf(absl::StatusOr<AsymmetricKey> key) {
  RETURN_IF_ERROR(key.status());
  ASSIGN_OR_RETURN(AsymmetricKey half, PublicHalf(*key));
  return KeyPair(std::move(half), *std::move(key));
}

// [public, private], or the error as a string.
v8::Local<v8::Value> ToV8(v8::Isolate* isolate, absl::StatusOr<KeyPair> pair) {
  if (!pair.ok()) return runtime::ToV8(isolate, Message(pair.status()));
  v8::Local<v8::Value> keys[] = {HoldKey(isolate, std::move(pair->first)),
                                 HoldKey(isolate, std::move(pair->second))};
  return v8::Array::New(isolate, keys, std::size(keys));
}

void GenerateCurve(const Info& info) {
  info.GetReturnValue().Set(ToV8(info.GetIsolate(), PairOf(Generate(Kind(info[0])))));
}

void GenerateRsaPair(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const uint32_t bits = Number(info[0]);
  const BufferSource given(info[1]);
  // No more of it than tells that it is too long.
  std::string_view exponent = given.view();
  while (!exponent.empty() && exponent[0] == 0) exponent.remove_prefix(1);
  exponent = exponent.substr(0, kRsaExponentBitsMax / 8 + 1);
  IsolateState* state = IsolateState::From(isolate);
  IoContext* io = state->loop() == nullptr ? nullptr : state->CurrentIo();
  if (io == nullptr) {  // the global scope waits for nothing
    const TurnLimit limit(isolate);
    info.GetReturnValue().Set(ToV8(isolate, PairOf(GenerateRsa(bits, exponent, limit))));
    return;
  }
  auto pair = std::make_shared<absl::StatusOr<KeyPair>>(absl::InternalError("not computed"));
  const absl::Status started = io->jobs().Start(
      {.run = [pair, bits, e = std::string(exponent)](
                  WorkLimit limit) { *pair = PairOf(GenerateRsa(bits, e, limit)); },
       .result = [pair](v8::Isolate* isolate) { return ToV8(isolate, std::move(*pair)); }},
      info[2].As<v8::Function>());
  if (!started.ok()) ReturnError(info, started);
}

constexpr NativeFunction kFunctions[] = {
    {"isBufferSource", IsBufferSource},
    {"copy", Copy},
    {"secret", Secret},
    {"randomSecret", RandomSecret},
    {"secretBytes", GetSecretBytes},
    {"encodeBase64Url", EncodeText},
    {"decodeBase64Url", DecodeText},
    {"importDer", ImportDer},
    {"importRaw", ImportRaw},
    {"importRsaJwk", ImportRsaJwk},
    {"importCurveJwk", ImportCurveJwk},
    {"exportDer", ExportDer},
    {"exportRaw", ExportRaw},
    {"exportJwk", ExportJwk},
    {"describeRsa", DescribeRsa},
    {"generateCurve", GenerateCurve},
    {"generateRsa", GenerateRsaPair},
};

}  // namespace

std::span<const NativeFunction> CryptoKeyFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
