// TSIG (RFC 8945): what is signed is taken, and nothing else is.
#include "dns_router/wire/tsig.h"

#include <gtest/gtest.h>

#include "dns_router/wire/query.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

constexpr uint64_t kNowS = 1'800'000'000;

TsigKeys Keys() {
  return *TsigKeys::Parse(
      "# two\nhmac-sha256:a.key:c2VjcmV0\nhmac-sha512:b.key.:bW9yZSBzZWNyZXQ=  # another\n");
}
const TsigKey& Key(const TsigKeys& keys, std::string_view name) {
  return *keys.Find(*Name::Parse(name));
}

// A query signed with the key, and what the server makes of it.
std::string SignedQuery(const TsigKey& key, uint64_t now_s = kNowS) {
  std::string message = testing::Build({.edns = true});
  TsigSession(key).Sign(message, now_s);
  return message;
}
TsigSession Check(std::string_view message, const TsigKeys& keys) {
  const auto at = FindTsig(message);
  EXPECT_TRUE(at.has_value());
  const auto record = ParseTsig(message, *at);
  EXPECT_TRUE(record.has_value());
  return TsigSession::ForRequest(&keys, message, *at, *record, kNowS);
}

TEST(TsigTest, ReadsKeysAndRefusesTheRestByLine) {
  const TsigKeys keys = Keys();
  EXPECT_EQ(Key(keys, "A.key").secret, "secret");
  EXPECT_EQ(Key(keys, "b.key").algorithm, TsigAlgorithm::kHmacSha512);
  EXPECT_EQ(keys.Find(*Name::Parse("c.key")), nullptr);
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"", "1: expected a key, found none"},
           {"\nhmac-md5:k:c2VjcmV0\n", "2: expected ALGORITHM:NAME:SECRET"},
           {"hmac-sha256:k\n", "1: expected ALGORITHM:NAME:SECRET"},
           {"hmac-sha256:k:no base64\n", "1: expected ALGORITHM:NAME:SECRET"},
           {"hmac-sha256:k:\n", "1: expected ALGORITHM:NAME:SECRET"},
           {"hmac-sha256:k..k:c2VjcmV0\n", "1: expected ALGORITHM:NAME:SECRET"},
           {"hmac-sha256:k:c2VjcmV0\nhmac-sha256:K:c2VjcmV0\n", "2: a second key called 'k'"}}) {
    const auto parsed = TsigKeys::Parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(std::string(parsed.status().message()).substr(0, expected.size()), expected);
    EXPECT_EQ(parsed.status().message().find("c2VjcmV0"), absl::string_view::npos);
  }
}

TEST(TsigTest, TakesWhatIsSignedAndAnswersSignedToo) {
  const TsigKeys keys = Keys();
  for (const char* name : {"a.key", "b.key"}) {
    const TsigKey& key = Key(keys, name);
    std::string query = testing::Build({.edns = true});
    TsigSession client(key);
    const size_t before = query.size();
    client.Sign(query, kNowS);
    EXPECT_LE(query.size() - before, client.record_bytes());
    Query parsed;
    ASSERT_EQ(ParseQuery(query, parsed), ParseResult::kOk);
    EXPECT_EQ(parsed.tsig_at, before);
    EXPECT_EQ(WithoutTsig(query, before), testing::Build({.edns = true}));
    TsigSession server = Check(query, keys);
    ASSERT_NE(server.key(), nullptr);
    EXPECT_EQ(server.key()->name, key.name);
    std::string answer = testing::Build({.flags = 0x8000});
    server.Sign(answer, kNowS);
    EXPECT_TRUE(client.Verify(answer, kNowS));
    answer[3] = 1;
    EXPECT_FALSE(client.Verify(answer, kNowS));
  }
}

TEST(TsigTest, SeesEveryByteThatWasChanged) {
  const TsigKeys keys = Keys();
  const std::string query = SignedQuery(Key(keys, "a.key"));
  for (size_t i = 0; i < query.size(); ++i) {
    for (const int bit : {0x01, 0x80}) {
      std::string changed = query;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      const auto at = FindTsig(changed);
      const auto record = at ? ParseTsig(changed, *at) : std::nullopt;
      if (!record) continue;
      const TsigSession session = TsigSession::ForRequest(&keys, changed, *at, *record, kNowS);
      // The id is the forwarder's to change: the original one is signed (section 5.1). A name's
      // case means nothing.
      const bool means_nothing = i < 2;
      EXPECT_EQ(session.key() != nullptr, means_nothing) << i;
    }
  }
}

TEST(TsigTest, SaysWhatIsWrong) {
  const TsigKeys keys = Keys();
  const TsigKey stranger{*Name::Parse("c.key"), TsigAlgorithm::kHmacSha256, "secret"};
  EXPECT_EQ(Check(SignedQuery(stranger), keys).error(), TsigError::kBadKey);
  TsigKey other = Key(keys, "a.key");
  other.algorithm = TsigAlgorithm::kHmacSha384;  // not what the name stands for
  EXPECT_EQ(Check(SignedQuery(other), keys).error(), TsigError::kBadKey);
  other = Key(keys, "a.key");
  other.secret = "Secret";
  EXPECT_EQ(Check(SignedQuery(other), keys).error(), TsigError::kBadSig);
  for (const int64_t off : {-301, 301}) {
    const auto then = static_cast<uint64_t>(static_cast<int64_t>(kNowS) + off);
    TsigSession late = Check(SignedQuery(Key(keys, "a.key"), then), keys);
    EXPECT_EQ(late.error(), TsigError::kBadTime);
    // Signed, with the server's time, so that the client can know (section 5.2.3).
    std::string answer = testing::Build({.flags = 0x8009});
    late.Sign(answer, kNowS);
    const auto record = ParseTsig(answer, *FindTsig(answer));
    EXPECT_EQ(record->mac.size(), 32u);
    EXPECT_EQ(record->time_s, then);
    EXPECT_EQ(record->fudge_s, TsigSession::kFudgeS);
    EXPECT_EQ(record->other.size(), 6u);
    EXPECT_EQ(record->error, 18);
  }
  EXPECT_EQ(Check(SignedQuery(Key(keys, "a.key"), kNowS + 300), keys).error(), TsigError::kNone);
  TsigSession refused = Check(SignedQuery(stranger), keys);
  std::string answer = testing::Build({.flags = 0x8009});
  refused.Sign(answer, kNowS);
  EXPECT_TRUE(ParseTsig(answer, *FindTsig(answer))->mac.empty()) << "nothing to sign with";
}

// A MAC of 10 bytes and half the digest may be cut (section 5.2.2.1), which is not taken here; a
// shorter or longer one is no MAC.
TEST(TsigTest, TakesNoCutMac) {
  const TsigKeys keys = Keys();
  const std::string query = SignedQuery(Key(keys, "a.key"));
  const size_t at = *FindTsig(query);
  TsigRecord record = *ParseTsig(query, at);
  const std::string_view mac = record.mac;
  for (const auto& [size, error, malformed] :
       std::vector<std::tuple<size_t, TsigError, bool>>{{31, TsigError::kBadTrunc, false},
                                                        {16, TsigError::kBadTrunc, false},
                                                        {15, TsigError::kBadSig, true},
                                                        {0, TsigError::kBadSig, true}}) {
    record.mac = mac.substr(0, size);
    const TsigSession session = TsigSession::ForRequest(&keys, query, at, record, kNowS);
    EXPECT_EQ(session.error(), error) << size;
    EXPECT_EQ(session.is_malformed(), malformed) << size;
  }
  // The time is looked at before the policy on cut MACs (section 5.2).
  record.mac = mac.substr(0, 16);
  EXPECT_EQ(TsigSession::ForRequest(&keys, query, at, record, kNowS + 301).error(),
            TsigError::kBadTime);
  const std::string longer = std::string(mac) + "x";
  record.mac = longer;
  EXPECT_TRUE(TsigSession::ForRequest(&keys, query, at, record, kNowS).is_malformed());
}

// The client compares its own time with its own fudge, and so takes the answer (section 5.2.3).
TEST(TsigTest, AnswersATimeTooFarOffWithTheFudgeOfTheClient) {
  const TsigKeys keys = Keys();
  std::string query = testing::Build({.edns = true});
  TsigSession(Key(keys, "a.key"), 7).Sign(query, kNowS - 8);
  TsigSession late = Check(query, keys);
  EXPECT_EQ(late.error(), TsigError::kBadTime);
  std::string answer = testing::Build({.flags = 0x8009});
  late.Sign(answer, kNowS);
  EXPECT_EQ(ParseTsig(answer, *FindTsig(answer))->fudge_s, 7);
}

TEST(TsigTest, SignsEveryMessageOfATransferOverTheOneBefore) {
  const TsigKeys keys = Keys();
  TsigSession server = Check(SignedQuery(Key(keys, "a.key")), keys);
  std::vector<std::string> macs;
  for (int i = 0; i < 3; ++i) {
    std::string answer = testing::Build({.flags = 0x8000});
    server.Sign(answer, kNowS);
    macs.emplace_back(ParseTsig(answer, *FindTsig(answer))->mac);
  }
  EXPECT_NE(macs[0], macs[1]);
  EXPECT_NE(macs[1], macs[2]);
}

TEST(TsigTest, ARecordInAnyOtherPlaceIsMalformed) {
  const TsigKeys keys = Keys();
  const std::string query = SignedQuery(Key(keys, "a.key"));
  const std::string record = query.substr(*FindTsig(query));
  Query parsed;
  // Twice; in front of the OPT; in the authority section of an IXFR.
  std::string twice = query + record;
  twice[11] = static_cast<char>(twice[11] + 1);
  EXPECT_EQ(ParseQuery(twice, parsed), ParseResult::kFormErr);
  std::string before = testing::Build({.edns = false});
  before += record + std::string("\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
  before[11] = 2;
  EXPECT_EQ(ParseQuery(before, parsed = {}), ParseResult::kFormErr);
  std::string authority = testing::Build({.authorities = 1, .type = 251, .tail = record});
  EXPECT_EQ(ParseQuery(authority, parsed = {}), ParseResult::kFormErr);
}

}  // namespace
}  // namespace terrella::dns
