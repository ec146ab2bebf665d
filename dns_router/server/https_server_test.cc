// The two pure parts of DNS over HTTPS; the rest is asked by curl and kdig in
// tests/integration/dns_https_test.py.
#include "dns_router/server/https_server.h"

#include <gtest/gtest.h>

#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

TEST(FromBase64Url, ReadsWhatRfc4648SaysAndNothingElse) {
  const struct {
    std::string_view text;
    std::optional<std::string> bytes;
  } rows[] = {
      // RFC 4648 section 10, without the padding (RFC 8484 section 6).
      {"", ""},
      {"Zg", "f"},
      {"Zm8", "fo"},
      {"Zm9v", "foo"},
      {"Zm9vYg", "foob"},
      {"Zm9vYmE", "fooba"},
      {"Zm9vYmFy", "foobar"},
      {"-_8", "\xfb\xff"},
      {"+/8", std::nullopt},   // the other alphabet
      {"Zg==", std::nullopt},  // padding
      {"Z", std::nullopt},     // six bits
      {"Zh", std::nullopt},    // bits left over
      {"Zm9v\n", std::nullopt},
      {std::string_view("Zm\0v", 4), std::nullopt},
  };
  for (const auto& row : rows) EXPECT_EQ(FromBase64Url(row.text), row.bytes) << row.text;
}

std::string Record(std::string_view name, unsigned type, uint32_t ttl_s, std::string_view content) {
  return std::string(name) + testing::Word(type) + testing::Word(1) + testing::Word(ttl_s >> 16) +
         testing::Word(ttl_s & 0xffff) + testing::Word(static_cast<unsigned>(content.size())) +
         std::string(content);
}

TEST(LeastTtl, IsTheLeastOfAllRecordsButTheOpt) {
  testing::QueryParts parts;
  EXPECT_EQ(LeastTtl(testing::Build(parts)), 0u) << "no records";
  parts.answers = 2;
  parts.additionals = 1;
  const std::string_view pointer = "\xc0\x0c";
  parts.tail = Record(pointer, 1, 300, "abcd") + Record("\1a\xc0\x0c", 1, 70'000, "abcd") +
               Record(std::string_view("\0", 1), 41, 0, "");
  EXPECT_EQ(LeastTtl(testing::Build(parts)), 300u);
  parts.answers = 0;
  parts.authorities = 1;
  parts.tail = Record(pointer, 6, 5, "soa") + Record(std::string_view("\0", 1), 41, 0, "");
  EXPECT_EQ(LeastTtl(testing::Build(parts)), 5u);
}

}  // namespace
}  // namespace terrella::dns
