// The numbers of the DNS protocol that this server speaks of, by the names of the IANA registry.
#pragma once

#include <cstddef>
#include <cstdint>

namespace terrella::dns {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kLabelBytesMax = 63;
constexpr size_t kNameBytesMax = 255;  // with length bytes and the root (RFC 1035 section 2.3.4)
constexpr size_t kTcpMessageBytesMax = 65535;
// What every UDP client takes (RFC 1035), and what passes the Internet in one piece (RFC 9715).
constexpr size_t kUdpBytesWithoutEdns = 512;
constexpr size_t kUdpBytesMax = 1232;

enum class Opcode : uint8_t { kQuery = 0 };

// The upper eight bits of an extended code travel in the OPT record (RFC 6891 section 6.1.3).
enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kBadVers = 16,
};

enum class Type : uint16_t {
  kA = 1,
  kNs = 2,
  kSoa = 6,
  kHinfo = 13,
  kTxt = 16,
  kAaaa = 28,
  kOpt = 41,
  kTkey = 249,
  kTsig = 250,
  kIxfr = 251,
  kAxfr = 252,
  kMailb = 253,
  kMaila = 254,
  kAny = 255,
};

enum class Class : uint16_t { kIn = 1, kChaos = 3, kAny = 255 };

enum class EdnsOption : uint16_t {
  kNsid = 3,           // RFC 5001
  kClientSubnet = 8,   // RFC 7871
  kTcpKeepalive = 11,  // RFC 7828
  kExtendedError = 15  // RFC 8914
};

// Extended DNS errors (RFC 8914 section 4).
enum class ExtendedError : uint16_t {
  kNotReady = 14,
  kProhibited = 18,
  kNotAuthoritative = 20,
  kNotSupported = 21,
  kNetworkError = 23,
};

// The compression pointer to the question's name, which always starts after the header.
constexpr uint16_t kQuestionNameOffset = kHeaderBytes;

}  // namespace terrella::dns
