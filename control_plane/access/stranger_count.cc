#include "control_plane/access/stranger_count.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/utf8.h"

namespace terrella::control {
namespace {

constexpr size_t kReasonBytesMax = 120;
constexpr size_t kMethodBytesMax = 64;
constexpr size_t kPeerBytesMax = 128;
constexpr size_t kMethodsShown = 8;
constexpr size_t kDetailBytesMax = 1000;
constexpr std::string_view kOthers = "others";

}  // namespace

bool StrangerCount::Add(const Stranger& stranger) {
  const std::lock_guard lock(mutex_);
  const bool first = methods_.empty();
  if (first) since_ = clock_.Now();
  std::string method = Utf8Text(stranger.method, kMethodBytesMax);
  if (methods_.size() >= limits_.methods_max && !methods_.contains(method)) method = kOthers;
  ++methods_[method];
  std::string reason = Utf8Text(stranger.reason, kReasonBytesMax);
  if (reasons_.size() < limits_.reasons_max) {
    reasons_.insert(std::move(reason));
  } else if (!reasons_.contains(reason)) {
    more_reasons_ = true;
  }
  peer_ = Utf8Text(stranger.peer, kPeerBytesMax);
  return first;
}

std::optional<MonotonicTime> StrangerCount::due() const {
  const std::lock_guard lock(mutex_);
  if (methods_.empty()) return std::nullopt;
  return since_ + limits_.row_every;
}

std::optional<v1::AuditRow> StrangerCount::Take() {
  const std::lock_guard lock(mutex_);
  if (methods_.empty()) return std::nullopt;
  std::vector<std::pair<uint64_t, std::string>> by_count;
  uint64_t total = 0;
  for (const auto& [method, count] : methods_) {
    by_count.emplace_back(count, method);
    total += count;
  }
  std::sort(by_count.rbegin(), by_count.rend());
  std::string summary;
  for (size_t i = 0; i < std::min(by_count.size(), kMethodsShown); ++i) {
    summary +=
        fmt::format("{}{} {}", summary.empty() ? "" : ", ", by_count[i].second, by_count[i].first);
  }
  if (by_count.size() > kMethodsShown) summary += ", ...";
  v1::AuditRow row;
  row.set_caller("anonymous");
  row.set_peer(peer_);
  row.set_method(by_count.size() == 1 ? by_count.front().second : "several");
  row.set_outcome(absl::StatusCodeToString(absl::StatusCode::kUnauthenticated));
  row.set_summary(fmt::format("{} refusals in {} s: {}", total,
                              (clock_.Now() - since_) / std::chrono::seconds(1), summary));
  row.set_detail(
      Utf8Text(fmt::format("{}{}", fmt::join(reasons_, "; "), more_reasons_ ? "; and others" : ""),
               kDetailBytesMax));
  row.set_unseen(total);
  methods_.clear();
  reasons_.clear();
  more_reasons_ = false;
  return row;
}

}  // namespace terrella::control
