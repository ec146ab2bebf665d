// What dns_blast sends and counts: query files, sockets, what was asked and what came back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace terrella::blast {

constexpr int kBatch = 64;
constexpr size_t kMessageBytesMax = 2048;  // of an answer; 512 of a query

int64_t NowNs();
// With errno.
[[noreturn]] void Die(std::string_view what);

// The messages of a file, with two bytes of length in front of each (dnsperf's -B).
struct Queries {
  std::string bytes;
  std::vector<std::string_view> messages;
  std::string expect;  // 8 bytes a query, or empty
  // Of each message, where the server's part of its cookie is; 0: it has no room for one.
  std::vector<uint16_t> cookie_at;

  static Queries Load(const std::string& path, const std::string& expect_path = "");
};

// What was sent and came back, by all sockets together.
struct Tally {
  uint64_t sent = 0, received = 0, strange = 0, wrong = 0;
  bool keeps_rtts = false;
  std::vector<int64_t> rtt_ns;

  int64_t Quantile(double q);
  // One JSON object; `more` goes into it.
  void Print(double seconds, std::string_view more = "");
};

// "1.2.3.4:53".
sockaddr_in ParseServer(const std::string& text);
// Every client is of a network of its own: 127.77.<i>.1.
uint32_t ClientAddress(int i);
// A socket that does not block; `source` in host order.
int Connect(int type, uint32_t source, const sockaddr_in& to);

// One UDP socket and what it waits for. It sends the cookie that the server gave it in all queries
// with room for one. IDs are handed out in turn, so that an ID is free again
// only after 65,536 others. An answer counts when its ID and its question are those of a query
// sent.
class Asker {
 public:
  Asker(const Queries& queries, const sockaddr_in& server, int index, size_t first_query);

  // Sends up to `count` queries.
  void Send(int count, Tally& tally);
  void Receive(Tally& tally, std::vector<std::string>* answers = nullptr);
  int pending() const { return pending_; }

 private:
  struct Waiting {
    int64_t sent_ns = 0;
    uint32_t query = 0;
  };
  size_t Query(int i) const { return (next_ + static_cast<size_t>(i)) % queries_.messages.size(); }
  void Take(std::string_view reply, int64_t now, Tally& tally, std::vector<std::string>* answers);
  void LearnCookie(std::string_view reply);
  bool IsWrong(std::string_view reply, size_t question, uint32_t query) const;

  const Queries& queries_;
  int fd_;
  size_t next_;
  uint16_t next_id_ = 0;
  int pending_ = 0;
  int64_t last_ns_ = 0;
  std::string cookie_;  // the server's part; empty before the first answer
  std::vector<Waiting> waiting_ = std::vector<Waiting>(65536);
  std::array<std::array<char, 512>, kBatch> sends_;
  std::array<std::array<char, kMessageBytesMax>, kBatch> replies_;
  std::array<iovec, kBatch> in_, out_;
  std::array<mmsghdr, kBatch> reply_headers_{}, send_headers_{};
};

// A connection that keeps `window` queries under way. Answers may come in any order.
class Stream {
 public:
  Stream(const Queries& queries, const sockaddr_in& server, int index, size_t first_query);
  void Turn(int window, Tally& tally);

 private:
  void Append(Tally& tally);
  void Read(Tally& tally);

  const Queries& queries_;
  int fd_;
  size_t next_;
  int pending_ = 0;
  std::string out_, in_;
};

}  // namespace terrella::blast
