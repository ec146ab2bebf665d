#include "control_plane/store/watch_hub.h"

#include <utility>
#include <vector>

namespace terrella::control {

class WatchHub::HubWatch final : public Watch {
 public:
  HubWatch(WatchHub& hub, std::list<Entry>::iterator entry) : hub_(hub), entry_(entry) {}
  ~HubWatch() override {
    std::lock_guard lock(hub_.mutex_);
    hub_.entries_.erase(entry_);
  }

 private:
  WatchHub& hub_;
  std::list<Entry>::iterator entry_;
};

std::unique_ptr<Watch> WatchHub::Add(std::string_view prefix, WatchCallback callback) {
  entries_.push_back({std::string(prefix), std::move(callback)});
  return std::make_unique<HubWatch>(*this, std::prev(entries_.end()));
}

void WatchHub::Publish(Revision revision, std::span<const Event> events) {
  for (const Entry& entry : entries_) Deliver(entry.prefix, entry.callback, revision, events);
}

void WatchHub::PublishGap(Revision revision) {
  for (const Entry& entry : entries_) entry.callback(revision, {});
}

void WatchHub::Deliver(std::string_view prefix, const WatchCallback& callback, Revision revision,
                       std::span<const Event> events) {
  std::vector<Event> touched;
  for (const Event& event : events) {
    if (event.record.key.starts_with(prefix)) touched.push_back(event);
  }
  if (!touched.empty()) callback(revision, touched);
}

}  // namespace terrella::control
