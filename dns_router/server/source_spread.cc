#include "dns_router/server/source_spread.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/status.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {
namespace {

constexpr uint32_t kUdpHeaderBytes = 8;
// Offsets in the IP header, whatever part of the datagram the program is given.
constexpr auto kNetwork = static_cast<uint32_t>(SKF_NET_OFF);
constexpr uint32_t kSourceV4 = kNetwork + 12, kSourceV6 = kNetwork + 8;

constexpr sock_filter Do(uint16_t code, uint32_t k = 0) {
  return {code, 0, 0, k};
}

// A ^= A >> bits
void AppendShiftXor(std::vector<sock_filter>& out, uint32_t bits) {
  out.push_back(Do(BPF_MISC | BPF_TAX));
  out.push_back(Do(BPF_ALU | BPF_RSH | BPF_K, bits));
  out.push_back(Do(BPF_ALU | BPF_XOR | BPF_X));
}

// Every bit of A into every other (the finalizer of MurmurHash3).
void AppendMix(std::vector<sock_filter>& out) {
  AppendShiftXor(out, 16);
  out.push_back(Do(BPF_ALU | BPF_MUL | BPF_K, 0x85ebca6b));
  AppendShiftXor(out, 13);
  out.push_back(Do(BPF_ALU | BPF_MUL | BPF_K, 0xc2b2ae35));
  AppendShiftXor(out, 16);
}

absl::Status Attach(int fd, int option, std::vector<sock_filter> program, std::string_view what) {
  const sock_fprog attached{static_cast<uint16_t>(program.size()), program.data()};
  if (setsockopt(fd, SOL_SOCKET, option, &attached, sizeof(attached)) != 0) {
    return Unavailable("the kernel does not take the program for {}: {}", what,
                       std::strerror(errno));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<sock_filter> SpreadProgram(bool v4, uint32_t sockets, uint32_t key) {
  CHECK(sockets >= 1 && sockets <= 0xffff);
  std::vector<sock_filter> out;
  if (!v4) {  // the first 32 bits; the next 24 follow as those of IPv4 do
    out.push_back(Do(BPF_LD | BPF_W | BPF_ABS, kSourceV6));
    out.push_back(Do(BPF_ALU | BPF_XOR | BPF_K, ~key));
    AppendMix(out);
    out.push_back(Do(BPF_ST, 0));
  }
  out.push_back(Do(BPF_LD | BPF_W | BPF_ABS, v4 ? kSourceV4 : kSourceV6 + 4));
  out.push_back(Do(BPF_ALU | BPF_AND | BPF_K, 0xffffff00));
  if (!v4) {
    out.push_back(Do(BPF_LDX | BPF_MEM, 0));
    out.push_back(Do(BPF_ALU | BPF_XOR | BPF_X));
  }
  out.push_back(Do(BPF_ALU | BPF_XOR | BPF_K, key));
  AppendMix(out);
  out.push_back(Do(BPF_ALU | BPF_MUL | BPF_K, key | 1));
  AppendShiftXor(out, 15);
  out.push_back(Do(BPF_ALU | BPF_MOD | BPF_K, sockets));
  out.push_back(Do(BPF_RET | BPF_A));
  return out;
}

std::vector<sock_filter> SilenceProgram() {
  constexpr uint32_t kFlagsByte = kUdpHeaderBytes + 2, kResponse = 0x80;
  return {
      Do(BPF_LD | BPF_W | BPF_LEN),
      {BPF_JMP | BPF_JGE | BPF_K, 0, 5, kUdpHeaderBytes + kHeaderBytes},
      Do(BPF_LD | BPF_H | BPF_ABS, 0),  // the source port
      {BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 0},
      Do(BPF_LD | BPF_B | BPF_ABS, kFlagsByte),
      {BPF_JMP | BPF_JSET | BPF_K, 1, 0, kResponse},
      Do(BPF_RET | BPF_K, 0xffffffff),
      Do(BPF_RET | BPF_K, 0),
  };
}

absl::Status SpreadSources(int fd, bool v4, uint32_t sockets, uint32_t key) {
  return Attach(fd, SO_ATTACH_REUSEPORT_CBPF, SpreadProgram(v4, sockets, key), "spreading clients");
}

absl::Status FilterSilence(int fd) {
  return Attach(fd, SO_ATTACH_FILTER, SilenceProgram(), "dropping responses");
}

}  // namespace terrella::dns
