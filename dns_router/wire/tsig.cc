#include "dns_router/wire/tsig.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/digest.h"
#include "base/status.h"
#include "dns_router/wire/protocol.h"
#include "dns_router/wire/query.h"

namespace terrella::dns {
namespace {

constexpr size_t kSecretBytesMax = 256;
constexpr size_t kRecordFixedBytes = 10;   // type, class, TTL, size
constexpr size_t kContentFixedBytes = 16;  // of the content, but for the algorithm, MAC and other

struct Algorithm {
  std::string_view text;
  const EVP_MD* (*digest)();
  size_t mac_bytes;
};
// By TsigAlgorithm.
constexpr Algorithm kAlgorithms[] = {
    {"hmac-sha256", EVP_sha256, 32},
    {"hmac-sha384", EVP_sha384, 48},
    {"hmac-sha512", EVP_sha512, 64},
};
const Algorithm& AlgorithmOf(const TsigKey& key) {
  return kAlgorithms[static_cast<size_t>(key.algorithm)];
}

void PutWord(std::string& out, uint64_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}
void PutTime(std::string& out, uint64_t time_s) {
  PutWord(out, time_s >> 32);
  PutWord(out, time_s >> 16);
  PutWord(out, time_s);
}
uint16_t WordAt(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}
void SetWord(std::string& bytes, size_t at, uint16_t value) {
  bytes[at] = static_cast<char>(value >> 8);
  bytes[at + 1] = static_cast<char>(value);
}
constexpr size_t kAdditionalCountAt = 10;

std::string_view Trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
}

std::optional<std::string> FromBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kSecretBytesMax * 4 / 3 + 4) {
    return std::nullopt;
  }
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<size_t>(size) - padding);
  return out;
}

// "hmac-sha256:name:secret"; nothing when it is not of this form.
std::optional<TsigKey> KeyFromText(std::string_view text) {
  const size_t first = text.find(':');
  const size_t second = first == text.npos ? text.npos : text.find(':', first + 1);
  if (second == text.npos) return std::nullopt;
  const auto algorithm =
      std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                   [&](const Algorithm& a) { return a.text == text.substr(0, first); });
  auto name = Name::Parse(text.substr(first + 1, second - first - 1));
  auto secret = FromBase64(text.substr(second + 1));
  if (algorithm == std::end(kAlgorithms) || !name.ok() || !secret || secret->empty()) {
    return std::nullopt;
  }
  return TsigKey{*std::move(name), static_cast<TsigAlgorithm>(algorithm - std::begin(kAlgorithms)),
                 *std::move(secret)};
}

std::string Hmac(const TsigKey& key, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(HMAC(AlgorithmOf(key).digest(), key.secret.data(), static_cast<int>(key.secret.size()),
             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out,
             &size) != nullptr);
  return {reinterpret_cast<const char*>(out), size};
}

bool IsWithinFudge(const TsigRecord& record, uint64_t now_s) {
  const uint64_t apart = now_s > record.time_s ? now_s - record.time_s : record.time_s - now_s;
  return apart <= record.fudge_s;
}

}  // namespace

std::string_view TsigErrorName(TsigError error) {
  switch (error) {
    case TsigError::kNone:
      return "NOERROR";
    case TsigError::kBadSig:
      return "BADSIG";
    case TsigError::kBadKey:
      return "BADKEY";
    case TsigError::kBadTime:
      return "BADTIME";
    case TsigError::kBadTrunc:
      return "BADTRUNC";
  }
  return "an unknown error";
}

absl::StatusOr<TsigKeys> TsigKeys::Parse(std::string_view text) {
  TsigKeys out;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = Trimmed(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    if (line.empty()) continue;
    auto key = KeyFromText(line);
    if (!key) {
      return InvalidArgument(
          "{}: expected ALGORITHM:NAME:SECRET, the algorithm one of hmac-sha256, hmac-sha384 and "
          "hmac-sha512, the secret in base64 and of at most {} bytes",
          number, kSecretBytesMax);
    }
    if (out.Find(key->name) != nullptr) {
      return InvalidArgument("{}: a second key called '{}'", number, key->name.ToString());
    }
    if (out.keys_.size() == kKeysMax) {
      return InvalidArgument("{}: at most {} keys are taken", number, kKeysMax);
    }
    out.keys_.push_back(*std::move(key));
  }
  if (out.keys_.empty()) return InvalidArgument("1: expected a key, found none");
  return out;
}

const TsigKey* TsigKeys::Find(const Name& name) const {
  for (const TsigKey& key : keys_) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::optional<TsigRecord> ParseTsig(std::string_view message, size_t at) {
  TsigRecord record;
  std::array<char, kNameBytesMax> name;
  const auto owner_bytes = ReadName(message, at, /*compressed=*/true, name);
  if (!owner_bytes || message.size() - at < kRecordFixedBytes) return std::nullopt;
  record.key = Name::FromWire({name.data(), *owner_bytes});
  const std::string_view fixed = message.substr(at, kRecordFixedBytes);
  at += kRecordFixedBytes;
  if (WordAt(fixed, 0) != static_cast<uint16_t>(Type::kTsig) ||
      WordAt(fixed, 2) != static_cast<uint16_t>(Class::kAny) ||
      fixed.substr(4, 4) != std::string_view("\0\0\0\0", 4) ||
      WordAt(fixed, 8) != message.size() - at) {
    return std::nullopt;
  }
  const auto algorithm_bytes = ReadName(message, at, /*compressed=*/false, name);
  if (!algorithm_bytes || message.size() - at < kContentFixedBytes) return std::nullopt;
  record.algorithm = Name::FromWire({name.data(), *algorithm_bytes});
  const std::string_view rest = message.substr(at);
  record.time_s =
      uint64_t{WordAt(rest, 0)} << 32 | uint64_t{WordAt(rest, 2)} << 16 | uint64_t{WordAt(rest, 4)};
  record.fudge_s = WordAt(rest, 6);
  const size_t mac_bytes = WordAt(rest, 8);
  if (rest.size() < kContentFixedBytes + mac_bytes) return std::nullopt;
  record.mac = rest.substr(10, mac_bytes);
  const std::string_view end = rest.substr(10 + mac_bytes);
  record.original_id = WordAt(end, 0);
  record.error = WordAt(end, 2);
  record.other = end.substr(6);
  if (WordAt(end, 4) != record.other.size()) return std::nullopt;
  return record;
}

std::string WithoutTsig(std::string_view message, size_t at) {
  std::string out(message.substr(0, at));
  SetWord(out, kAdditionalCountAt, static_cast<uint16_t>(WordAt(out, kAdditionalCountAt) - 1));
  return out;
}

std::optional<size_t> FindTsig(std::string_view message) {
  if (message.size() < kHeaderBytes) return std::nullopt;
  std::array<char, kNameBytesMax> name;
  size_t at = kHeaderBytes;
  for (unsigned i = 0; i < WordAt(message, 4); ++i) {
    if (!ReadName(message, at, /*compressed=*/true, name) || message.size() - at < 4) {
      return std::nullopt;
    }
    at += 4;
  }
  const unsigned records = unsigned{WordAt(message, 6)} + WordAt(message, 8) + WordAt(message, 10);
  if (WordAt(message, 10) == 0) return std::nullopt;
  for (unsigned i = 0; i < records; ++i) {
    const size_t start = at;
    if (!ReadName(message, at, /*compressed=*/true, name) ||
        message.size() - at < kRecordFixedBytes) {
      return std::nullopt;
    }
    const bool is_tsig = WordAt(message, at) == static_cast<uint16_t>(Type::kTsig);
    const size_t bytes = WordAt(message, at + 8);
    if (message.size() - at - kRecordFixedBytes < bytes) return std::nullopt;
    at += kRecordFixedBytes + bytes;
    if (is_tsig)
      return i + 1 == records && at == message.size() ? std::optional(start) : std::nullopt;
  }
  return std::nullopt;
}

// Over what came before, the message as it was, and the variables (sections 4.3 and 5.3.1).
std::string TsigSession::Mac(std::string_view message, const TsigRecord& record,
                             bool timers_only) const {
  std::string input;
  if (!prior_mac_.empty()) {
    PutWord(input, prior_mac_.size());
    input += prior_mac_;
  }
  const size_t id_at = input.size();
  input += message;
  SetWord(input, id_at, record.original_id);
  if (!timers_only) {
    input += record.key.wire();
    PutWord(input, static_cast<uint16_t>(Class::kAny));
    input.append(4, '\0');  // TTL
    input += record.algorithm.wire();
  }
  PutTime(input, record.time_s);
  PutWord(input, record.fudge_s);
  if (!timers_only) {
    PutWord(input, record.error);
    PutWord(input, record.other.size());
    input += record.other;
  }
  return Hmac(*key_, input);
}

TsigSession TsigSession::ForRequest(const TsigKeys* keys, std::string_view message, size_t at,
                                    const TsigRecord& record, uint64_t now_s) {
  TsigSession session;
  session.key_name_ = record.key;
  session.algorithm_name_ = record.algorithm;
  session.request_time_s_ = record.time_s;
  session.request_fudge_s_ = record.fudge_s;
  const TsigKey* key = keys == nullptr ? nullptr : keys->Find(record.key);
  if (key == nullptr || record.algorithm.ToString() != AlgorithmOf(*key).text) {
    session.error_ = TsigError::kBadKey;
    return session;
  }
  session.key_ = *key;
  const std::string expected = session.Mac(WithoutTsig(message, at), record, false);
  const size_t size = record.mac.size();
  session.malformed_ = size > expected.size() || size < std::max<size_t>(10, expected.size() / 2);
  if (session.malformed_ || !SameBytes(record.mac, std::string_view(expected).substr(0, size))) {
    session.error_ = TsigError::kBadSig;
  } else if (!IsWithinFudge(record, now_s)) {
    session.error_ = TsigError::kBadTime;
  } else if (size < expected.size()) {
    session.error_ = TsigError::kBadTrunc;  // last: section 5.2
  }
  session.prior_mac_ = record.mac;
  return session;
}

size_t TsigSession::record_bytes() const {
  const std::string_view algorithm = key_ ? AlgorithmOf(*key_).text : std::string_view();
  const size_t algorithm_bytes = key_ ? algorithm.size() + 2 : algorithm_name_.wire().size();
  const size_t mac_bytes = key_ ? AlgorithmOf(*key_).mac_bytes : 0;
  constexpr size_t kServerTimeBytes = 6;
  return key_name_.wire().size() + kRecordFixedBytes + algorithm_bytes + kContentFixedBytes +
         mac_bytes + kServerTimeBytes;
}

void TsigSession::Sign(std::string& message, uint64_t now_s) {
  TsigRecord record;
  record.key = key_name_;
  record.algorithm = algorithm_name_;
  if (key_) record.algorithm = *Name::Parse(AlgorithmOf(*key_).text);
  record.time_s = now_s;
  record.fudge_s = fudge_s_;
  record.original_id = WordAt(message, 0);
  record.error = static_cast<uint16_t>(error_);
  std::string server_time, mac;
  if (error_ == TsigError::kBadTime) {
    record.time_s = request_time_s_;
    record.fudge_s = request_fudge_s_;
    PutTime(server_time, now_s);
    record.other = server_time;
  }
  const bool is_signed =
      error_ == TsigError::kNone || error_ == TsigError::kBadTime || error_ == TsigError::kBadTrunc;
  if (is_signed) {
    mac = Mac(message, record, /*timers_only=*/continues_);
    prior_mac_ = mac;
    continues_ = true;
  }
  std::string content(record.algorithm.wire());
  PutTime(content, record.time_s);
  PutWord(content, record.fudge_s);
  PutWord(content, mac.size());
  content += mac;
  PutWord(content, record.original_id);
  PutWord(content, record.error);
  PutWord(content, record.other.size());
  content += record.other;
  message += record.key.wire();
  PutWord(message, static_cast<uint16_t>(Type::kTsig));
  PutWord(message, static_cast<uint16_t>(Class::kAny));
  message.append(4, '\0');
  PutWord(message, content.size());
  message += content;
  SetWord(message, kAdditionalCountAt,
          static_cast<uint16_t>(WordAt(message, kAdditionalCountAt) + 1));
}

bool TsigSession::Verify(std::string_view message, uint64_t now_s) {
  const auto at = FindTsig(message);
  const auto record = at ? ParseTsig(message, *at) : std::nullopt;
  if (!record || !key_ || record->key != key_->name || record->error != 0) return false;
  return SameBytes(record->mac, Mac(WithoutTsig(message, *at), *record, /*timers_only=*/false)) &&
         IsWithinFudge(*record, now_s);
}

}  // namespace terrella::dns
