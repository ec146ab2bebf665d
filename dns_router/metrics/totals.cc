#include "dns_router/metrics/totals.h"

namespace terrella::dns {

Totals::Totals(const AnswerCounterSet& set) {
  set.ForEach([this](const AnswerCounters& counters) {
    by_transport_[static_cast<size_t>(counters.transport)].push_back(&counters);
  });
}

uint64_t Totals::Sum(Transport transport, const Pick& pick) const {
  uint64_t sum = 0;
  for (const AnswerCounters* counters : by_transport_[static_cast<size_t>(transport)]) {
    sum += pick(*counters).value();
  }
  return sum;
}

uint64_t Totals::Sum(const Pick& pick) const {
  uint64_t sum = 0;
  ForEachTransport([&](Transport transport) { sum += Sum(transport, pick); });
  return sum;
}

void Totals::ForEachTransport(const std::function<void(Transport)>& take) const {
  for (size_t i = 0; i < by_transport_.size(); ++i) {
    if (!by_transport_[i].empty()) take(static_cast<Transport>(i));
  }
}

std::map<std::string, uint64_t> Totals::ByNode() const {
  std::map<std::string, uint64_t> out;
  for (const auto& all : by_transport_) {
    for (const AnswerCounters* counters : all) {
      counters->ForEachNode([&](const std::string& id, uint64_t answers) { out[id] += answers; });
    }
  }
  return out;
}

SampledTraffic Totals::Traffic(uint64_t now_us) const {
  SampledTraffic out;
  for (const auto& all : by_transport_) {
    for (const AnswerCounters* counters : all) counters->traffic.Read(now_us, out);
  }
  return out;
}

}  // namespace terrella::dns
