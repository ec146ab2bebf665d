// TurnEnd: a callback that runs once at the end of the loop's current turn, when asked to.
//
// Output written in small pieces during a turn leaves in one write, and objects that callbacks may
// still stand on are freed only when the stack has unwound.
//
// Thread: the loop's.
#pragma once

#include <functional>

#include "base/event_loop.h"

namespace terrella::http {

class TurnEnd {
 public:
  TurnEnd(EventLoop& loop, std::function<void()> callback);
  // The callback is not run any more.
  ~TurnEnd();
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;

  // Before the loop waits for events again, the callback runs (once for any number of calls).
  void Schedule();

 private:
  struct Handle;
  Handle* handle_;  // frees itself after libuv has closed it
};

}  // namespace terrella::http
