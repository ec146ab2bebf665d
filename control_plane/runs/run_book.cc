#include "control_plane/runs/run_book.h"

#include <algorithm>
#include <cmath>

#include "base/digest.h"
#include "base/random.h"
#include "base/status.h"

namespace terrella::control {
namespace {

constexpr size_t kIdDigits = 32;
constexpr int kRegionsMax = 7, kEventsMax = 256, kAssertionsMax = 256;
constexpr std::string_view kFolder = "/runs/";

bool IsId(std::string_view id) {
  return id.size() == kIdDigits &&
         id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// What the list calls a run: its own id is what its publisher alone knows.
std::string ListedId(std::string_view id) {
  return ToHex(Sha256(id)).substr(0, kIdDigits);
}

bool IsFinite(const v1::RunFigures& figures) {
  return std::isfinite(figures.p50_ms()) && std::isfinite(figures.p95_ms());
}

// JSON has no other numbers, and a page that shows them none either.
bool IsFinite(const v1::Run& run) {
  return std::isfinite(run.duration_s()) && std::isfinite(run.elapsed_s()) &&
         IsFinite(run.total()) &&
         std::all_of(run.regions().begin(), run.regions().end(),
                     [](const v1::RunFigures& region) { return IsFinite(region); }) &&
         std::all_of(run.timeline().begin(), run.timeline().end(),
                     [](const v1::RunEvent& event) { return std::isfinite(event.at_s()); });
}

std::string MakePath() {
  return fmt::format("{}{}", kFolder, ToHex(RandomBytes(kIdDigits / 2)));
}

}  // namespace

absl::Status RunBook::Check(const v1::PublishRunRequest& request) const {
  const v1::Run& run = request.run();
  if (!IsId(run.id())) {
    return InvalidArgument("run.id: expected {} digits of hexadecimal, got '{}'", kIdDigits,
                           run.id().substr(0, 2 * kIdDigits));
  }
  if (run.regions_size() > kRegionsMax || run.timeline_size() > kEventsMax ||
      run.assertions_size() > kAssertionsMax) {
    return InvalidArgument("run: expected at most {} regions, {} events and {} assertions",
                           kRegionsMax, kEventsMax, kAssertionsMax);
  }
  if (run.ByteSizeLong() > limits_.run_bytes_max) {
    return InvalidArgument("run: expected at most {} bytes, got {}", limits_.run_bytes_max,
                           run.ByteSizeLong());
  }
  if (!IsFinite(run)) {
    return InvalidArgument(
        "run: expected finite numbers as duration_s, elapsed_s, at_s, p50_ms and p95_ms");
  }
  if (request.report_html().size() > limits_.report_bytes_max) {
    return ResourceExhausted("report_html: at most {} bytes are kept, got {}",
                             limits_.report_bytes_max, request.report_html().size());
  }
  return absl::OkStatus();
}

RunBook::Entry& RunBook::EntryOf(const std::string& id) {
  for (Entry& entry : entries_) {
    if (entry.id == id) return entry;
  }
  entries_.emplace_front();
  entries_.front().id = id;
  entries_.front().run.set_started_unix_ms(
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.WallNow().time_since_epoch())
          .count());
  if (entries_.size() > limits_.runs_max) entries_.pop_back();
  return entries_.front();
}

void RunBook::ForgetOldReports() {
  size_t bytes = 0;
  for (Entry& entry : entries_) {
    if (entry.report == nullptr) continue;
    bytes += entry.report->size();
    if (bytes <= limits_.reports_bytes_max) continue;
    bytes -= entry.report->size();
    entry.report = nullptr;
    entry.run.clear_report_path();
  }
}

absl::StatusOr<v1::PublishRunResponse> RunBook::Publish(const v1::PublishRunRequest& request) {
  RETURN_IF_ERROR(Check(request));
  std::lock_guard lock(mutex_);
  Entry& entry = EntryOf(request.run().id());
  const int64_t started_unix_ms = entry.run.started_unix_ms();
  std::string path = entry.run.report_path();
  if (!request.report_html().empty()) {
    entry.report = std::make_shared<const std::string>(request.report_html());
    if (path.empty()) path = MakePath();
  }
  entry.run = request.run();
  entry.run.set_id(ListedId(entry.id));
  entry.run.set_started_unix_ms(started_unix_ms);
  entry.run.set_report_path(path);
  ForgetOldReports();
  v1::PublishRunResponse response;
  response.set_report_path(entry.run.report_path());
  const std::shared_ptr<const v1::RunList> list = List();
  for (const auto& [id, seen] : watchers_) seen(list);
  return response;
}

uint64_t RunBook::Watch(Seen seen) {
  std::lock_guard lock(mutex_);
  seen(closed_ ? nullptr : List());
  if (!closed_) watchers_[++last_watcher_] = std::move(seen);
  return last_watcher_;
}

void RunBook::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [id, seen] : watchers_) seen(nullptr);
  watchers_.clear();
}

void RunBook::StopWatching(uint64_t watcher) {
  std::lock_guard lock(mutex_);
  watchers_.erase(watcher);
}

std::shared_ptr<const std::string> RunBook::Report(std::string_view path) const {
  if (!path.starts_with(kFolder)) return nullptr;
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.report != nullptr && SameBytes(entry.run.report_path(), path)) return entry.report;
  }
  return nullptr;
}

std::shared_ptr<const v1::RunList> RunBook::List() const {
  auto list = std::make_shared<v1::RunList>();
  for (const Entry& entry : entries_) *list->add_runs() = entry.run;
  return list;
}

}  // namespace terrella::control
