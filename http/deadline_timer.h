// DeadlineTimer: a timer for deadlines that move with every request.
//
// It is only ever moved forward in time when it fires: waking once for nothing costs less than
// moving a timer for each request. Its callback looks at the real deadlines and asks for the next
// one.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <utility>

#include "base/event_loop.h"

namespace terrella::http {

class DeadlineTimer {
 public:
  DeadlineTimer(EventLoop& loop, std::function<void()> callback)
      : callback_(std::move(callback)), timer_(loop, [this] {
          armed_for_ = MonotonicTime::max();
          callback_();
        }) {}

  // The callback will run at `due` or before; MonotonicTime::max() asks for nothing.
  void NeedBy(MonotonicTime due) {
    if (due >= armed_for_) return;
    armed_for_ = due;
    timer_.StartAt(due);
  }
  void Stop() {
    armed_for_ = MonotonicTime::max();
    timer_.Stop();
  }

 private:
  std::function<void()> callback_;
  MonotonicTime armed_for_ = MonotonicTime::max();
  Timer timer_;
};

}  // namespace terrella::http
