#include "bench/dns_junk.h"

#include <linux/filter.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <cstring>

namespace terrella::blast {
namespace {

constexpr uint32_t kNear = 0x7f630101;        // 127.99.1.1 and its neighbours
constexpr uint32_t kEverywhere = 0x7f800000;  // 127.128.0.0/9
constexpr int kNearHosts = 4;

void DropEverything(int fd) {
  sock_filter none{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &none};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    Die("SO_ATTACH_FILTER");
  }
}

}  // namespace

void JunkMaker::Fill(std::span<char> bytes) {
  for (size_t at = 0; at < bytes.size(); at += 8) {
    const uint64_t word = random_.Next();
    std::memcpy(bytes.data() + at, &word, std::min<size_t>(8, bytes.size() - at));
  }
}

size_t JunkMaker::MakeMalformed(JunkBuffer& out) {
  if (random_.Below(8) == 0) {
    const size_t size = random_.Below(out.size());
    Fill({out.data(), size});
    return size;
  }
  const std::string_view message = Pick();
  std::memcpy(out.data(), message.data(), message.size());
  size_t size = message.size();
  for (size_t changes = 1 + random_.Below(4); changes > 0 && size > 0; --changes) {
    size = Mutate(out, size);
  }
  return size;
}

// Numbers that are limits somewhere are more telling than any byte.
size_t JunkMaker::Mutate(JunkBuffer& out, size_t size) {
  static constexpr std::array<uint8_t, 10> kEdges{0, 1, 12, 63, 64, 0x7f, 0x80, 0xc0, 0xfe, 0xff};
  char& byte = out[random_.Below(size)];
  switch (random_.Below(10)) {
    case 0:
    case 1:
      byte = static_cast<char>(random_.Next());
      return size;
    case 2:
    case 3:
      byte = static_cast<char>(kEdges[random_.Below(kEdges.size())]);
      return size;
    case 4:
      byte = static_cast<char>(byte ^ 1 << random_.Below(8));
      return size;
    case 5:  // a header of other flags and counts
      out[std::min(size - 1, 2 + random_.Below(10))] = static_cast<char>(random_.Below(4));
      return size;
    case 6:
      return random_.Below(size + 1);
    case 7: {
      const size_t more = random_.Below(out.size() - size + 1);
      Fill({out.data() + size, more});
      return size + more;
    }
    case 8: {  // a piece twice
      const size_t from = random_.Below(size);
      const size_t more = std::min(size - from, out.size() - size);
      std::memmove(out.data() + from + more, out.data() + from, size - from);
      return size + more;
    }
    default:
      return Splice(out, size);
  }
}

// The beginning of one message and the end of another.
size_t JunkMaker::Splice(JunkBuffer& out, size_t size) {
  const std::string_view other = Pick();
  const size_t keep = random_.Below(size + 1);
  const std::string_view tail = other.substr(random_.Below(other.size()));
  const size_t more = std::min(tail.size(), out.size() - keep);
  std::memcpy(out.data() + keep, tail.data(), more);
  return keep + more;
}

size_t JunkMaker::MakeRandomName(JunkBuffer& out) {
  constexpr size_t kLabel = 12;
  const std::string_view message = Pick();
  if (message.size() < 14 || message[12] < 1 || message[12] > 63) return MakeMalformed(out);
  const size_t rest = 13 + static_cast<size_t>(message[12]);  // behind the first label
  if (rest >= message.size()) return MakeMalformed(out);
  std::memcpy(out.data(), message.data(), 12);
  out[12] = kLabel;
  for (size_t i = 0; i < kLabel; ++i) out[13 + i] = static_cast<char>('a' + random_.Below(26));
  std::memcpy(out.data() + 13 + kLabel, message.data() + rest, message.size() - rest);
  const auto id = static_cast<uint16_t>(random_.Next());
  std::memcpy(out.data(), &id, 2);
  return message.size() - rest + 13 + kLabel;
}

JunkSender::JunkSender(const Queries& corpus, const sockaddr_in& server, const JunkOptions& options)
    : options_(options), server_(server), maker_(corpus, options.seed) {
  const int sockets = options.everywhere ? 1 : kNearHosts;
  for (int i = 0; i < sockets; ++i) {
    const uint32_t source = options.everywhere ? INADDR_ANY : kNear + static_cast<uint32_t>(i);
    fds_.push_back(options.everywhere ? socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)
                                      : Connect(SOCK_DGRAM, source, server));
    if (fds_.back() < 0) Die("socket");
    DropEverything(fds_.back());
  }
  for (size_t i = 0; i < kBatch; ++i) {
    iov_[i].iov_base = bytes_[i].data();
    msghdr& header = headers_[i].msg_hdr;
    header.msg_iov = &iov_[i];
    header.msg_iovlen = 1;
    if (!options.everywhere) continue;
    header.msg_name = &server_;
    header.msg_namelen = sizeof server_;
    header.msg_control = controls_[i].data();
    header.msg_controllen = controls_[i].size();
  }
}

// The kernel lets whoever owns an address send from it, and all of 127.0.0.0/8 is this machine's.
void JunkSender::ForgeSource(size_t i) {
  cmsghdr* const control = CMSG_FIRSTHDR(&headers_[i].msg_hdr);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst.s_addr =
      htonl(kEverywhere + 1 + static_cast<uint32_t>(maker_.random().Below(0x7ffffe)));
  std::memcpy(CMSG_DATA(control), &info, sizeof info);
}

size_t JunkSender::Make(JunkBuffer& out) {
  const bool is_name = options_.kind == JunkKind::kNames ||
                       (options_.kind == JunkKind::kMixed && maker_.random().Below(2) == 0);
  return is_name ? maker_.MakeRandomName(out) : maker_.MakeMalformed(out);
}

int JunkSender::Send(int count) {
  count = std::min(count, kBatch);
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    iov_[i].iov_len = Make(bytes_[i]);
    if (options_.everywhere) ForgeSource(i);
  }
  const int fd = fds_[++turn_ % fds_.size()];
  return std::max(sendmmsg(fd, headers_.data(), static_cast<unsigned>(count), 0), 0);
}

uint64_t JunkSender::replies() const {
  uint64_t total = 0;
  for (const int fd : fds_) {
    std::array<uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0) {
      total += info[SK_MEMINFO_DROPS];
    }
  }
  return total;
}

}  // namespace terrella::blast
