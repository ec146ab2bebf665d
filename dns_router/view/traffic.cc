#include "dns_router/view/traffic.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dns_router/metrics/totals.h"
#include "dns_router/view/convert.h"

namespace terrella::dns {
namespace {

constexpr uint32_t kRowsDefault = 20, kRowsMax = 128;

using Counts = google::protobuf::RepeatedPtrField<v1::TrafficCount>;
using Items = google::protobuf::RepeatedPtrField<v1::FrequentItem>;

void AddCount(Counts& to, std::string_view what, uint64_t count) {
  if (count == 0) return;
  v1::TrafficCount& added = *to.Add();
  added.set_what(std::string(what));
  added.set_count(count);
}

template <size_t kSize>
void AddCounts(Counts& to, const Totals& totals, const std::array<std::string_view, kSize>& names,
               std::array<Counter, kSize> AnswerCounters::*member) {
  for (size_t i = 0; i < kSize; ++i) AddCount(to, names[i], totals.Sum(PickAt(member, i)));
}

std::string Text(const std::string& name) {
  return name;
}
std::string Text(const IpPrefix& block) {
  return block.ToString();
}

// Those with the most for certain first.
template <class Key>
void AddItems(Items& to, const std::map<Key, SampledTraffic::Weight>& seen, size_t rows_max) {
  std::vector<std::pair<Key, SampledTraffic::Weight>> rows(seen.begin(), seen.end());
  const auto certain = [](const auto& row) { return row.second.per_s - row.second.per_s_error; };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const auto& a, const auto& b) { return certain(a) > certain(b); });
  if (rows.size() > rows_max) rows.resize(rows_max);
  for (const auto& [key, weight] : rows) {
    v1::FrequentItem& item = *to.Add();
    item.set_what(Text(key));
    item.set_per_s(weight.per_s);
    item.set_per_s_error(weight.per_s_error);
  }
}

void AddNodes(v1::GetTrafficResponse& out, const Snapshot& snapshot, const Totals& totals) {
  const std::map<std::string, uint64_t> answers = totals.ByNode();
  for (const NodeFacts& node : snapshot.view().nodes) {
    v1::NodeTraffic& row = *out.add_nodes();
    row.set_node(node.id);
    row.set_state(ToProto(node.state));
    row.set_load(node.load);
    if (const auto it = answers.find(node.id); it != answers.end()) row.set_answers(it->second);
  }
}

}  // namespace

v1::GetTrafficResponse Traffic(const Backend& backend, uint32_t rows_max) {
  v1::GetTrafficResponse out;
  out.set_instance(backend.identity.instance);
  out.set_version(backend.identity.version);
  const Totals totals(backend.counters);
  const MonotonicTime now = SystemClock().Now();
  out.set_uptime_s(ToMs(now - backend.started) / 1000);
  out.set_queries(totals.Sum(Pick(&AnswerCounters::queries)));
  out.set_answers(totals.Sum(Pick(&AnswerCounters::answers)));
  out.set_truncated(totals.Sum(Pick(&AnswerCounters::truncated)));
  out.set_with_subnet(totals.Sum(Pick(&AnswerCounters::with_subnet)));
  out.set_slipped(totals.Sum(Pick(&AnswerCounters::slipped)));
  totals.ForEachTransport([&](Transport transport) {
    AddCount(*out.mutable_transports(), TransportName(transport),
             totals.Sum(transport, Pick(&AnswerCounters::queries)));
  });
  AddCounts(*out.mutable_rcodes(), totals, kCountedRcodes, &AnswerCounters::rcodes);
  AddCounts(*out.mutable_types(), totals, kCountedTypes, &AnswerCounters::types);
  AddCounts(*out.mutable_drops(), totals, kDropReasons, &AnswerCounters::drops);
  if (const auto snapshot = backend.snapshot.Get(); snapshot != nullptr) {
    out.set_zone(snapshot->zone().apex().ToString());
    out.set_view_serial(snapshot->view().serial);
    AddNodes(out, *snapshot, totals);
  }
  const SampledTraffic sampled = totals.Traffic(static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count()));
  const size_t rows = rows_max == 0 ? kRowsDefault : std::min(rows_max, kRowsMax);
  out.set_sampled_per_s(sampled.queries_per_s);
  out.set_sampled_in_cells_per_s(sampled.in_cells_per_s);
  AddItems(*out.mutable_names(), sampled.names, rows);
  AddItems(*out.mutable_networks(), sampled.networks, rows);
  AddItems(*out.mutable_cells(), sampled.cells, rows);
  return out;
}

}  // namespace terrella::dns
