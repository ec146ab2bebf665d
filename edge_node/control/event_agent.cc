#include "edge_node/control/event_agent.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::edge {

EventAgent::EventAgent(EventLoop& loop, Options options, std::unique_ptr<EventTransport> transport,
                       EventSide& side, TailRing& ring)
    : options_(std::move(options)),
      side_(side),
      ring_(ring),
      transport_(std::move(transport)),
      jitter_(RandomU64()),
      connect_(loop, [this] { Connect(); }),
      tail_(loop, [this] { SendTail(); }),
      tails_end_(loop, [this] { SetFilters({}); }) {
  transport_->set_observer(this);
}

void EventAgent::Start() {
  connect_.Start(options_.limits.first_after);
}

void EventAgent::Connect() {
  transport_->Open(/*patient=*/std::exchange(heard_, false));  // the other stream tells why not
  v1::NodeEvent event;
  event.mutable_attendance()->set_node(options_.node);
  event.mutable_attendance()->set_cluster(options_.cluster);
  transport_->Send(event);
  connected_ = true;
}

void EventAgent::OnStreamClosed(const absl::Status& status) {
  connected_ = false;
  if (heard_) {
    failures_ = 0;
    LogWarn("control plane: no triggers and tails for now: {}", Message(status));
  }
  Duration backoff = options_.limits.backoff_min * (int64_t{1} << std::min(failures_++, 10));
  backoff = std::min(backoff, options_.limits.backoff_max);
  connect_.Start(backoff / 2 + FromMs(ToMs(backoff) / 2 * jitter_.Uniform()));
}

void EventAgent::OnOrder(v1::NodeOrder order) {
  heard_ = true;
  if (order.has_fire()) OnFire(order.fire());
  if (order.has_tails()) OnTails(order.tails());
}

void EventAgent::OnFire(const v1::Fire& fire) {
  const FireKey key{fire.fire_id(), fire.attempt()};
  if (const auto known = fires_.find(key); known != fires_.end()) {
    if (known->second) SendResult(*known->second);
    return;
  }
  if (fires_.size() - finished_.size() >= options_.limits.running_max) {
    return OnFired(fire, {.kind = ScheduledOutcome::Kind::kAbsent,
                          .detail = fmt::format("{} triggers run here at once, which is the limit",
                                                options_.limits.running_max)});
  }
  fires_[key] = std::nullopt;
  ScheduledOrder order{.script = fire.script(), .key = fire.fire_id()};
  order.event.cron = fire.cron();
  order.event.scheduled_ms = static_cast<double>(fire.scheduled_unix_ms());
  side_.RunScheduled(std::move(order),
                     [this, fire, alive = std::weak_ptr(alive_)](const ScheduledOutcome& outcome) {
                       if (!alive.expired()) OnFired(fire, outcome);
                     });
}

void EventAgent::OnFired(const v1::Fire& fire, const ScheduledOutcome& outcome) {
  using Kind = ScheduledOutcome::Kind;
  v1::FireResult result;
  result.set_fire_id(fire.fire_id());
  result.set_attempt(fire.attempt());
  result.set_outcome(outcome.kind == Kind::kOk       ? v1::FireResult::OK
                     : outcome.kind == Kind::kFailed ? v1::FireResult::FAILED
                                                     : v1::FireResult::ABSENT);
  result.set_detail(outcome.detail.substr(0, options_.limits.detail_bytes_max));
  result.set_no_retry(outcome.no_retry);
  result.set_version_id(outcome.version_id);
  result.set_cpu_us(static_cast<uint64_t>(outcome.cpu.count() / 1000));
  result.set_wall_us(static_cast<uint64_t>(outcome.wall.count() / 1000));
  SendResult(result);
  const FireKey key{fire.fire_id(), fire.attempt()};
  if (outcome.kind == Kind::kAbsent) {  // nothing was run: it may be ordered again
    fires_.erase(key);
    return;
  }
  fires_[key] = std::move(result);
  finished_.push_back(key);
  if (finished_.size() <= options_.limits.results_max) return;
  fires_.erase(finished_.front());
  finished_.pop_front();
}

void EventAgent::SendResult(const v1::FireResult& result) {
  if (!connected_) return;  // it will be asked again
  v1::NodeEvent event;
  *event.mutable_fired() = result;
  transport_->Send(event);
}

void EventAgent::OnTails(const v1::TailSet& set) {
  std::map<std::string, std::shared_ptr<const TailFilter>> filters;
  for (const v1::TailFilter& filter : set.filters()) {
    // One that is here already goes on counting what it did not get.
    const auto known = filters_.find(filter.session());
    filters[filter.session()] =
        known != filters_.end() ? known->second : std::make_shared<const TailFilter>(filter);
  }
  const bool same = filters == filters_;
  if (!same) SetFilters(std::move(filters));
  if (!filters_.empty()) tails_end_.Start(std::chrono::milliseconds(set.ttl_ms()));
}

void EventAgent::SetFilters(std::map<std::string, std::shared_ptr<const TailFilter>> filters) {
  filters_ = std::move(filters);
  auto plan = std::make_shared<TailPlan>();
  for (const auto& [session, filter] : filters_) {
    if (filter->WantsPop(options_.pop)) plan->by_script[filter->script()].push_back(filter);
  }
  side_.SetTails(plan->by_script.empty() ? nullptr : plan);
  if (!filters_.empty()) {
    if (!tail_.active()) tail_.Start(options_.limits.tail_every);
    return;
  }
  tails_end_.Stop();
  tail_.Stop();
  ring_.Take();
}

void EventAgent::SendTail() {
  tail_.Start(options_.limits.tail_every);
  if (!connected_ || transport_->unsent() > options_.limits.tail_unsent_max) return;
  v1::NodeEvent event;
  v1::TailBatch& batch = *event.mutable_tail();
  for (v1::TailEvent& seen : ring_.Take()) *batch.add_events() = std::move(seen);
  for (const auto& [session, filter] : filters_) {
    const uint64_t dropped = filter->TakeDropped();
    if (dropped == 0) continue;
    v1::TailDrop& drop = *batch.add_drops();
    drop.set_session(session);
    drop.set_events(dropped);
  }
  if (batch.events_size() > 0 || batch.drops_size() > 0) transport_->Send(event);
}

}  // namespace terrella::edge
