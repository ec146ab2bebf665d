// WatchHub: hands each committed revision to the watches whose prefix it touched. The part of
// watching that every in-process store shares.
//
// Thread: one at a time, guarded by the owning store's lock; a watch may be destroyed on any
// thread,
//         which takes the same lock.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "control_plane/store/state_store.h"

namespace terrella::control {

class WatchHub {
 public:
  // `mutex` is the store's lock. Every watch must be gone before the hub is.
  explicit WatchHub(std::mutex& mutex) : mutex_(mutex) {}

  // Call with the lock held.
  std::unique_ptr<Watch> Add(std::string_view prefix, WatchCallback callback);
  // Delivers the events of one revision, with the lock held.
  void Publish(Revision revision, std::span<const Event> events);
  // Tells every watch that it missed something up to `revision`, with the lock held.
  void PublishGap(Revision revision);
  // Delivers to one callback only: the replay of a watch that starts in the past.
  static void Deliver(std::string_view prefix, const WatchCallback& callback, Revision revision,
                      std::span<const Event> events);

 private:
  struct Entry {
    std::string prefix;
    WatchCallback callback;
  };
  class HubWatch;

  std::mutex& mutex_;
  std::list<Entry> entries_;
};

}  // namespace terrella::control
