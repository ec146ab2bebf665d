#include "dns_router/server/fair_queues.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "dns_router/server/udp_batch.h"
#include "dns_router/server/udp_socket.h"

namespace terrella::dns {
namespace {

constexpr uint64_t kMeasureUs = 20'000;
// What a small datagram takes of a socket's memory; the kernel doubles the number it is given.
constexpr uint64_t kDatagramBytes = 1024;
constexpr int kEventsMax = 128;
constexpr uint32_t kFloodWindows = 10;      // of kMeasureUs in a row in which a cut queue lost some
constexpr uint64_t kSuspectUs = 1'000'000;  // after it was cut last

uint64_t CoarseNowUs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

void Watch(int epoll, int fd, uint32_t place) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = place;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

}  // namespace

FairQueues::FairQueues(std::span<const int> sockets, int stop_fd, int burst_bytes)
    : burst_bytes_(burst_bytes),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      admitted_(UdpBatch::kAll),
      measured_us_(CoarseNowUs()) {
  CHECK(epoll_ >= 0 && !sockets.empty() && sockets.size() < kEventsMax);
  for (const int socket : sockets) {
    Watch(epoll_, socket, static_cast<uint32_t>(queues_.size()));
    queues_.push_back({.socket = socket, .standing = {}});
  }
  Watch(epoll_, stop_fd, static_cast<uint32_t>(queues_.size()));
}

FairQueues::~FairQueues() {
  close(epoll_);
}

std::span<const uint32_t> FairQueues::Wait() {
  std::array<epoll_event, kEventsMax> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(queues_.size()) + 1, -1);
  ready_.clear();
  for (int i = 0; i < count; ++i) {
    const uint32_t place = events[static_cast<size_t>(i)].data.u32;
    if (place < queues_.size()) ready_.push_back(place);
  }
  turn_ = std::clamp(kRound / std::max(count, 1), kTurnMin, kTurnMax);
  Measure();
  ForgetEmpty();
  return ready_;
}

void FairQueues::ForgetEmpty() {
  for (const uint32_t place : ready_) queues_[place].left = false;
  for (const uint32_t place : left_) {
    if (std::exchange(queues_[place].left, false)) Tell(queues_[place], /*emptied=*/true);
  }
  left_.clear();
}

void FairQueues::Measure() {
  now_us_ = CoarseNowUs();
  const uint64_t elapsed_us = now_us_ - measured_us_;
  if (elapsed_us < kMeasureUs) return;
  // The best of late: a window with pauses says little of what could have been answered.
  per_s_ = std::max(per_s_ * 15 / 16, taken_ * 1'000'000 / elapsed_us);
  taken_ = 0;
  measured_us_ = now_us_;
  // What is too much is found as TCP finds its rate: fast down, slowly up (AIMD). It begins only
  // where a flood has lasted, or a burst would be answered with silence.
  overflows_ = Overflows() ? overflows_ + 1 : 0;
  const bool too_much = overflows_ >= (admitted_ == UdpBatch::kAll ? kFloodWindows : 1u);
  admitted_ = too_much ? std::max(admitted_ * 7 / 8, 1u) : std::min(admitted_ + 2, UdpBatch::kAll);
  // From everywhere: what stands then are the queues of the busiest clients, not those of the
  // flood.
  if (standing_ * 8 > queues_.size()) all_suspect_until_us_ = now_us_ + kSuspectUs;
}

bool FairQueues::Overflows() {
  if (standing_ == 0) return false;
  bool overflows = false;
  for (Queue& queue : queues_) {
    if (!queue.standing.is_cut()) continue;
    const uint64_t before = std::exchange(queue.unread, UnreadDatagrams(queue.socket));
    overflows |= queue.unread != before;
  }
  return overflows;
}

uint32_t FairQueues::Admitted(uint32_t place) const {
  const uint64_t until_us = std::max(queues_[place].suspect_until_us, all_suspect_until_us_);
  return now_us_ < until_us ? admitted_ : UdpBatch::kAll;
}

void FairQueues::Took(uint32_t place, int count) {
  Queue& queue = queues_[place];
  taken_ += static_cast<uint64_t>(count);
  if (queue.standing.is_cut()) queue.suspect_until_us = now_us_ + kSuspectUs;
  queue.left = count == turn_;
  if (queue.left) left_.push_back(place);
  Tell(queue, !queue.left);
}

void FairQueues::Tell(Queue& queue, bool emptied) {
  const bool was_cut = queue.standing.is_cut();
  const auto limit = queue.standing.Read(emptied, now_us_, per_s_, standing_);
  if (!limit) return;
  standing_ += queue.standing.is_cut() ? 1 : 0;
  standing_ -= was_cut ? 1 : 0;
  const int bytes = *limit == 0
                        ? burst_bytes_
                        : static_cast<int>(std::min<uint64_t>(*limit * kDatagramBytes / 2,
                                                              static_cast<uint64_t>(burst_bytes_)));
  setsockopt(queue.socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));  // best effort
}

}  // namespace terrella::dns
