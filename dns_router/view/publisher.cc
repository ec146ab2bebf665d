#include "dns_router/view/publisher.h"

#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "dns_router/view/convert.h"

namespace terrella::dns {
namespace {

void LogIgnored(const std::vector<std::string>& ignored) {
  constexpr size_t kLinesMax = 5;
  for (size_t i = 0; i < ignored.size() && i < kLinesMax; ++i) {
    LogWarn("left out of the view: {}", ignored[i]);
  }
  if (ignored.size() > kLinesMax) {
    LogWarn("left out of the view: {} more", ignored.size() - kLinesMax);
  }
}

}  // namespace

Publisher::Publisher(EventLoop& loop, std::shared_ptr<const Geography> geography,
                     const PublisherOptions& options, SnapshotCell& cell)
    : loop_(loop),
      geography_(std::move(geography)),
      options_(options),
      cell_(cell),
      gate_(options.hold),
      hold_timer_(loop, [this] { PublishDue(); }) {}

void Publisher::Offer(v1::View view, bool first_of_stream) {
  const std::lock_guard lock(mutex_);
  const bool posted = arrival_.has_value();
  const bool first = first_of_stream || (posted && arrival_->first_of_stream);
  arrival_ = Arrival{std::move(view), first};
  if (!posted) loop_.Post([this] { TakeArrival(); });
}

void Publisher::TakeArrival() {
  std::optional<Arrival> arrival;
  {
    const std::lock_guard lock(mutex_);
    arrival = std::exchange(arrival_, std::nullopt);
  }
  if (!arrival) return;
  std::vector<std::string> ignored;
  TopologyView view = FromProto(arrival->view, &ignored);
  LogIgnored(ignored);
  gate_.Offer(std::move(view), arrival->first_of_stream, loop_.Now());
  PublishDue();
}

void Publisher::PublishDue() {
  hold_timer_.Stop();
  if (auto view = gate_.Take(loop_.Now())) {
    if (const absl::Status status = Publish(*std::move(view)); !status.ok()) {
      LogError("view refused, the last one stays: {}", Message(status));
    }
  } else if (const auto due = gate_.due()) {
    LogWarn("the new view has fewer nodes ready than the last; waiting for a better one");
    hold_timer_.StartAt(*due);
  }
}

absl::Status Publisher::Publish(TopologyView view) {
  const std::shared_ptr<const Snapshot> previous = cell_.Get();
  std::vector<std::string> ignored;
  const MonotonicTime start = loop_.Now();
  ASSIGN_OR_RETURN(auto snapshot, Snapshot::Build(std::move(view), geography_, options_.snapshot,
                                                  previous.get(), &ignored));
  LogIgnored(ignored);
  LogInfo("view {}: zone {}, {} of {} nodes ready, {} hostnames; built in {:.1f} ms",
          snapshot->view().serial, snapshot->view().zone, CountReady(snapshot->view()),
          snapshot->view().nodes.size(), snapshot->view().hostnames.size(),
          ToMs(loop_.Now() - start));
  cell_.Set(std::move(snapshot));
  return absl::OkStatus();
}

}  // namespace terrella::dns
