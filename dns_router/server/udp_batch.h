// UdpBatch: the buffers of the datagrams a thread reads and answers at a time.
//
// Queries of several sockets of one address may be read into a batch; the answers leave by one of
// them, which makes no difference to who gets them.
//
// Thread: one. Owns: the buffers, wired together once.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/tcp.h"
#include "dns_router/server/responder.h"
#include "dns_router/wire/protocol.h"

namespace terrella::dns {

class UdpBatch {
 public:
  static constexpr int kSize = 64;
  static constexpr uint32_t kAll = 64;

  // `told_destination`: whether the sockets say to which address a datagram was sent (IP_PKTINFO,
  // IPV6_RECVPKTINFO), as those of every local address must.
  explicit UdpBatch(bool told_destination);

  int room() const { return kSize - received_; }
  int received() const { return received_; }
  int answers() const { return answers_; }
  // Reads up to `max` (at most room()) more datagrams without waiting; how many there were. Of
  // those that prove no address `admitted` in kAll are answered, drawn at random.
  int Receive(int socket, int max, uint32_t admitted);
  // Answers all that has been received.
  void Answer(Responder& responder);
  // Sends the answers and empties the batch; how many the kernel took.
  int Send(int socket);

 private:
  static constexpr size_t kQueryBytesMax = 4096;  // longer datagrams are no queries of anybody
  // Apart by other than a power of two, or the first lines of all meet in one set of the cache.
  static constexpr size_t kQueryStride = kQueryBytesMax + 64, kAnswerStride = kUdpBytesMax + 48;
  // Room for the address a datagram was sent to.
  static constexpr size_t kControlBytes = CMSG_SPACE(sizeof(in6_pktinfo));

  bool AnswerOne(int i, int slot, Responder& responder);

  const bool told_destination_;
  int received_ = 0, answers_ = 0;
  uint32_t dice_ = 1;
  std::array<bool, kSize> only_proven_;
  std::array<std::array<char, kQueryStride>, kSize> queries_;
  std::array<std::array<uint8_t, kAnswerStride>, kSize> answer_bytes_;
  std::array<sockaddr_storage, kSize> peers_;
  alignas(cmsghdr) std::array<std::array<char, kControlBytes>, kSize> controls_;
  std::array<iovec, kSize> in_, out_;
  std::array<mmsghdr, kSize> messages_;
};

}  // namespace terrella::dns
