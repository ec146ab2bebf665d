// The numbers of the DNS protocol that this server speaks of, by the names of the IANA registry.
#pragma once

#include <cstddef>
#include <cstdint>

namespace terrella::dns {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kLabelBytesMax = 63;
constexpr size_t kNameBytesMax = 255;  // with length bytes and the root (RFC 1035 section 2.3.4)
constexpr size_t kTcpMessageBytesMax = 65535;
// Encrypted answers to who pads are of a multiple of this size (RFC 8467 section 4.1).
constexpr size_t kPaddingBlockBytes = 468;
// What every UDP client takes (RFC 1035), and what passes the Internet in one piece (RFC 9715).
constexpr size_t kUdpBytesWithoutEdns = 512;
constexpr size_t kUdpBytesMax = 1232;

enum class Opcode : uint8_t { kQuery = 0, kNotify = 4 };

// The upper eight bits of an extended code travel in the OPT record (RFC 6891 section 6.1.3).
enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kNotAuth = 9,  // not the zone's server (RFC 2136), or a TSIG that fails (RFC 8945)
  kBadVers = 16,
  kBadCookie = 23,
};

enum class Type : uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kHinfo = 13,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kDname = 39,
  kOpt = 41,
  kDs = 43,
  kRrsig = 46,
  kNsec = 47,
  kDnskey = 48,
  kNsec3 = 50,
  kNsec3param = 51,
  kSvcb = 64,
  kHttps = 65,
  kNxname = 128,  // only in NSEC: the name does not exist (RFC 9824)
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
  kCookie = 10,        // RFC 7873
  kTcpKeepalive = 11,  // RFC 7828
  kPadding = 12,       // RFC 7830
  kExtendedError = 15  // RFC 8914
};

// Extended DNS errors (RFC 8914 section 4).
enum class ExtendedError : uint16_t {
  kNotReady = 14,
  kProhibited = 18,
  kNotAuthoritative = 20,
  kNotSupported = 21,
  kNetworkError = 23,
  kInvalidQueryType = 30,
};

// The compression pointer to the question's name, which always starts after the header.
constexpr uint16_t kQuestionNameOffset = kHeaderBytes;

}  // namespace terrella::dns
