// TSIG: proof that a message comes from somebody who knows a shared key, and arrived as it was sent
// (RFC 8945): a MAC over the message, the time, and in an answer the MAC of what it answers.
//
// A key is HMAC with SHA-256, SHA-384 or SHA-512; MACs are sent whole and taken whole. A session is
// one exchange: one request and its answer, which for a zone transfer is many messages, each signed
// over the one before (section 5.3.1), so that none can be left out or moved.
//
// Thread: TsigKeys immutable, any; TsigSession one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dns_router/wire/name.h"

namespace terrella::dns {

// As the record's error field has it (section 3).
enum class TsigError : uint16_t {
  kNone = 0,
  kBadSig = 16,
  kBadKey = 17,
  kBadTime = 18,
  kBadTrunc = 22,
};
std::string_view TsigErrorName(TsigError error);

enum class TsigAlgorithm : uint8_t { kHmacSha256, kHmacSha384, kHmacSha512 };

struct TsigKey {
  Name name;
  TsigAlgorithm algorithm = TsigAlgorithm::kHmacSha256;
  std::string secret;
};

class TsigKeys {
 public:
  static constexpr size_t kKeysMax = 64;
  // A file's text, one key a line as `dig -y` and `kdig -y` take it, '#' begins a comment:
  // "hmac-sha256:name:base64 of the secret". InvalidArgument says the line, never its content.
  static absl::StatusOr<TsigKeys> Parse(std::string_view text);
  // Null when no key is called so.
  const TsigKey* Find(const Name& name) const;

 private:
  std::vector<TsigKey> keys_;
};

// The TSIG record of a message, taken apart.
struct TsigRecord {
  Name key, algorithm;
  uint64_t time_s = 0;  // 48 bits
  uint16_t fudge_s = 0;
  std::string_view mac;  // within the message
  uint16_t original_id = 0;
  uint16_t error = 0;
  std::string_view other;
};

// Parses the record at `at`, which must be the last one of the message: ParseQuery has seen that
// much. Nothing when its class, TTL or content is not of the form of section 4.2: FORMERR.
std::optional<TsigRecord> ParseTsig(std::string_view message, size_t at);
// The message as it was before it was signed: without the record at `at`.
std::string WithoutTsig(std::string_view message, size_t at);
// Where the TSIG record of an answer begins: nothing when it has none or is malformed.
std::optional<size_t> FindTsig(std::string_view message);

class TsigSession {
 public:
  static constexpr uint16_t kFudgeS = 300;  // how far clocks may differ (section 10)

  // The server's side: checks the request whose record is at `at`. `now_s`: since the epoch.
  static TsigSession ForRequest(const TsigKeys* keys, std::string_view message, size_t at,
                                const TsigRecord& record, uint64_t now_s);
  // The client's side: Sign signs the request, Verify checks the answer.
  explicit TsigSession(const TsigKey& key, uint16_t fudge_s = kFudgeS)
      : key_(key), key_name_(key.name), fudge_s_(fudge_s) {}

  TsigError error() const { return error_; }
  // The MAC is of no length that a client may send: FORMERR (section 5.2.2.1).
  bool is_malformed() const { return malformed_; }
  // The key that proved itself; null when none did.
  const TsigKey* key() const { return error_ == TsigError::kNone && key_ ? &*key_ : nullptr; }
  // What Sign adds.
  size_t record_bytes() const;
  // Appends the record to `message` and counts it in. A request with an error is answered unsigned,
  // but for a wrong time (section 5.3.2).
  void Sign(std::string& message, uint64_t now_s);
  // Checks an answer to the request that was signed.
  bool Verify(std::string_view message, uint64_t now_s);

 private:
  TsigSession() = default;
  std::string Mac(std::string_view message, const TsigRecord& record, bool timers_only) const;

  std::optional<TsigKey> key_;
  Name key_name_;        // as the request names it, known or not
  Name algorithm_name_;  // likewise; the key's when signing first
  TsigError error_ = TsigError::kNone;
  bool malformed_ = false;
  uint64_t request_time_s_ = 0;
  uint16_t request_fudge_s_ = 0;
  uint16_t fudge_s_ = kFudgeS;
  std::string prior_mac_;   // of the message before
  bool continues_ = false;  // the message before was of this side
};

}  // namespace terrella::dns
