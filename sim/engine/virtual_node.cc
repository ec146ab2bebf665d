#include "sim/engine/virtual_node.h"

#include <algorithm>

#include "base/random.h"
#include "sim/ingress/line_timing.h"

namespace terrella::sim {
namespace {

constexpr MonotonicTime kStart{};
constexpr uint64_t kServiceStream = 0x73657276;

}  // namespace

void VirtualNode::ServeUntil(Duration end, std::vector<Sample>& samples) {
  const auto later = std::partition(pending_.begin(), pending_.end(),
                                    [&](const VirtualVisit& visit) { return visit.arrives < end; });
  std::sort(pending_.begin(), later);
  for (auto visit = pending_.begin(); visit != later; ++visit) {
    samples[visit->number] = Serve(*visit);
  }
  pending_.erase(pending_.begin(), later);
}

Sample VirtualNode::Serve(const VirtualVisit& visit) {
  Sample sample{.due = visit.due, .city = visit.city, .steering = visit.steering};
  const NodeMoment& node = world_.history.At(pop_, visit.arrives);
  if (!node.alive) {
    // It stood when the connection was made, and a reset comes back.
    sample.failure = Failure::kConnect;
    return sample;
  }
  if (node.boots != boots_) {
    boots_ = node.boots;
    made_.assign(made_.size(), false);
    free_at_ = Duration(0);
  }
  const ServiceProfile& service = world_.options.ServiceOf(node.version, visit.kind);
  CounterRandom random(world_.scenario.seed, kServiceStream, visit.number);
  Duration busy = FromMs(service.cpu_ms);
  Duration served = FromMs(service.service_ms[random.Below(service.service_ms.size())]);
  if (const uint16_t host = world_.host_of_kind[visit.kind]; !made_[host]) {
    made_[host] = true;
    busy += FromMs(service.cold_ms);
    served += FromMs(service.cold_ms);
  }
  const Duration begun = std::max(visit.arrives, free_at_);
  free_at_ = begun + busy;
  const Duration answered = begun + served;
  if (world_.history.DiesAfter(pop_, visit.arrives) < answered) {
    sample.failure = Failure::kConnect;
    return sample;
  }
  sample.pop = static_cast<uint16_t>(pop_ + 1);
  sample.version = static_cast<uint16_t>(node.version + 1);
  sample.status = service.status;
  sample.felt = AnswerArrives(visit, answered, std::max(service.response_bytes, 1U)) - visit.due;
  if (sample.felt > world_.scenario.clients.timeout) {
    sample.failure = Failure::kTimeout;
  } else if (sample.status >= 400) {
    sample.failure = Failure::kStatus;
  }
  return sample;
}

Duration VirtualNode::AnswerArrives(const VirtualVisit& visit, Duration answered,
                                    size_t bytes) const {
  const PathSettings& settings = world_.audience.settings();
  Path path{.rtt_ms = visit.rtt_ms,
            .deviation_ms = visit.deviation_ms,
            .first_lost = visit.first_lost,
            .flow = visit.flow};
  path.mile.loss = visit.loss;
  WayJitter draw_jitter(settings, path, Direction::kToClient);
  // What leaves at once and does not get lost needs no window.
  if (bytes <= net::kInitialWindowBytes && visit.loss.share == 0) {
    return answered + FromMs(visit.rtt_ms) / 2 + draw_jitter();
  }
  LineTiming down(LineOptionsOf(settings, path, Direction::kToClient));
  LineTiming::Piece piece;
  for (size_t left = bytes; left > 0; left -= piece.bytes) {
    piece = down.Take(kStart + answered, left, draw_jitter);
  }
  return piece.due - kStart;
}

}  // namespace terrella::sim
