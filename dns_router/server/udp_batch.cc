#include "dns_router/server/udp_batch.h"

#include <cerrno>
#include <cstring>
#include <span>

#include "base/sockaddr.h"
#include "dns_router/server/udp_socket.h"

namespace terrella::dns {
namespace {

// The answer leaves from the address the query came to, by whatever interface routing says.
void ClearInterface(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof(info));
      info.ipi_ifindex = 0;
      info.ipi_spec_dst = info.ipi_addr;
      std::memcpy(CMSG_DATA(c), &info, sizeof(info));
    }
  }
}

}  // namespace

UdpBatch::UdpBatch(bool told_destination) : told_destination_(told_destination) {
  for (size_t i = 0; i < kSize; ++i) {
    in_[i] = {queries_[i].data(), kQueryBytesMax};
    out_[i].iov_base = answer_bytes_[i].data();
  }
}

int UdpBatch::Receive(int socket, int max, uint32_t admitted) {
  const auto first = static_cast<size_t>(received_);
  for (size_t i = first; i < first + static_cast<size_t>(max); ++i) {
    msghdr& header = messages_[i].msg_hdr;
    header = {};
    header.msg_name = &peers_[i];
    header.msg_namelen = sizeof(peers_[i]);
    header.msg_iov = &in_[i];
    header.msg_iovlen = 1;
    if (told_destination_) {
      header.msg_control = controls_[i].data();
      header.msg_controllen = controls_[i].size();
    }
  }
  // An error here is one of an earlier answer (the client's port was closed): nothing to do.
  const int count =
      recvmmsg(socket, &messages_[first], static_cast<unsigned>(max), MSG_DONTWAIT, nullptr);
  if (count <= 0) return 0;
  for (size_t i = first; i < first + static_cast<size_t>(count); ++i) {
    dice_ = dice_ * 1664525 + 1013904223;  // Numerical Recipes
    only_proven_[i] = (dice_ >> 16) % kAll >= admitted;
  }
  received_ += count;
  return count;
}

void UdpBatch::Answer(Responder& responder) {
  for (int i = 0; i < received_; ++i) answers_ += AnswerOne(i, answers_, responder);
}

// Answers datagram `i` into the place `slot` (<= i) of the answers to send; false when there is
// none.
bool UdpBatch::AnswerOne(int i, int slot, Responder& responder) {
  const auto from = static_cast<size_t>(i), to = static_cast<size_t>(slot);
  const mmsghdr& query = messages_[from];
  if ((query.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
    responder.counters().CountDrop(DropReason::kTooLong);
    return false;
  }
  const SocketAddress peer = FromSockaddr(peers_[from]);
  if (peer.port == 0) {
    responder.counters().CountDrop(DropReason::kNoPort);
    return false;
  }
  const size_t size =
      responder.Answer({queries_[from].data(), query.msg_len}, peer.ip,
                       std::span(answer_bytes_[to]).first(kUdpBytesMax), only_proven_[from]);
  if (size == 0) return false;
  out_[to].iov_len = size;
  msghdr header = query.msg_hdr;
  header.msg_iov = &out_[to];
  header.msg_flags = 0;
  if (header.msg_controllen == 0) header.msg_control = nullptr;
  ClearInterface(header);
  messages_[to].msg_hdr = header;
  return true;
}

int UdpBatch::Send(int socket) {
  int sent = 0, lost = 0;
  while (sent + lost < answers_) {
    const int n = sendmmsg(socket, messages_.data() + sent + lost,
                           static_cast<unsigned>(answers_ - sent - lost), 0);
    if (n > 0) {
      sent += n;
    } else if (errno != EINTR) {
      ++lost;  // only this one: another may still go out
    }
  }
  received_ = answers_ = 0;
  return sent;
}

}  // namespace terrella::dns
