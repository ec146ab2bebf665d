// TurnEndQueue: per-object work at the end of the loop's turn, and a graveyard for objects that
// callbacks may still stand on. T has OnTurnEnd().
//
// Thread: the loop's. Owns: what was buried, until the end of the turn.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "http/turn_end.h"

namespace terrella::http {

template <class T>
class TurnEndQueue {
 public:
  // `after` runs at the end of each turn that had work, last; it may destroy the queue.
  TurnEndQueue(EventLoop& loop, std::function<void()> after = nullptr)
      : after_(std::move(after)), turn_end_(loop, [this] { Run(); }) {}

  // Calls object.OnTurnEnd() once at the end of the turn, unless it is freed before.
  void Add(T& object) {
    work_.push_back(&object);
    turn_end_.Schedule();
  }
  // Frees the object at the end of the turn.
  void Bury(std::unique_ptr<T> object) {
    dead_.push_back(std::move(object));
    turn_end_.Schedule();
  }
  void Schedule() { turn_end_.Schedule(); }

 private:
  void Run() {
    // Both lists may grow while they are worked off; what is added then has a turn of its own.
    std::vector<T*> work = std::exchange(work_, {});
    for (T* object : work) object->OnTurnEnd();
    std::vector<std::unique_ptr<T>> dead = std::exchange(dead_, {});
    if (!dead.empty()) {
      std::erase_if(work_, [&dead](T* object) {
        return std::any_of(dead.begin(), dead.end(),
                           [object](const auto& grave) { return grave.get() == object; });
      });
      dead.clear();
    }
    if (auto after = after_) after();
  }

  std::function<void()> after_;
  std::vector<T*> work_;
  std::vector<std::unique_ptr<T>> dead_;
  TurnEnd turn_end_;
};

}  // namespace terrella::http
