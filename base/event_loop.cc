#include "base/event_loop.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"

namespace terrella {

EventLoop::EventLoop() {
  // Writing to a socket whose peer is gone is an error of that connection, never the end of the
  // process.
  signal(SIGPIPE, SIG_IGN);
  CHECK(uv_loop_init(&loop_) == 0);
  loop_.data = this;
  // Not libuv's own: its receiver spins until a sender that it has displaced from the processor is
  // through, and every send is a system call.
  wakeup_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(wakeup_fd_ >= 0);
  CHECK(uv_poll_init(&loop_, &wakeup_, wakeup_fd_) == 0);
  wakeup_.data = this;
  CHECK(uv_poll_start(&wakeup_, UV_READABLE, [](uv_poll_t* handle, int, int) {
          static_cast<EventLoop*>(handle->data)->DrainMailbox();
        }) == 0);
  CHECK(uv_check_init(&loop_, &after_poll_) == 0);
  after_poll_.data = this;
  CHECK(uv_idle_init(&loop_, &keeps_awake_) == 0);
  timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  CHECK(timer_fd_ >= 0);
  CHECK(uv_poll_init(&loop_, &timer_poll_, timer_fd_) == 0);
  timer_poll_.data = this;
  CHECK(uv_poll_start(&timer_poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
          static_cast<EventLoop*>(handle->data)->FireTimers();
        }) == 0);
}

EventLoop::~EventLoop() {
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void*) {
        if (handle->type == UV_TCP && !uv_is_closing(handle))
          static_cast<SocketHandle*>(handle->data)->CloseNow();
      },
      nullptr);
  CHECK(timers_.empty());
  uv_close(reinterpret_cast<uv_handle_t*>(&wakeup_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&after_poll_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&keeps_awake_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_poll_), nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop_) == 0);
  close(wakeup_fd_);
  close(timer_fd_);
}

void EventLoop::Run() {
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (stop_) {
        stop_ = false;
        return;
      }
    }
    uv_run(&loop_, UV_RUN_ONCE);
  }
}

void EventLoop::RunOnce() {
  uv_run(&loop_, UV_RUN_NOWAIT);
}

void EventLoop::Stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  WakeUp();
}

void EventLoop::Post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    mailbox_.push_back(std::move(task));
    if (mailbox_.size() > 1) return;  // who put the first one in wakes the loop
  }
  WakeUp();
}

void EventLoop::WakeUp() {
  const uint64_t one = 1;
  while (write(wakeup_fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void EventLoop::DrainMailbox() {
  uint64_t calls;
  // Before the mailbox: a task that comes in between wakes the loop once more.
  while (read(wakeup_fd_, &calls, sizeof calls) < 0 && errno == EINTR) {
  }
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(mailbox_);
  }
  for (auto& task : tasks) task();
}

void EventLoop::Defer(std::function<void()> task) {
  deferred_.push_back(std::move(task));
  if (deferred_.size() > 1) return;
  uv_check_start(&after_poll_,
                 [](uv_check_t* handle) { static_cast<EventLoop*>(handle->data)->RunDeferred(); });
  uv_idle_start(&keeps_awake_, [](uv_idle_t*) {});
}

void EventLoop::RunDeferred() {
  uv_check_stop(&after_poll_);
  uv_idle_stop(&keeps_awake_);
  // What these defer in turn runs after the loop has looked for events once.
  std::vector<std::function<void()>> tasks = std::exchange(deferred_, {});
  for (auto& task : tasks) task();
}

EventLoop::TimerKey EventLoop::AddTimer(MonotonicTime due, Timer* timer) {
  TimerKey key{due, next_timer_id_++};
  timers_.emplace(key, timer);
  if (!firing_) ArmTimerFd();
  return key;
}

void EventLoop::RemoveTimer(const TimerKey& key) {
  // The timerfd stays armed: an early wake-up finds nothing due and costs less than a system call
  // here.
  timers_.erase(key);
}

void EventLoop::FireTimers() {
  uint64_t expirations;
  while (read(timer_fd_, &expirations, sizeof expirations) > 0) {
  }
  armed_for_ = MonotonicTime::max();
  firing_ = true;
  MonotonicTime now = Now();
  uint64_t newest = next_timer_id_;  // timers started by these callbacks wait for the next round
  while (!timers_.empty()) {
    auto first = timers_.begin();
    if (first->first.first > now || first->first.second >= newest) break;
    Timer* timer = first->second;
    timers_.erase(first);
    timer->active_ = false;
    auto callback = timer->callback_;  // a copy: the callback may destroy its timer
    callback();
  }
  firing_ = false;
  ArmTimerFd();
}

void EventLoop::ArmTimerFd() {
  if (timers_.empty()) return;
  MonotonicTime due = timers_.begin()->first.first;
  if (due >= armed_for_) return;
  int64_t ns = std::max<int64_t>(due.time_since_epoch().count(), 1);
  itimerspec spec{};
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  CHECK(timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
  armed_for_ = due;
}

void Timer::StartAt(MonotonicTime due) {
  Stop();
  active_ = true;
  key_ = loop_.AddTimer(due, this);
}

void Timer::Stop() {
  if (!active_) return;
  active_ = false;
  loop_.RemoveTimer(key_);
}

}  // namespace terrella
