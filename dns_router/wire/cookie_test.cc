// Cookies against the vectors of RFC 9018 appendix A, and the edges of their lengths and times.
#include "dns_router/wire/cookie.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace terrella::dns {
namespace {

std::string Bytes(std::string_view hex) {
  return *FromHex(hex);
}

// The vectors of the SipHash paper's reference: key 00..0f, input 00, 00 01, ...
TEST(SipHash, MatchesItsReferenceVectors) {
  SipKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(SipHash24(key, ""), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(SipHash24(key, std::string(1, '\0')), 0x74f839c593dc67fdu);
  EXPECT_EQ(SipHash24(key, Bytes("000102030405060708090a0b0c0d0e")), 0xa129ca6149be45e5u);
}

struct Vector {
  const char* what;
  const char* secrets;
  const char* client;
  uint32_t now_s;
  const char* sent;  // client and server part
  bool valid;
  const char* fresh;  // server part made now
};

TEST(Cookie, FollowsRfc9018AppendixA) {
  const Vector vectors[] = {
      {"A.1 learning a new server cookie", "e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100",
       1559731985, "2464c4abcf10c957", false, "010000005cf79f111f8130c3eee29480"},
      {"A.2 the same client learns a renewed one", "e5e973e5a6b2a43f48e7dc849e37bfcf",
       "198.51.100.100", 1559734385, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", true,
       "010000005cf7a871d4a564a1442aca77"},
      {"A.3 another client, reserved bits set by the server that made it",
       "e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203", 1559734700,
       "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", false,
       "010000005cf7a9acf73a7810aca2381e"},
      {"A.4 IPv6 and a rolled secret",
       "445536bcd2513298075a5d379663c962\ndd3bdf9344b678b185a6f5cb60fca715",
       "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961,
       "22681ab97d52c298010000005cf7c57926556bd0934c72f8", true,
       "010000005cf7c609a6bb79d16625507a"},
  };
  for (const Vector& v : vectors) {
    SCOPED_TRACE(v.what);
    const auto secrets = CookieSecrets::Parse(v.secrets);
    ASSERT_TRUE(secrets.ok());
    const std::string sent = Bytes(v.sent);
    const auto cookie = ParseCookie(sent);
    ASSERT_TRUE(cookie);
    const IpAddress client = *IpAddress::Parse(v.client);
    EXPECT_EQ(secrets->Verify(*cookie, client, v.now_s).has_value(), v.valid);
    const ServerCookie fresh = secrets->Make(cookie->client, client, v.now_s);
    EXPECT_EQ(ToHex({fresh.data(), fresh.size()}), v.fresh);
  }
}

TEST(Cookie, IsGoodForAnHourAndFiveMinutesAhead) {
  const CookieSecrets secrets = CookieSecrets::Random();
  const IpAddress client = IpAddress::V4(0x01020304);
  // Around the wrap of 2106 as well (RFC 1982 arithmetic).
  for (const uint32_t made_s : {1'800'000'000u, 0xffffff00u, 0u}) {
    const ClientCookie own{'c', 'l', 'i', 'e', 'n', 't', '0', '1'};
    const ServerCookie made = secrets.Make(own, client, made_s);
    const QueryCookie cookie{own, {made.data(), made.size()}};
    const auto valid = [&](int64_t age_s) {
      return secrets.Verify(cookie, client, static_cast<uint32_t>(made_s + age_s)).has_value();
    };
    EXPECT_TRUE(valid(0) && valid(3600) && valid(-300));
    EXPECT_FALSE(valid(3601) || valid(-301));
    EXPECT_FALSE(secrets.Verify(cookie, IpAddress::V4(0x01020305), made_s)) << "another client's";
    EXPECT_FALSE(CookieSecrets::Random().Verify(cookie, client, made_s)) << "another secret's";
    std::string forged(cookie.server);
    forged.back() ^= 1;
    EXPECT_FALSE(secrets.Verify({own, forged}, client, made_s));
  }
}

TEST(Cookie, HasTheLengthsOfRfc7873) {
  for (size_t size = 0; size <= 48; ++size) {
    const std::string option(size, 'x');
    const auto cookie = ParseCookie(option);
    EXPECT_EQ(cookie.has_value(), size == 8 || (size >= 16 && size <= 40)) << size;
    EXPECT_EQ(cookie ? cookie->server.size() : size - 8, size - 8);
  }
}

TEST(CookieSecrets, AreReadFromAFileOfLines) {
  const std::string good = "e5e973e5a6b2a43f48e7dc849e37bfcf";
  EXPECT_TRUE(CookieSecrets::Parse("# ours\n\n  " + good + " # made in May\r\n").ok());
  const std::pair<std::string, std::string> bad[] = {
      {"", "1: expected a secret, found none"},
      {"# nothing\n", "1: expected a secret, found none"},
      {good + "\nzz" + good.substr(2), "2: expected a secret of 32 hexadecimal digits"},
      {good.substr(2), "1: expected a secret of 32 hexadecimal digits"},
      {good + "\n" + good + "\n" + good + "\n" + good + "\n" + good, "5: at most 4 secrets"},
  };
  for (const auto& [text, error] : bad) {
    const auto secrets = CookieSecrets::Parse(text);
    ASSERT_FALSE(secrets.ok());
    EXPECT_EQ(secrets.status().message().substr(0, error.size()), error);
    EXPECT_EQ(secrets.status().message().find("e5e973"), std::string::npos);
  }
}

}  // namespace
}  // namespace terrella::dns
