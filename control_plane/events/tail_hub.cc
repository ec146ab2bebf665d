#include "control_plane/events/tail_hub.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella::control {
namespace {

template <class Values>
absl::Status CheckValues(std::string_view what, const Values& values, const TailLimits& limits) {
  if (static_cast<size_t>(values.size()) > limits.values_max) {
    return InvalidArgument("a tail takes at most {} {}, got {}", limits.values_max, what,
                           values.size());
  }
  for (const std::string& value : values) {
    if (!value.empty() && value.size() <= limits.value_bytes_max) continue;
    return InvalidArgument("{}: a text of 1 to {} bytes was expected, got {} bytes", what,
                           limits.value_bytes_max, value.size());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTailFilter(const v1::TailFilter& filter, const TailLimits& limits) {
  RETURN_IF_ERROR(CheckValues("outcomes", filter.outcomes(), limits));
  for (const std::string& outcome : filter.outcomes()) {
    if (outcome == "ok" || outcome == "error" || outcome == "canceled") continue;
    return InvalidArgument("the outcome '{}' is not ok, error or canceled", outcome);
  }
  RETURN_IF_ERROR(CheckValues("methods", filter.methods(), limits));
  RETURN_IF_ERROR(CheckValues("headers", filter.headers(), limits));
  RETURN_IF_ERROR(CheckValues("PoPs", filter.pops(), limits));
  RETURN_IF_ERROR(CheckValues("cities", filter.cities(), limits));
  RETURN_IF_ERROR(CheckValues("versions", filter.version_ids(), limits));
  if (static_cast<size_t>(filter.statuses_size()) > limits.values_max) {
    return InvalidArgument("a tail takes at most {} statuses", limits.values_max);
  }
  if (!(filter.sampling_rate() >= 0 && filter.sampling_rate() <= 1)) {
    return InvalidArgument("a sampling rate is from 0 to 1, got {}", filter.sampling_rate());
  }
  if (filter.search().size() > limits.value_bytes_max) {
    return InvalidArgument("a text to search for has at most {} bytes", limits.value_bytes_max);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> TailHub::Open(const v1::TailRequest& request, Callback callback) {
  RETURN_IF_ERROR(CheckTailFilter(request.filter(), limits_));
  if (sessions_.size() >= limits_.sessions_max) {
    return ResourceExhausted("{} tails are open, which is the limit", sessions_.size());
  }
  const std::string id = ToHex(RandomBytes(8));
  Session& session = sessions_[id];
  session.filter = request.filter();
  session.filter.set_session(id);
  session.filter.set_script(request.script());
  session.callback = std::move(callback);
  changed_();
  return id;
}

void TailHub::Close(const std::string& session) {
  if (sessions_.erase(session) > 0) changed_();
}

void TailHub::Keep(const std::string& script, const std::vector<v1::TailFilter>& versions) {
  std::map<std::string, v1::TailFilter> before, now;
  for (const auto& [session, filter] : kept_) {
    if (filter.script() == script) before[session] = filter;
  }
  for (v1::TailFilter filter : versions) {
    filter.set_script(script);
    filter.set_session(absl::StrCat("kept/", script, "/", filter.version_ids(0)));
    now[filter.session()] = filter;
  }
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  // A version's name says what is kept of it, too.
  if (std::equal(before.begin(), before.end(), now.begin(), now.end(), same)) return;
  for (const auto& [session, filter] : before) kept_.erase(session);
  kept_.merge(now);
  changed_();
}

bool TailHub::keeps(const std::string& script) const {
  return std::any_of(kept_.begin(), kept_.end(),
                     [&](const auto& entry) { return entry.second.script() == script; });
}

void TailHub::OnBatch(const std::string& node, const v1::TailBatch& batch) {
  std::map<std::string, v1::TailItem> items;
  for (const v1::TailEvent& event : batch.events()) {
    for (const std::string& session : event.sessions()) {
      if (sessions_.contains(session)) *items[session].add_events() = event;
      const auto kept = kept_.find(session);
      if (keeper_ == nullptr || kept == kept_.end()) continue;
      v1::TailEvent own = event;
      own.set_script(kept->second.script());  // whatever the node calls it
      keeper_->Keep(std::move(own));
    }
  }
  for (const v1::TailDrop& drop : batch.drops()) {
    const auto kept = kept_.find(drop.session());
    if (keeper_ != nullptr && kept != kept_.end()) {
      keeper_->Miss(kept->second.script(), drop.events());
    }
    if (!sessions_.contains(drop.session())) continue;
    v1::TailDrop& out = *items[drop.session()].add_drops();
    out = drop;
    out.set_node(node);
  }
  for (auto& [session, item] : items) {
    for (v1::TailEvent& event : *item.mutable_events()) event.clear_sessions();
    // A callback may close sessions.
    if (const auto found = sessions_.find(session); found != sessions_.end()) {
      const Callback callback = found->second.callback;
      callback(std::move(item));
    }
  }
}

v1::TailSet TailHub::Set() const {
  v1::TailSet set;
  for (const auto& [id, session] : sessions_) *set.add_filters() = session.filter;
  for (const auto& [id, filter] : kept_) *set.add_filters() = filter;
  set.set_ttl_ms(static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(limits_.ttl).count()));
  return set;
}

}  // namespace terrella::control
