#include "base/status.h"
#include "edge_node/runtime/bindings/crypto_binding.h"
#include "edge_node/runtime/bindings/derivation_job.h"
#include "edge_node/runtime/bindings/held_object.h"
#include "edge_node/runtime/crypto/cipher_stream.h"
#include "edge_node/runtime/crypto/hmac.h"
#include "edge_node/runtime/isolate_state.h"

namespace terrella::runtime {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// A hash or an HMAC under way.
using MacState = std::variant<HashState, HmacState>;
constexpr size_t kStateBytes = sizeof(MacState) + 256;
constexpr size_t kCipherBytes = sizeof(CipherStream) + 1024;

double Whole(v8::Local<v8::Value> value) {
  return value.As<v8::Number>()->Value();
}
std::optional<HashId> HashOf(const Info& info, int argument) {
  return FindHash(FromV8(info.GetIsolate(), info[argument]));
}

void ReturnNames(const Info& info, std::span<const std::string_view> names) {
  v8::Isolate* isolate = info.GetIsolate();
  std::vector<v8::Local<v8::Value>> all;
  for (std::string_view name : names) all.push_back(Symbol(isolate, name));
  info.GetReturnValue().Set(v8::Array::New(isolate, all.data(), all.size()));
}

void Hashes(const Info& info) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kHashCount; ++i) names.push_back(InfoOf(static_cast<HashId>(i)).name);
  ReturnNames(info, names);
}

void Ciphers(const Info& info) {
  std::vector<std::string_view> names;
  for (const CipherInfo& cipher : StreamCiphers()) names.push_back(cipher.name);
  ReturnNames(info, names);
}

void DescribeCipher(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string name = FromV8(isolate, info[0]);
  for (const CipherInfo& cipher : StreamCiphers()) {
    if (cipher.name != name) continue;
    auto number = [&](size_t n) -> v8::Local<v8::Value> {
      return v8::Integer::NewFromUnsigned(isolate, static_cast<uint32_t>(n));
    };
    v8::Local<v8::Value> description[] = {Symbol(isolate, cipher.name), number(cipher.key_bytes),
                                          number(cipher.iv_bytes), number(cipher.block_bytes),
                                          Symbol(isolate, cipher.mode)};
    info.GetReturnValue().Set(v8::Array::New(isolate, description, std::size(description)));
  }
}

void OpenHash(const Info& info) {
  auto hash = HashOf(info, 0);
  if (!hash) return;
  info.GetReturnValue().Set(
      Hold(info.GetIsolate(), std::make_unique<MacState>(HashState(*hash)), kStateBytes));
}

void OpenHmac(const Info& info) {
  const BufferSource key(info[1]);
  auto hash = HashOf(info, 0);
  if (!hash) return;
  info.GetReturnValue().Set(Hold(
      info.GetIsolate(), std::make_unique<MacState>(HmacState(*hash, key.view())), kStateBytes));
}

void CopyHash(const Info& info) {
  info.GetReturnValue().Set(
      Hold(info.GetIsolate(), std::make_unique<MacState>(Held<MacState>(info[0])), kStateBytes));
}

void UpdateHash(const Info& info) {
  const BufferSource data(info[1]);
  const TurnLimit limit(info.GetIsolate());
  const absl::Status status = std::visit(
      [&](auto& state) { return state.Update(data.view(), limit); }, Held<MacState>(info[0]));
  if (!status.ok()) ReturnError(info, status);
}

void FinishHash(const Info& info) {
  auto& state = Held<MacState>(info[0]);
  const auto* hash = std::get_if<HashState>(&state);
  const HashId id = hash != nullptr ? hash->id() : std::get<HmacState>(state).hash();
  ReturnFilled(info, InfoOf(id).digest_bytes, [&](std::span<char> out) {
    std::visit([&](auto& s) { s.Finish(out.data()); }, state);
    return absl::OkStatus();
  });
}

CipherStream& CipherOf(const Info& info) {
  return *Held<std::unique_ptr<CipherStream>>(info[0]);
}

void OpenCipher(const Info& info) {
  const BufferSource key(info[2]), iv(info[3]);
  const std::string name = FromV8(info.GetIsolate(), info[0]);
  auto cipher = CipherStream::Make({.cipher = name,
                                    .key = key.view(),
                                    .iv = iv.view(),
                                    .encrypts = info[1]->IsTrue(),
                                    .tag_bytes = info[4].As<v8::Uint32>()->Value()});
  if (!cipher.ok()) return ReturnError(info, cipher.status());
  info.GetReturnValue().Set(
      Hold(info.GetIsolate(), std::make_unique<std::unique_ptr<CipherStream>>(*std::move(cipher)),
           kCipherBytes));
}

void UpdateCipher(const Info& info) {
  const BufferSource data(info[1]);
  CipherStream& cipher = CipherOf(info);
  const TurnLimit limit(info.GetIsolate());
  const std::string_view bytes = data.view();
  // A stream cipher gives as much as it takes; a block cipher what has become whole.
  if (cipher.block_bytes() == 1) {
    return ReturnFilled(info, bytes.size(), [&](std::span<char> out) {
      return cipher.Update(bytes, limit, out).status();
    });
  }
  std::string room(cipher.RoomFor(bytes), '\0');
  auto written = cipher.Update(bytes, limit, room);
  if (!written.ok()) return ReturnError(info, written.status());
  ReturnBytes(info, std::string_view(room).substr(0, *written));
  Wipe(room);
}

void FinishCipher(const Info& info) {
  auto rest = CipherOf(info).Finish();
  return rest.ok() ? ReturnBytes(info, *rest) : ReturnError(info, rest.status());
}

void AddCipherData(const Info& info) {
  const BufferSource data(info[1]);
  const absl::Status status = CipherOf(info).AddData(data.view());
  if (!status.ok()) ReturnError(info, status);
}

void SetCipherTag(const Info& info) {
  const BufferSource tag(info[1]);
  const absl::Status status = CipherOf(info).SetTag(tag.view());
  if (!status.ok()) ReturnError(info, status);
}

void CipherTag(const Info& info) {
  auto tag = CipherOf(info).Tag();
  return tag.ok() ? ReturnBytes(info, *tag) : ReturnError(info, tag.status());
}

void SetCipherPadding(const Info& info) {
  CipherOf(info).SetPadding(info[1]->IsTrue());
}

void DeriveByHkdf(const Info& info) {
  const BufferSource key(info[1]), salt(info[2]), key_info(info[3]);
  auto hash = HashOf(info, 0);
  if (!hash) return ReturnError(info, InvalidArgument("unknown digest"));
  ReturnHkdf(info, {*hash, key.view(), salt.view(), key_info.view()},
             static_cast<size_t>(Whole(info[4])));
}

void DeriveByPbkdf2(const Info& info) {
  const BufferSource password(info[1]), salt(info[2]);
  auto hash = HashOf(info, 0);
  if (!hash) return ReturnError(info, InvalidArgument("unknown digest"));
  ReturnPbkdf2(info, {*hash, password.view(), salt.view(), static_cast<uint32_t>(Whole(info[3]))},
               static_cast<size_t>(Whole(info[4])), info[5]);
}

void DeriveByScrypt(const Info& info) {
  const BufferSource password(info[0]), salt(info[1]);
  const ScryptInput input{
      .password = password.view(),
      .salt = salt.view(),
      .cost = static_cast<uint64_t>(Whole(info[2])),
      .block_size = static_cast<uint64_t>(Whole(info[3])),
      .parallel = static_cast<uint64_t>(Whole(info[4])),
      .memory_bytes_max = std::min(static_cast<uint64_t>(Whole(info[5])),
                                   IsolateState::From(info.GetIsolate())->limits().heap_bytes)};
  ReturnScrypt(info, input, static_cast<size_t>(Whole(info[6])), info[7]);
}

constexpr NativeFunction kFunctions[] = {
    {"hashes", Hashes},
    {"ciphers", Ciphers},
    {"cipherInfo", DescribeCipher},
    {"openHash", OpenHash},
    {"openHmac", OpenHmac},
    {"copyHash", CopyHash},
    {"updateHash", UpdateHash},
    {"finishHash", FinishHash},
    {"openCipher", OpenCipher},
    {"updateCipher", UpdateCipher},
    {"finishCipher", FinishCipher},
    {"addCipherData", AddCipherData},
    {"setCipherTag", SetCipherTag},
    {"cipherTag", CipherTag},
    {"setCipherPadding", SetCipherPadding},
    {"hkdf", DeriveByHkdf},
    {"pbkdf2", DeriveByPbkdf2},
    {"scrypt", DeriveByScrypt},
};

}  // namespace

std::span<const NativeFunction> CryptoStreamFunctions() {
  return kFunctions;
}

}  // namespace terrella::runtime
