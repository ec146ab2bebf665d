// DeferredCalls: calls that run when what is on the stack has returned, as long as their owner is
// there.
//
// Objects that must not be destroyed on the stack that lets go of them are held by such a call. A
// call left to the loop itself could keep them beyond the connections they use; these go, unrun,
// with their owner.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/event_loop.h"

namespace terrella::cache {

class DeferredCalls {
 public:
  explicit DeferredCalls(EventLoop& loop) : loop_(loop) {}

  void Add(std::function<void()> call) {
    queue_->push_back(std::move(call));
    if (queue_->size() > 1) return;
    loop_.Defer([weak = std::weak_ptr(queue_)] {
      std::vector<std::function<void()>> calls;
      if (const auto queue = weak.lock()) calls.swap(*queue);
      for (auto& call : calls) {
        if (weak.expired()) return;
        call();
      }
    });
  }

 private:
  EventLoop& loop_;
  std::shared_ptr<std::vector<std::function<void()>>> queue_ =
      std::make_shared<std::vector<std::function<void()>>>();
};

}  // namespace terrella::cache
