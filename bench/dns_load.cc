#include "bench/dns_load.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace terrella::blast {
namespace {

std::string ReadAll(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) Die(path);
  std::string out;
  std::array<char, 1 << 16> chunk;
  for (size_t n; (n = std::fread(chunk.data(), 1, chunk.size(), file)) > 0;) {
    out.append(chunk.data(), n);
  }
  std::fclose(file);
  return out;
}

// The cookies of bench/dns_world.py: the client's part is always the same.
constexpr std::string_view kFullCookie(
    "\0\x0a\0\x18"
    "clientck",
    12);
constexpr size_t kServerCookieBytes = 16;

// Where the server's part is; 0: there is none of that size.
size_t ServerCookieAt(std::string_view message) {
  const size_t at = message.find(kFullCookie);
  const bool whole = at != std::string_view::npos &&
                     at + kFullCookie.size() + kServerCookieBytes <= message.size();
  return whole ? at + kFullCookie.size() : 0;
}

size_t QuestionBytes(std::string_view message) {
  size_t at = 12;
  while (at < message.size() && message[at] != 0) at += 1u + static_cast<uint8_t>(message[at]);
  return at + 5 - 12;
}

}  // namespace

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Die(std::string_view what) {
  fmt::print(stderr, "dns_blast: {}: {}\n", what, std::strerror(errno));
  std::exit(2);
}

Queries Queries::Load(const std::string& path, const std::string& expect_path) {
  Queries q;
  q.bytes = ReadAll(path);
  for (std::string_view rest = q.bytes; rest.size() >= 2;) {
    const size_t size =
        static_cast<size_t>(static_cast<uint8_t>(rest[0]) << 8 | static_cast<uint8_t>(rest[1]));
    if (size < 12 || size > 512 || rest.size() < 2 + size) Die("malformed " + path);
    q.messages.push_back(rest.substr(2, size));
    q.cookie_at.push_back(static_cast<uint16_t>(ServerCookieAt(q.messages.back())));
    rest.remove_prefix(2 + size);
  }
  if (q.messages.empty()) Die("no messages in " + path);
  if (!expect_path.empty()) q.expect = ReadAll(expect_path);
  if (!q.expect.empty() && q.expect.size() != 8 * q.messages.size())
    Die("--expect of another size");
  return q;
}

int64_t Tally::Quantile(double q) {
  if (rtt_ns.empty()) return 0;
  const auto at =
      rtt_ns.begin() + static_cast<ptrdiff_t>(q * static_cast<double>(rtt_ns.size() - 1));
  std::nth_element(rtt_ns.begin(), at, rtt_ns.end());
  return *at;
}

void Tally::Print(double seconds, std::string_view more) {
  const auto us = [&](double q) { return static_cast<double>(Quantile(q)) / 1e3; };
  fmt::print(
      "{{\"sent\":{},\"answers\":{},\"strange\":{},\"wrong\":{},\"seconds\":{:.4f},"
      "\"p50_us\":{:.1f},\"p99_us\":{:.1f},\"max_us\":{:.1f}{}}}\n",
      sent, received, strange, wrong, seconds, us(0.5), us(0.99), us(1), more);
}

sockaddr_in ParseServer(const std::string& text) {
  const size_t colon = text.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &to.sin_addr) != 1) {
    Die("--server: expected 1.2.3.4:53");
  }
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return to;
}

uint32_t ClientAddress(int i) {
  return 0x7f4d0001u + (static_cast<uint32_t>(i & 0xff) << 8);
}

int Connect(int type, uint32_t source, const sockaddr_in& to) {
  const int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
  if (fd < 0) Die("socket");
  const int bytes = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(source);
  if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) Die("bind");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
    Die("connect");
  }
  return fd;
}

Asker::Asker(const Queries& queries, const sockaddr_in& server, int index, size_t first_query)
    : queries_(queries),
      fd_(Connect(SOCK_DGRAM, ClientAddress(index), server)),
      next_(first_query) {
  for (size_t i = 0; i < kBatch; ++i) {
    in_[i] = {replies_[i].data(), replies_[i].size()};
    reply_headers_[i].msg_hdr.msg_iov = &in_[i];
    reply_headers_[i].msg_hdr.msg_iovlen = 1;
    out_[i].iov_base = sends_[i].data();
    send_headers_[i].msg_hdr.msg_iov = &out_[i];
    send_headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

void Asker::Send(int count, Tally& tally) {
  count = std::min(count, kBatch);
  if (count <= 0) return;
  const int64_t now = NowNs();
  for (int i = 0; i < count; ++i) {
    const auto id = static_cast<uint16_t>(next_id_ + static_cast<unsigned>(i));
    const std::string_view message = queries_.messages[Query(i)];
    std::memcpy(sends_[i].data(), message.data(), message.size());
    const size_t cookie_at = queries_.cookie_at[Query(i)];
    if (cookie_at != 0 && !cookie_.empty()) {
      std::memcpy(sends_[i].data() + cookie_at, cookie_.data(), cookie_.size());
    }
    sends_[i][0] = static_cast<char>(id >> 8);
    sends_[i][1] = static_cast<char>(id);
    out_[i].iov_len = message.size();
    waiting_[id] = {now, static_cast<uint32_t>(Query(i))};
  }
  const int sent = sendmmsg(fd_, send_headers_.data(), static_cast<unsigned>(count), 0);
  for (int i = std::max(sent, 0); i < count; ++i) {
    waiting_[static_cast<uint16_t>(next_id_ + static_cast<unsigned>(i))].sent_ns = 0;
  }
  if (sent <= 0) return;
  next_id_ = static_cast<uint16_t>(next_id_ + static_cast<unsigned>(sent));
  next_ = Query(sent);
  tally.sent += static_cast<uint64_t>(sent);
  pending_ += sent;
  last_ns_ = now;
}

void Asker::Receive(Tally& tally, std::vector<std::string>* answers) {
  for (int got = kBatch; got == kBatch;) {
    got = recvmmsg(fd_, reply_headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
    const int64_t now = NowNs();
    for (int i = 0; i < got; ++i)
      Take({replies_[i].data(), reply_headers_[i].msg_len}, now, tally, answers);
    if (got > 0) last_ns_ = now;
  }
  // What is not answered after 100 ms of silence is lost.
  if (pending_ > 0 && NowNs() - last_ns_ > 100'000'000) pending_ = 0;
}

void Asker::Take(std::string_view reply, int64_t now, Tally& tally,
                 std::vector<std::string>* answers) {
  if (reply.size() < 12) {
    ++tally.strange;
    return;
  }
  Waiting& waiting = waiting_[static_cast<size_t>(static_cast<uint8_t>(reply[0])) << 8 |
                              static_cast<uint8_t>(reply[1])];
  const std::string_view message = queries_.messages[waiting.query];
  const size_t question = QuestionBytes(message);
  if (waiting.sent_ns == 0 || reply.size() < 12 + question ||
      std::memcmp(reply.data() + 12, message.data() + 12, question) != 0) {
    ++tally.strange;
    return;
  }
  ++tally.received;
  --pending_;
  if (tally.keeps_rtts) tally.rtt_ns.push_back(now - waiting.sent_ns);
  waiting.sent_ns = 0;
  if (answers != nullptr) (*answers)[waiting.query] = reply;
  if (cookie_.empty() && queries_.cookie_at[waiting.query] != 0) LearnCookie(reply);
  if (!queries_.expect.empty()) tally.wrong += IsWrong(reply, question, waiting.query);
}

void Asker::LearnCookie(std::string_view reply) {
  const size_t at = ServerCookieAt(reply);
  if (at != 0) cookie_ = reply.substr(at, kServerCookieBytes);
}

bool Asker::IsWrong(std::string_view reply, size_t question, uint32_t query) const {
  const char* expect = queries_.expect.data() + 8 * size_t{query};
  if (std::memcmp(expect, "\0\0\0\0", 4) == 0) return false;  // any will do
  if (reply.size() < 12 + question + 16) return true;
  const char* address = reply.data() + 12 + question + 12;
  return std::memcmp(expect, address, 4) != 0 && std::memcmp(expect + 4, address, 4) != 0;
}

Stream::Stream(const Queries& queries, const sockaddr_in& server, int index, size_t first_query)
    : queries_(queries),
      fd_(Connect(SOCK_STREAM, ClientAddress(index), server)),
      next_(first_query) {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Stream::Turn(int window, Tally& tally) {
  Read(tally);
  // In bulk, or the client spends its time on system calls of one query each.
  if (out_.empty() && pending_ <= window / 2) {
    while (pending_ < window) Append(tally);
  }
  if (out_.empty()) return;
  const ssize_t n = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) out_.erase(0, static_cast<size_t>(n));
}

void Stream::Append(Tally& tally) {
  const std::string_view m = queries_.messages[next_];
  next_ = (next_ + 1) % queries_.messages.size();
  out_.push_back(static_cast<char>(m.size() >> 8));
  out_.push_back(static_cast<char>(m.size()));
  out_ += m;
  ++tally.sent;
  ++pending_;
}

void Stream::Read(Tally& tally) {
  std::array<char, 1 << 16> chunk;
  const ssize_t n = recv(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (n <= 0) return;
  in_.append(chunk.data(), static_cast<size_t>(n));
  size_t at = 0;
  while (in_.size() - at >= 2) {
    const size_t size =
        static_cast<size_t>(static_cast<uint8_t>(in_[at]) << 8 | static_cast<uint8_t>(in_[at + 1]));
    if (in_.size() - at < 2 + size) break;
    at += 2 + size;
    ++tally.received;
    --pending_;
  }
  in_.erase(0, at);
}

}  // namespace terrella::blast
