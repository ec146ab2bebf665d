#include "sim/engine/kv_node.h"

#include <utility>

namespace terrella::sim {

void KvNode::Forget() {
  if (plan_.any()) kv_ = std::make_unique<VirtualKv>(plan_.RttOf(pop_));
}

KvNode::Outcome KvNode::Ask(size_t kind, uint64_t number, Duration arrives, Duration begun) {
  const KvAsk ask = plan_.asks().Of(kind, number);
  const Duration rtt = plan_.RttOf(pop_), there = begun + rtt / 2;
  const bool reachable = history_.ControlAt(there) && !history_.At(pop_, there).apart();
  Call call{.number = number, .key = ask.name, .writes = ask.writes, .source = {}};
  if (!ask.writes) {
    const auto read = kv_->Get(ask.name, plan_.CacheTtl(kind), begun, reachable);
    if (!read) return {.waited = rtt, .well = false};
    call.source = read->source;
    calls_.push_back(call);
    return {.waited = read->answered - begun};
  }
  const Duration waits = plan_.acks_early() ? Duration(0) : rtt;
  kv_->Put(ask.name, number, begun, {.acknowledged = begun + waits, .fails = !reachable});
  if (!reachable) return {.waited = rtt, .well = false};
  if (there <= history_.DiesAfter(pop_, arrives)) call.stored = there;
  calls_.push_back(call);
  return {.waited = waits};
}

std::shared_ptr<const KvResults> KvOutcome(std::span<const KvNode* const> nodes,
                                           std::span<const Sample> samples) {
  std::vector<KvWrites::Write> writes;
  for (const KvNode* node : nodes) {
    for (const KvNode::Call& call : node->calls()) {
      if (call.writes && call.stored != Duration::max()) {
        writes.push_back({call.key, call.stored, call.number});
      }
    }
  }
  const KvWrites all(std::move(writes));
  std::vector<KvRecord> records;
  for (const KvNode* node : nodes) {
    for (const KvNode::Call& call : node->calls()) {
      const Sample& sample = samples[call.number];
      if (sample.failure != Failure::kNone) continue;
      records.push_back({.number = call.number,
                         .key = call.key,
                         .writes = call.writes,
                         .saw = call.writes ? 0 : all.SeenBy(call.key, call.source),
                         .sample = sample});
    }
  }
  return std::make_shared<KvResults>(std::move(records), all.Left());
}

}  // namespace terrella::sim
