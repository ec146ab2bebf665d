#include "http/proxy_protocol.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::http {
namespace {

ProxyInfo Example(std::string_view source, std::string_view destination) {
  ProxyInfo info;
  info.source = *SocketAddress::Parse(source);
  info.destination = *SocketAddress::Parse(destination);
  return info;
}

TEST(ProxyProtocol, EncodesTheSpecifiedBytes) {
  std::string bytes = *EncodeProxyHeader(Example("127.130.4.7:50000", "127.0.0.1:8080"));
  EXPECT_EQ(bytes, std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"
                               "\x7f\x82\x04\x07\x7f\x00\x00\x01\xc3\x50\x1f\x90",
                               28));
}

TEST(ProxyProtocol, GoesThereAndBackWithTlvs) {
  for (auto [source, destination] :
       {std::pair("10.1.2.3:4", "127.0.0.1:80"), std::pair("[fd74:6572::1]:9", "[::1]:65535")}) {
    ProxyInfo info = Example(source, destination);
    info.tlvs = {{0xe4, std::string("\0binary\xff", 8)}, {0xe5, ""}};
    std::string bytes = *EncodeProxyHeader(info);
    ProxyParse parse = ParseProxyHeader(bytes + "GET / HTTP/1.1\r\n");
    ASSERT_EQ(parse.state, ProxyParse::State::kDone) << parse.error;
    EXPECT_EQ(parse.consumed_bytes, bytes.size());
    EXPECT_EQ(parse.info, info);
    EXPECT_EQ(parse.info.FindTlv(0xe5), "");
    EXPECT_EQ(parse.info.FindTlv(0xe6), std::nullopt);
  }
}

TEST(ProxyProtocol, EveryTruePrefixNeedsMore) {
  ProxyInfo info = Example("10.1.2.3:4", "127.0.0.1:80");
  info.tlvs = {{0xe4, "abc"}};
  std::string bytes = *EncodeProxyHeader(info);
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_EQ(ParseProxyHeader(bytes.substr(0, n)).state, ProxyParse::State::kNeedMore) << n;
  }
}

TEST(ProxyProtocol, TellsHttpFromAHeaderAtTheFirstDifferentByte) {
  EXPECT_EQ(ParseProxyHeader("G").state, ProxyParse::State::kNotProxy);
  EXPECT_EQ(ParseProxyHeader("\r\nG").state, ProxyParse::State::kNotProxy);
  EXPECT_EQ(ParseProxyHeader("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n").state,
            ProxyParse::State::kNotProxy);
}

TEST(ProxyProtocol, LocalHasNoAddresses) {
  ProxyInfo info;
  info.local = true;
  std::string bytes = *EncodeProxyHeader(info);
  ProxyParse parse = ParseProxyHeader(bytes);
  EXPECT_EQ(parse.state, ProxyParse::State::kDone);
  EXPECT_TRUE(parse.info.local);
  // A health checker may put addresses there; they are skipped.
  bytes[15] = 5;
  EXPECT_EQ(ParseProxyHeader(bytes + "12345").consumed_bytes, 21u);
}

class RefusedProxyHeader : public testing::Test {
 protected:
  std::string bytes = *EncodeProxyHeader([] {
    ProxyInfo info = Example("10.1.2.3:4", "127.0.0.1:80");
    info.tlvs = {{0xe4, "abc"}};
    return info;
  }());
  absl::Status Error(const ProxyLimits& limits = {}) {
    ProxyParse parse = ParseProxyHeader(bytes, limits);
    return parse.state == ProxyParse::State::kBad ? parse.error : absl::OkStatus();
  }
};

TEST_F(RefusedProxyHeader, AnotherVersion) {
  bytes[12] = 0x11;
  EXPECT_EQ(Message(Error()), "PROXY header: version 1; expected 2");
}
TEST_F(RefusedProxyHeader, AnotherCommand) {
  bytes[12] = 0x22;
  EXPECT_FALSE(Error().ok());
}
TEST_F(RefusedProxyHeader, UnixSocketsAndDatagrams) {
  for (char family : {0x00, 0x12, 0x22, 0x31, 0x41}) {
    bytes[13] = family;
    EXPECT_FALSE(Error().ok()) << int{family};
  }
}
TEST_F(RefusedProxyHeader, AddressesCutShort) {
  bytes[15] = 11;
  EXPECT_FALSE(Error().ok());
}
TEST_F(RefusedProxyHeader, TlvPastTheEnd) {
  bytes[30] = 4;
  EXPECT_EQ(Message(Error()), "PROXY header: TLV 0xe4 of 4 bytes passes the end");
  bytes[15] = 14;
  EXPECT_EQ(Message(Error()), "PROXY header: TLV cut short at byte 28");
}
TEST_F(RefusedProxyHeader, BeyondTheLimits) {
  EXPECT_EQ(Error({.header_bytes_max = 17}).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Error({.header_bytes_max = 18}).ok());
  EXPECT_EQ(Error({.tlvs_max = 0}).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(RefusedProxyHeader, WrongChecksumOnly) {
  // The checksum is computed over the header with four zeros in its place.
  bytes += std::string("\x03\x00\x04\x00\x00\x00\x00", 7);
  bytes[15] = 25;
  EXPECT_EQ(Error().code(), absl::StatusCode::kDataLoss);
  uint32_t crc = 0xffffffff;
  for (char c : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      bool one = ((crc ^ static_cast<uint32_t>(static_cast<uint8_t>(c)) >> bit) & 1) != 0;
      crc = crc >> 1 ^ (one ? 0x82f63b78u : 0u);
    }
  }
  crc = ~crc;
  for (int i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<char>(crc >> (24 - 8 * i));
  EXPECT_TRUE(Error().ok());
  EXPECT_EQ(ParseProxyHeader(bytes).info.tlvs.size(), 1u);
}

TEST(ProxyProtocol, RefusesToEncodeWhatCannotBeSaid) {
  EXPECT_FALSE(EncodeProxyHeader(Example("10.0.0.1:1", "[::1]:1")).ok());
  ProxyInfo info = Example("10.0.0.1:1", "10.0.0.2:1");
  info.tlvs = {{0xe4, std::string(65'530, 'x')}};
  EXPECT_FALSE(EncodeProxyHeader(info).ok());
  info.tlvs = {{0x03, "crc!"}};
  EXPECT_FALSE(EncodeProxyHeader(info).ok());
}

}  // namespace
}  // namespace terrella::http
