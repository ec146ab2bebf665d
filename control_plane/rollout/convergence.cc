#include "control_plane/rollout/convergence.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace terrella::control {

uint64_t Microseconds(Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

void Convergence::Committed(Revision revision) {
  times_[revision] = {clock_.Now(), std::nullopt, {}};
  if (times_.size() > kRevisionsTimed) times_.erase(times_.begin());
  if (times_.size() > kRevisionsDetailed) {
    std::prev(times_.end(), kRevisionsDetailed + 1)->second.reports.clear();
  }
}

void Convergence::Acked(const Ack& ack) {
  const auto detailed = times_.size() <= kRevisionsDetailed
                            ? times_.begin()
                            : std::prev(times_.end(), kRevisionsDetailed);
  for (auto it = detailed; it != times_.end() && it->first <= ack.to; ++it) {
    if (it->first <= ack.from) continue;
    const Duration took = clock_.Now() - it->second.committed;
    it->second.reports.try_emplace(ack.node, Report{ack.region, took});
    last_push_[ack.node] = took;
  }
}

std::optional<Duration> Convergence::LastPush(const std::string& node) const {
  const auto it = last_push_.find(node);
  return it == last_push_.end() ? std::nullopt : std::optional(it->second);
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
  for (v1::RegionConvergence& region : *timeless.mutable_regions()) region.clear_elapsed_us();
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
    picture.set_elapsed_us(Microseconds(elapsed));
    AddTimes(it->second, picture);
  }
  return picture;
}

void Convergence::AddTimes(const Times& times, v1::Convergence& picture) {
  if (times.reports.empty()) return;
  std::vector<Duration> all;
  std::map<std::string, Duration> last;
  for (const auto& [node, report] : times.reports) {
    all.push_back(report.took);
    last[report.region] = std::max(last[report.region], report.took);
  }
  std::sort(all.begin(), all.end());
  // The smallest time by which that share of the nodes had reported.
  const auto by = [&](size_t percent) { return all[(all.size() * percent + 99) / 100 - 1]; };
  picture.set_acked_p50_us(Microseconds(by(50)));
  picture.set_acked_p99_us(Microseconds(by(99)));
  for (v1::RegionConvergence& region : *picture.mutable_regions()) {
    if (const auto it = last.find(region.region()); it != last.end()) {
      region.set_elapsed_us(Microseconds(it->second));
    }
  }
}

}  // namespace terrella::control
