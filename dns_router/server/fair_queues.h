// FairQueues: the sockets of one thread, read in turn, so that a flood fills its own queue.
//
// A socket is a queue, first come, first served: whoever floods it makes everybody behind wait, and
// once it is full the kernel drops the good with the bad. Clients are spread over many sockets by
// their networks (source_spread.h); of those that have something each gives a few datagrams a turn.
// A flood from one network costs the others a turn's delay, and only the 32nd part of them
// that shares its queue loses queries. A flood from everywhere fills all queues; then each is cut
// short (standing_queue.h), so that what gets through is answered soon.
//
// Of a queue that does not empty and still overflows, fewer of those are answered who prove no
// address, ever fewer while it lasts: what is not answered is read at a third of the cost, so that
// those with a good cookie get through.
//
// Thread: one. Owns: an epoll descriptor; not the sockets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dns_router/server/standing_queue.h"

namespace terrella::dns {

class FairQueues {
 public:
  // Datagrams of all sockets a round, about a millisecond's work, and of one socket a turn.
  static constexpr int kRound = 256, kTurnMax = 64, kTurnMin = 8;

  // `stop_fd` becomes readable when the thread shall end. `burst_bytes`: the sockets' SO_RCVBUF.
  FairQueues(std::span<const int> sockets, int stop_fd, int burst_bytes);
  ~FairQueues();
  FairQueues(const FairQueues&) = delete;

  // Waits for datagrams; the places in `sockets` of those that have some. Empty when there are
  // none after all. Valid until the next call.
  std::span<const uint32_t> Wait();
  // How many datagrams to read from each socket of this turn.
  int turn() const { return turn_; }
  // How many in UdpBatch::kAll of those in that queue that prove no address are to be answered.
  uint32_t Admitted(uint32_t place) const;
  // `count` have been read from the socket at `place`.
  void Took(uint32_t place, int count);

 private:
  struct Queue {
    int socket;
    StandingQueue standing;
    bool left = false;  // something, when it was read last
    uint64_t suspect_until_us = 0;
    uint64_t unread = 0;  // when last asked
  };
  void Measure();
  // Whether one that is cut has lost datagrams since this was asked last.
  bool Overflows();
  // Those that had something left and are not ready now: what was left was nothing.
  void ForgetEmpty();
  void Tell(Queue& queue, bool emptied);

  const int burst_bytes_;
  int epoll_ = -1;
  std::vector<Queue> queues_;
  std::vector<uint32_t> ready_;
  std::vector<uint32_t> left_;  // places that may have something left
  int turn_ = kTurnMax;
  uint64_t standing_ = 0;  // queues that are cut
  uint64_t now_us_ = 0;
  uint64_t all_suspect_until_us_ = 0;
  uint32_t admitted_;
  uint32_t overflows_ = 0;  // windows in a row
  uint64_t taken_ = 0, measured_us_ = 0, per_s_ = 0;
};

}  // namespace terrella::dns
