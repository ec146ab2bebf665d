#include "sim/engine/virtual_node.h"

#include <algorithm>

#include "base/random.h"
#include "sim/engine/virtual_path.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kServiceStream = 0x73657276;

}  // namespace

void VirtualNode::ServeUntil(Duration end, Outcomes& outcomes) {
  order_.clear();
  for (uint32_t i = 0; i < pending_.size(); ++i) {
    const VirtualVisit& visit = pending_[i];
    if (visit.arrives >= end) continue;
    __builtin_prefetch(&outcomes.samples[visit.number], /*to write=*/1);
    uint32_t object = 0;
    if (has_origins_) {
      object = world_.catalogue.ObjectOf(visit.kind, visit.number);
      origins_.Prefetch(visit.kind, object);
    }
    order_.push_back({visit.arrives, visit.number, i, object});
  }
  std::sort(order_.begin(), order_.end());
  const PhaseRule& rule = outcomes.rule;
  for (const Turn& turn : order_) {
    Sample& sample = outcomes.samples[turn.number];
    const VirtualVisit& visit = pending_[turn.index];
    const Answer answer = Serve(visit, turn.object, sample);
    if (sample.failure != Failure::kNone) continue;
    Deliver(visit, answer, sample,
            rule.Keeps(turn.number) ? &outcomes.phases[rule.IndexOf(turn.number)] : nullptr);
  }
  std::erase_if(pending_, [&](const VirtualVisit& visit) { return visit.arrives < end; });
}

void VirtualNode::TakeUntil(Duration end, std::vector<VirtualVisit>& out) {
  const auto later = std::partition(pending_.begin(), pending_.end(),
                                    [&](const auto& visit) { return visit.arrives < end; });
  out.insert(out.end(), pending_.begin(), later);
  pending_.erase(pending_.begin(), later);
}

VirtualNode::Answer VirtualNode::Serve(const VirtualVisit& visit, uint32_t object, Sample& sample) {
  sample.due = visit.due;
  sample.city = visit.city;
  sample.steering = visit.steering;
  sample.protocol = visit.protocol;
  const NodeMoment& node = world_.history.At(pop_, visit.arrives);
  if (!node.alive) {
    // It stood when the connection was made, and a reset comes back.
    sample.failure = Failure::kConnect;
    return {};
  }
  if (node.boots != boots_) {
    boots_ = node.boots;
    made_.assign(made_.size(), false);
    free_at_ = Duration(0);
    origins_.Forget(world_.options.restarts_keep_caches);
    served_.clear();
    kv_.Forget();
    kept_.clear();
  }
  const uint16_t version =
      world_.releases.Pick(pop_, visit.kind, visit.arrives,
                           {.city = visit.city, .client = visit.client, .number = visit.number});
  const ServiceProfile& service = world_.options.ServiceOf(version, visit.kind);
  CounterRandom random(world_.scenario.seed, kServiceStream, visit.number);
  const std::vector<float>& times = service.TimesMs(visit.arrives - free_at_ >= FromMs(kRestMs));
  const float drawn_ms = times[random.Below(times.size())];
  const Duration begun = std::max(visit.arrives, free_at_);
  VirtualOrigins::Outcome asked;
  if (has_origins_) {
    const NodeFaults faults = world_.history.has_node_faults()
                                  ? world_.history.FaultsAt(pop_, visit.arrives)
                                  : NodeFaults();
    asked = origins_.Ask(visit.kind, visit.number, begun, object, faults,
                         world_.history.PurgedAt(visit.kind, pop_, visit.arrives));
  }
  const FailedService* failed = FailureOf(service, asked.end);
  Duration busy = FromMs(service.cpu_ms);
  Duration served = FromMs(failed != nullptr ? failed->ms : drawn_ms) + asked.waited;
  if (const uint16_t host = world_.host_of_kind[visit.kind]; !made_[host]) {
    made_[host] = true;
    busy += FromMs(service.cold_ms);
    served += FromMs(service.cold_ms);
  }
  free_at_ = begun + busy;
  KvNode::Outcome kv;
  if (world_.kv.Has(visit.kind)) kv = kv_.Ask(visit.kind, visit.number, visit.arrives, begun);
  const Duration answered = begun + served + kv.waited;
  const Duration gives_up = visit.due + world_.scenario.clients.timeout;
  if (const Duration dies = world_.history.DiesAfter(pop_, visit.arrives); dies < answered) {
    sample.failure = dies < gives_up ? Failure::kConnect : Failure::kTimeout;
    return {};
  }
  sample.pop = static_cast<uint16_t>(pop_ + 1);
  sample.version = static_cast<uint16_t>(version + 1);
  sample.cache = asked.cache;
  sample.status = failed != nullptr ? failed->status : service.status;
  if (service.error_share > 0 && random.Uniform() < service.error_share) sample.status = 500;
  if (!kv.well) sample.status = 500;
  if (world_.releases.has_rollouts()) Count(visit, answered, sample);
  const uint32_t bytes = failed != nullptr ? failed->response_bytes : service.response_bytes;
  return {.at = answered, .bytes = std::max(bytes, 1U)};
}

Duration VirtualNode::Arrives(const VirtualVisit& visit, const Answer& answer) {
  const PathSettings& settings = world_.audience.settings();
  Path path{.rtt_ms = visit.rtt_ms,
            .deviation_ms = visit.deviation_ms,
            .first_lost = visit.first_lost,
            .flow = visit.flow};
  path.mile.loss = visit.loss;
  if (!visit.kept) return AnswerArrives(settings, path, answer.at, answer.bytes);
  auto kept = kept_.find(visit.flow);
  if (kept == kept_.end()) {
    kept = kept_.emplace(visit.flow, VirtualConnection(settings, path, visit.pop, visit.due)).first;
  }
  return kept->second.Answer(answer.at, answer.bytes);
}

void VirtualNode::Deliver(const VirtualVisit& visit, const Answer& answer, Sample& sample,
                          Phases* phases) {
  const Duration arrived = Arrives(visit, answer);
  sample.felt = arrived - visit.due;
  if (phases != nullptr) {
    const double way_ms = ToMs(visit.arrives - visit.due) - visit.dns_ms - visit.connect_ms;
    *phases = Phases::Of(ToMs(sample.felt),
                         {.dns_ms = visit.dns_ms,
                          .connect_ms = visit.connect_ms,
                          .request_ms = static_cast<float>(std::max(0.0, way_ms)),
                          .node_ms = static_cast<float>(ToMs(answer.at - visit.arrives))});
  }
  if (sample.felt > world_.scenario.clients.timeout) {
    sample.failure = Failure::kTimeout;
  } else if (sample.status >= 400) {
    sample.failure = Failure::kStatus;
  }
}

void VirtualNode::Count(const VirtualVisit& visit, Duration answered, const Sample& sample) {
  ++requests_[visit.kind];
  if (!world_.releases.collecting()) return;
  served_.push_back({.answered = answered,
                     .took_us = static_cast<uint32_t>((answered - visit.arrives).count() / 1000),
                     .kind = visit.kind,
                     .version = static_cast<uint16_t>(sample.version - 1),
                     .bad = sample.status >= 500});
}

uint64_t VirtualNode::RequestsOf(const std::vector<bool>& of_kind) const {
  uint64_t sum = 0;
  for (size_t kind = 0; kind < requests_.size(); ++kind) sum += of_kind[kind] ? requests_[kind] : 0;
  return sum;
}

std::vector<Served> VirtualNode::TakeServed(Duration until) {
  const auto later = std::stable_partition(
      served_.begin(), served_.end(), [&](const Served& one) { return one.answered <= until; });
  std::vector<Served> out(served_.begin(), later);
  served_.erase(served_.begin(), later);
  return out;
}

}  // namespace terrella::sim
