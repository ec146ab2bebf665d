#include "dns_router/metrics/router_metrics.h"

#include <map>
#include <vector>

#include "base/process_usage.h"
#include "dns_router/metrics/families.h"
#include "dns_router/metrics/totals.h"
#include "dns_router/transfer/zone_version.h"

namespace terrella::dns {
namespace {

class Writer {
 public:
  Writer(const Totals& totals, Exposition& out) : totals_(totals), out_(out) {}

  // One sample a transport.
  void ByTransport(const MetricFamily& family, const Totals::Pick& pick) {
    out_.Begin(family);
    totals_.ForEachTransport([&](Transport transport) {
      out_.Sample({{"transport", TransportName(transport)}}, totals_.Sum(transport, pick));
    });
  }
  // One a transport and name.
  template <class Names, class Member>
  void ByTransportAnd(const MetricFamily& family, std::string_view label, const Names& names,
                      Member member) {
    out_.Begin(family);
    totals_.ForEachTransport([&](Transport transport) {
      for (size_t i = 0; i < names.size(); ++i) {
        out_.Sample({{"transport", TransportName(transport)}, {label, names[i]}},
                    totals_.Sum(transport, PickAt(member, i)));
      }
    });
  }
  void One(const MetricFamily& family, auto value) {
    out_.Begin(family);
    out_.Sample({}, value);
  }

  void Answers();
  void Connections();
  void Transfers(const TransferCounters& counters);
  void Durations();
  void View(const Snapshot& snapshot, const ViewStatus& view);
  void Nodes(const Snapshot& snapshot);

 private:
  const Totals& totals_;
  Exposition& out_;
};

void Writer::Answers() {
  ByTransport(metric::kQueries, Pick(&AnswerCounters::queries));
  ByTransportAnd(metric::kAnswers, "rcode", kCountedRcodes, &AnswerCounters::rcodes);
  ByTransportAnd(metric::kTypes, "type", kCountedTypes, &AnswerCounters::types);
  out_.Begin(metric::kOpcodes);
  for (size_t i = 0; i < kCountedOpcodes.size(); ++i) {
    out_.Sample(
        {{"opcode", kCountedOpcodes[i]}},
        totals_.Sum([i](const AnswerCounters& c) -> const Counter& { return c.opcodes[i]; }));
  }
  ByTransport(metric::kBytes, Pick(&AnswerCounters::bytes_sent));
  ByTransport(metric::kTruncated, Pick(&AnswerCounters::truncated));
  ByTransportAnd(metric::kDropped, "reason", kDropReasons, &AnswerCounters::drops);
  One(metric::kSlipped, totals_.Sum(Pick(&AnswerCounters::slipped)));
  ByTransport(metric::kSubnet, Pick(&AnswerCounters::with_subnet));
  out_.Begin(metric::kCookies);
  totals_.ForEachTransport([&](Transport transport) {
    const auto put = [&](std::string_view state, Counter AnswerCounters::*member) {
      out_.Sample({{"transport", TransportName(transport)}, {"state", state}},
                  totals_.Sum(transport, Pick(member)));
    };
    put("first", &AnswerCounters::cookies_first);
    put("good", &AnswerCounters::cookies_good);
    put("bad", &AnswerCounters::cookies_bad);
  });
  out_.Begin(metric::kSignatures);
  out_.Sample({{"outcome", "found"}}, totals_.Sum(Pick(&AnswerCounters::signatures_found)));
  out_.Sample({{"outcome", "made"}}, totals_.Sum(Pick(&AnswerCounters::signatures_made)));
  out_.Sample({{"outcome", "refused"}}, totals_.Sum(Pick(&AnswerCounters::signatures_refused)));
}

void Writer::Connections() {
  ByTransport(metric::kConnections, Pick(&AnswerCounters::connections));
  ByTransport(metric::kAccepted, Pick(&AnswerCounters::connections_accepted));
  ByTransport(metric::kRefused, Pick(&AnswerCounters::connections_refused));
  ByTransport(metric::kLate, Pick(&AnswerCounters::connections_late));
}

void Writer::Transfers(const TransferCounters& counters) {
  out_.Begin(metric::kTransfers);
  out_.Sample({{"kind", "whole"}}, counters.whole.load());
  out_.Sample({{"kind", "changes"}}, counters.changes.load());
  out_.Sample({{"kind", "current"}}, counters.current.load());
  One(metric::kTransfersRunning, static_cast<uint64_t>(counters.running.total()));
  out_.Begin(metric::kNotices);
  out_.Sample({{"outcome", "sent"}}, counters.notices_sent.load());
  out_.Sample({{"outcome", "refused"}}, counters.notices_refused.load());
  out_.Sample({{"outcome", "unanswered"}}, counters.notices_unanswered.load());
}

void Writer::Durations() {
  constexpr auto& kBounds = DurationCounters::kBoundsUs;
  std::array<double, kBounds.size()> bounds_s;
  for (size_t i = 0; i < kBounds.size(); ++i) bounds_s[i] = kBounds[i] / 1e6;
  out_.Begin(metric::kDuration);
  totals_.ForEachTransport([&](Transport transport) {
    std::array<uint64_t, kBounds.size() + 1> counts;
    for (size_t i = 0; i < counts.size(); ++i) {
      counts[i] = totals_.Sum(transport, [i](const AnswerCounters& c) -> const Counter& {
        return c.durations.buckets[i];
      });
    }
    const uint64_t sum_ns = totals_.Sum(
        transport, [](const AnswerCounters& c) -> const Counter& { return c.durations.sum_ns; });
    out_.Histogram({{"transport", TransportName(transport)}}, bounds_s, counts,
                   static_cast<double>(sum_ns) / 1e9);
  });
}

void Writer::View(const Snapshot& snapshot, const ViewStatus& view) {
  const Zone& zone = snapshot.zone();
  One(metric::kViewSerial, snapshot.view().serial);
  One(metric::kViewTime, std::chrono::duration<double>(view.since.time_since_epoch()).count());
  One(metric::kViews, view.views);
  out_.Begin(metric::kZoneSerial);
  out_.Sample({{"zone", zone.apex().ToString()}}, uint64_t{SerialOf(zone)});
  out_.Begin(metric::kNames);
  out_.Sample({{"kind", "all"}}, uint64_t{zone.name_count()});
  out_.Sample({{"kind", "steered"}}, uint64_t{zone.steered_count()});
}

void Writer::Nodes(const Snapshot& snapshot) {
  // A state this version does not know is not answered with, as if the node were down.
  struct State {
    NodeState state;
    std::string_view name;
  };
  static constexpr State kStates[] = {{NodeState::kReady, "ready"},
                                      {NodeState::kSyncing, "syncing"},
                                      {NodeState::kDraining, "draining"},
                                      {NodeState::kDown, "down"}};
  const auto is_in = [](const NodeFacts& node, NodeState state) {
    return node.state == state || (state == NodeState::kDown && node.state == NodeState::kUnknown);
  };
  const std::vector<NodeFacts>& nodes = snapshot.view().nodes;
  out_.Begin(metric::kNodes);
  for (const auto& [state, name] : kStates) {
    uint64_t count = 0;
    for (const NodeFacts& node : nodes) count += is_in(node, state);
    out_.Sample({{"state", name}}, count);
  }
  out_.Begin(metric::kNodeState);
  for (const NodeFacts& node : nodes) {
    for (const auto& [state, name] : kStates) {
      out_.Sample({{"node", node.id}, {"state", name}}, uint64_t{is_in(node, state)});
    }
  }
  out_.Begin(metric::kNodeLoad);
  for (const NodeFacts& node : nodes) out_.Sample({{"node", node.id}}, node.load);
  const std::map<std::string, uint64_t> answers = totals_.ByNode();
  out_.Begin(metric::kNodeAnswers);
  for (const NodeFacts& node : nodes) {
    const auto known = answers.find(node.id);
    out_.Sample({{"node", node.id}}, known == answers.end() ? uint64_t{0} : known->second);
  }
}

}  // namespace

void WriteMetrics(const Backend& backend, const ViewStatus& view, Exposition& out) {
  const Totals totals(backend.counters);
  Writer writer(totals, out);
  out.Begin(metric::kBuild);
  out.Sample({{"version", backend.identity.version}, {"instance", backend.identity.instance}},
             uint64_t{1});
  writer.Answers();
  writer.Durations();
  writer.Connections();
  writer.Transfers(backend.transfer_counters);
  if (const auto snapshot = backend.snapshot.Get(); snapshot != nullptr) {
    writer.View(*snapshot, view);
    writer.Nodes(*snapshot);
  }
  if (view.connected) writer.One(metric::kConnected, uint64_t{*view.connected});
  WriteProcessUsage(ReadProcessUsage(), out);
}

}  // namespace terrella::dns
