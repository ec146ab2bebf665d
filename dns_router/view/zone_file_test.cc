// Zone files as operators write them: RFC 1035 section 5 and what must be refused.
#include "dns_router/view/zone_file.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace terrella::dns {
namespace {

struct Row {
  const char* what;
  const char* line;
  unsigned type;
  uint32_t ttl_s;
  std::string rdata_hex;
};

TEST(ZoneFile, ReadsEveryTypeAZoneMayHave) {
  const Row rows[] = {
      {"A", "x 60 IN A 192.0.2.1", 1, 60, "c0000201"},
      {"TTL by $TTL", "x A 192.0.2.1", 1, 300, "c0000201"},
      {"AAAA", "x AAAA 2001:db8::1", 28, 300, "20010db8000000000000000000000001"},
      {"relative name", "x CNAME y", 5, 300, "017904656467650474657374 00"},
      {"RFC 4034 6.2: names inside in lower case", "x MX 10 Mail.EXAMPLE.", 15, 300,
       "000a046d61696c076578616d706c6500"},
      {"TXT of several strings", "x TXT \"a b\" c", 16, 300, "036120620163"},
      {"RFC 8659: CAA", "x CAA 0 issue \"ca.test\"", 257, 300,
       "00056973737565"
       "63612e74657374"},
      {"SRV", "_s._tcp 1H SRV 1 2 80 h", 33, 3600, "000100020050016804656467650474657374 00"},
      {"parentheses over lines", "x 60 IN TXT (\n\"q\"\nr)", 16, 60, "01710172"},
      {"RFC 3597: unknown types", "x TYPE4711 \\# 3 010203", 4711, 300, "010203"},
      {"RFC 3597: an unknown type without content", "x TYPE4711 \\# 0", 4711, 300, ""},
      {"RFC 3597 5: a known type in that form", "x MX \\# 5 000a016100", 15, 300, "000a016100"},
      {"RFC 9460: SVCB", "x SVCB 1 . alpn=h3", 64, 300,
       "000100"
       "00010003"
       "026833"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const auto file = ParseZoneFile(
        std::string("$ORIGIN edge.test.\n$TTL 300\n; nothing\n\n") + row.line + "\n", "f");
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_EQ(file->records.size(), 1u);
    const ZoneRecord& record = file->records.front();
    EXPECT_EQ(static_cast<unsigned>(record.type), row.type);
    EXPECT_EQ(record.ttl_s, row.ttl_s);
    std::string hex = row.rdata_hex;
    std::erase(hex, ' ');
    EXPECT_EQ(ToHex(record.rdata), hex);
    EXPECT_TRUE(IsWithin(record.owner.wire(), Name::Parse("edge.test")->wire()));
  }
}

TEST(ZoneFile, RefusesWithFileAndLine) {
  const struct {
    const char* text;
    const char* error;
  } rows[] = {
      {"\nx A 192.0.2\n", "zone:2: "},
      {"x A 192.0.2.1\ny BOGUS z\n", "zone:2: "},
      {"x CH A 192.0.2.1\n", "zone:1: expected a record of class IN"},
      {"$INCLUDE other\n", "zone:1: $INCLUDE is not followed"},
      {"x A 192.0.2.1\nx CNAME y.\n", "zone:2: 'x' has a CNAME and other records"},
      {"x CNAME y.\nx TXT t\n", "zone:2: 'x' has a CNAME and other records"},
      {"x CNAME y.\nx CNAME z.\n", "zone:2: 'x' has two CNAMEs"},
      {"*.x NS y.\n", "zone:1: '*.x': a wildcard cannot be delegated"},
      {"x SOA a. b. 1 2 3 4 5\n\nx SOA a. b. 1 2 3 4 5\n", "zone:3: 'x': a second SOA"},
      {"x DNAME y.\n", "zone:1: a record of type DNAME may not be in the file"},
      {"x DNSKEY 257 3 13 aaaa\n", "zone:1: a record of type DNSKEY"},
      {"x SOA \\# 2 0000\n", "zone:1: "},
      {"x SOA \\# 21 000000000001000000020000000300000004000000\n", "zone:1: "},
      {"x MX \\# 0\n", "zone:1: "},
      {"x MX \\# 2 000a\n", "zone:1: "},
      {"x MX \\# 4 000a0161\n", "zone:1: "},
      {"x SRV \\# 0\n", "zone:1: "},
      {"x SRV \\# 6 000100020050\n", "zone:1: "},
      {"x NS \\# 0\n", "zone:1: "},
      {"x CNAME \\# 0\n", "zone:1: "},
      {"x PTR \\# 2 0161\n", "zone:1: "},
      {"x A \\# 0\n", "zone:1: "},
      {"x A \\# 3 c00002\n", "zone:1: "},
      {"x AAAA \\# 4 c0000201\n", "zone:1: "},
      {"x TXT \\# 0\n", "zone:1: "},
      {"x SVCB \\# 2 0001\n", "zone:1: "},
      {"x HTTPS \\# 0\n", "zone:1: "},
      {"x DS \\# 2 0001\n", "zone:1: "},
      {"x TYPE4710604 \\# 0\n", "zone:1: "},
      {"x TYPE41 \\# 0\n", "zone:1: a record of type OPT"},
      {"x A 192.0.2.1\n\n; c\ny TXT ( a\nb )\nz A no", "zone:6: "},
  };
  for (const auto& row : rows) {
    const auto file = ParseZoneFile(row.text, "zone");
    ASSERT_FALSE(file.ok()) << row.text;
    EXPECT_EQ(file.status().message().substr(0, std::string_view(row.error).size()), row.error);
  }
}

TEST(ZoneFile, RefusesASetThatFitsNoMessage) {
  std::string text;
  for (int i = 0; i < 4095; ++i) text += "x A 192.0.2.1\n";  // 16 bytes each, 65,535 fit
  EXPECT_TRUE(ParseZoneFile(text + "x TXT t\ny A 192.0.2.1\n", "zone").ok());
  const auto file = ParseZoneFile(text + "x A 192.0.2.1\n", "zone");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().message(),
            "zone:4096: 'x': a record set of more than 65535 bytes fits no answer");
}

TEST(ZoneFile, TakesAnEmptyFile) {
  for (const char* text : {"", "\n", "; only a comment", "$TTL 5\n"}) {
    const auto file = ParseZoneFile(text, "zone");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE(file->records.empty());
  }
}

}  // namespace
}  // namespace terrella::dns
