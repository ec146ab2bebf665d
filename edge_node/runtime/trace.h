// Trace: hears what one invocation does, for somebody who watches it. Nobody does, mostly.
//
// Thread: the worker's loop.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace terrella::runtime {

class Trace {
 public:
  virtual ~Trace() = default;
  // A console call, or an error that nobody handled; while JavaScript is on the stack.
  virtual void OnLog(LogLevel level, std::string_view text) = 0;
  // The invocation's work is over, waitUntil() included.
  virtual void OnEnd(Duration cpu) = 0;
};

}  // namespace terrella::runtime
