// Junk: what attackers send to a DNS server, from where they pretend to be.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bench/dns_load.h"

namespace terrella::blast {

// xorshift64: the same messages for the same seed.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  uint64_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  size_t Below(size_t bound) { return static_cast<size_t>(Next() % bound); }

 private:
  uint64_t state_;
};

constexpr size_t kJunkBytesMax = 1024;
using JunkBuffer = std::array<char, kJunkBytesMax>;

// Makes messages out of good ones.
class JunkMaker {
 public:
  // `corpus` outlives the maker.
  JunkMaker(const Queries& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}

  // Bytes of chance, or a good message with some of it changed, doubled, cut, extended, or put
  // together with another.
  size_t MakeMalformed(JunkBuffer& out);
  // A good message whose first label is of chance: names that do not exist (a "water torture").
  size_t MakeRandomName(JunkBuffer& out);
  Random& random() { return random_; }

 private:
  std::string_view Pick() { return corpus_.messages[random_.Below(corpus_.messages.size())]; }
  size_t Mutate(JunkBuffer& out, size_t size);
  size_t Splice(JunkBuffer& out, size_t size);
  void Fill(std::span<char> bytes);

  const Queries& corpus_;
  Random random_;
};

enum class JunkKind : uint8_t { kMalformed, kNames, kMixed };

struct JunkOptions {
  JunkKind kind = JunkKind::kMixed;
  // From every address of 127.128.0.0/9, as if forged, or from the hosts of one /24.
  bool everywhere = false;
  uint64_t seed = 1;
};

// Sends junk and never reads what comes back: a filter on the socket drops it.
class JunkSender {
 public:
  JunkSender(const Queries& corpus, const sockaddr_in& server, const JunkOptions& options);
  // Sends up to `count`, at most a batch; how many.
  int Send(int count);
  // Answers that came.
  uint64_t replies() const;

 private:
  static constexpr size_t kControlBytes = CMSG_SPACE(sizeof(in_pktinfo));
  size_t Make(JunkBuffer& out);
  void ForgeSource(size_t i);

  const JunkOptions options_;
  sockaddr_in server_;
  JunkMaker maker_;
  std::vector<int> fds_;
  size_t turn_ = 0;
  std::array<JunkBuffer, kBatch> bytes_;
  std::array<iovec, kBatch> iov_;
  alignas(cmsghdr) std::array<std::array<char, kControlBytes>, kBatch> controls_{};
  std::array<mmsghdr, kBatch> headers_{};
};

}  // namespace terrella::blast
