#include "dns_router/view/publisher.h"

#include <time.h>

#include <algorithm>
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
                     const PublisherOptions& options, SnapshotCell& cell, HolderBook* holders)
    : loop_(loop),
      geography_(std::move(geography)),
      options_(options),
      cell_(cell),
      gate_(options.hold),
      hold_timer_(loop, [this] { PublishDue(); }),
      health_(options.health),
      health_timer_(loop, [this] { Believe(/*news=*/false); }),
      prober_(loop, options.probes,
              [this](std::string_view node, MonotonicTime began, std::string why_not) {
                if (health_.OnProbe(node, began, std::move(why_not), loop_.Now())) {
                  Believe(/*news=*/false);
                }
              }),
      cache_(loop, options.view_cache),
      holders_(holders) {}

void Publisher::Offer(v1::View view, bool first_of_stream) {
  const std::lock_guard lock(mutex_);
  const bool posted = arrival_.has_value();
  const bool first = first_of_stream || (posted && arrival_->first_of_stream);
  arrival_ = Arrival{std::move(view), first};
  if (!posted) loop_.Post([this] { TakeArrival(); });
}

void Publisher::OfferZone(std::shared_ptr<const ZoneRecords> file,
                          std::shared_ptr<const SigningKeys> keys) {
  loop_.Post([this, file = std::move(file), keys = std::move(keys)] {
    options_.snapshot.zone.file = file;
    options_.snapshot.zone.keys = keys;
    Republish("zone file refused, the last one stays");
  });
}

void Publisher::SetPolicies(std::shared_ptr<const std::vector<SteeringPolicy>> policies) {
  loop_.Post([this, policies = std::move(policies)] {
    options_.snapshot.policies = policies;
    Republish("policies not in use");
  });
}

void Publisher::Republish(std::string_view what) {
  const std::shared_ptr<const Snapshot> current = cell_.Get();
  if (current == nullptr) return;  // the first view will have it
  if (const absl::Status status = Publish(current->view()); !status.ok()) {
    LogError("{}: {}", what, Message(status));
  }
}

void Publisher::Recall(const v1::View& from) {
  std::vector<std::string> ignored;
  TopologyView view = FromProto(from, &ignored);
  view_zone_.Read(from, view, &ignored);
  LogIgnored(ignored);
  gate_.Offer(std::move(view), /*first_of_stream=*/false, loop_.Now());
  if (auto taken = gate_.Take(loop_.Now())) Hear(*std::move(taken));
}

void Publisher::FollowHolders(TopologyView& view) {
  if (holders_ == nullptr) return;
  const auto now_s = static_cast<uint32_t>(time(nullptr));
  for (NodeFacts& node : view.nodes) {
    const auto next = static_cast<HolderSlot>(std::min<size_t>(slots_.size(), kNoHolderSlot));
    node.holder_slot = slots_.emplace(node.id, next).first->second;
    if (node.state == NodeState::kReady) {
      holders_->Return(node.holder_slot);
    } else {
      holders_->Leave(node.holder_slot, now_s);
    }
  }
}

void Publisher::Hear(TopologyView view) {
  FollowHolders(view);
  health_.Hear(view, loop_.Now());
  prober_.Follow(view);
  heard_ = std::move(view);
  Believe(/*news=*/true);
}

void Publisher::Believe(bool news) {
  health_timer_.Stop();
  if (!heard_) return;
  TopologyView view = *heard_;
  health_.Apply(view, loop_.Now());
  if (const auto due = health_.due()) health_timer_.StartAt(*due);
  const std::shared_ptr<const Snapshot> current = cell_.Get();
  if (!news && current != nullptr && current->view().nodes == view.nodes) return;
  if (const absl::Status status = Publish(std::move(view)); !status.ok()) {
    LogError("view refused, the last one stays: {}", Message(status));
  }
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
  view_zone_.Read(arrival->view, view, &ignored);
  LogIgnored(ignored);
  arrived_ = std::move(arrival->view);
  gate_.Offer(std::move(view), arrival->first_of_stream, loop_.Now());
  PublishDue();
}

void Publisher::PublishDue() {
  hold_timer_.Stop();
  if (auto view = gate_.Take(loop_.Now())) {
    Hear(*std::move(view));
    cache_.Keep(arrived_);
  } else if (const auto due = gate_.due()) {
    LogWarn("the new view has fewer nodes ready than the last; waiting for a better one");
    hold_timer_.StartAt(*due);
  }
}

absl::Status Publisher::Publish(TopologyView view) {
  const std::shared_ptr<const Snapshot> previous = cell_.Get();
  std::vector<std::string> ignored;
  const MonotonicTime start = loop_.Now();
  SnapshotOptions options = options_.snapshot;
  options.zone.file = MergeRecords(view.records, options.zone.file, &ignored);
  options.policies = MergePolicies(view.policies, options.policies);
  ASSIGN_OR_RETURN(auto snapshot,
                   Snapshot::Build(std::move(view), geography_, options, previous.get(), &ignored));
  LogIgnored(ignored);
  LogInfo("view {}: zone {}, {} of {} nodes ready, {} hostnames; built in {:.1f} ms",
          snapshot->view().serial, snapshot->view().zone, CountReady(snapshot->view()),
          snapshot->view().nodes.size(), snapshot->view().hostnames.size(),
          ToMs(loop_.Now() - start));
  if (options_.before_publish) snapshot = options_.before_publish(std::move(snapshot));
  cell_.Set(snapshot);
  ++published_;
  published_at_ = loop_.clock().WallNow();
  if (options_.after_publish) options_.after_publish(*snapshot);
  return absl::OkStatus();
}

}  // namespace terrella::dns
