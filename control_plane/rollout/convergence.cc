#include "control_plane/rollout/convergence.h"

#include <algorithm>
#include <utility>

namespace terrella::control {

void Convergence::Committed(Revision revision) {
  times_[revision] = {clock_.Now(), std::nullopt};
  if (times_.size() > kRevisionsTimed) times_.erase(times_.begin());
}

void Convergence::Refresh() {
  Revision lowest = fleet_.LowestAcked();
  for (auto it = times_.rbegin(); it != times_.rend(); ++it) {
    if (it->first > lowest) continue;
    if (it->second.took) break;  // and so have all before it
    it->second.took = clock_.Now() - it->second.committed;
  }
  for (auto it = followers_.begin(); it != followers_.end();) {
    it = Tell(it->second) ? std::next(it) : followers_.erase(it);
  }
}

Convergence::FollowerId Convergence::Follow(Revision revision, Callback callback) {
  FollowerId id = ++last_follower_;
  Follower follower{revision, std::move(callback), {}, false};
  if (Tell(follower)) followers_.emplace(id, std::move(follower));
  return id;
}

bool Convergence::Tell(Follower& follower) {
  v1::Convergence picture = Picture(follower.revision);
  v1::Convergence timeless = picture;
  timeless.clear_elapsed_us();
  std::string bytes = timeless.SerializeAsString();
  if (!follower.told || bytes != follower.last.SerializeAsString()) {
    follower.told = true;
    follower.last = std::move(timeless);
    follower.callback(picture);
  }
  return !picture.complete();
}

v1::Convergence Convergence::Picture(Revision revision) const {
  v1::Convergence picture = fleet_.Measure(std::min(revision, table_.revision()));
  picture.set_revision(revision);
  if (auto it = times_.find(revision); it != times_.end()) {
    Duration elapsed = it->second.took.value_or(clock_.Now() - it->second.committed);
    picture.set_elapsed_us(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count()));
  }
  return picture;
}

}  // namespace terrella::control
