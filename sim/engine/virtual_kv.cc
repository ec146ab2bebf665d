#include "sim/engine/virtual_kv.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace terrella::sim {
namespace {

constexpr char kNamespace[] = "kv";

edge::KvCache::Copy CopyOf(const KvSource& source) {
  auto value = std::make_shared<runtime::KvValue>();
  value->bytes.resize(sizeof source);
  std::memcpy(value->bytes.data(), &source, sizeof source);
  return {.value = std::move(value)};
}

KvSource SourceOf(const edge::KvCache::Copy& copy) {
  KvSource out;
  CHECK(copy.value != nullptr && copy.value->bytes.size() == sizeof out);
  std::memcpy(&out, copy.value->bytes.data(), sizeof out);
  return out;
}

}  // namespace

std::optional<VirtualKv::Read> VirtualKv::Get(uint32_t key, Duration cache_ttl, Duration now,
                                              bool reachable) {
  AdvanceTo(now);
  std::string name = std::to_string(key);
  if (const auto copy = copies_.Find(kNamespace, name, cache_ttl)) {
    return Read{.answered = now, .source = SourceOf(*copy)};
  }
  if (!reachable) return std::nullopt;
  const auto [flight, is_new] = flights_.Join(copies_, kNamespace, name, 0);
  if (is_new) {
    const Read landing{.answered = now + rtt_, .source = {.asked = now + rtt_ / 2}};
    landings_.emplace(flight, landing);
    Expect({.at = landing.answered,
            .key = std::move(name),
            .flight = flight,
            .source = landing.source});
  }
  return landings_.at(flight);
}

void VirtualKv::Put(uint32_t key, uint64_t number, Duration now, const Write& write) {
  AdvanceTo(now);
  std::string name = std::to_string(key);
  copies_.BeginWrite(kNamespace, name);
  Arrival answer{
      .at = write.acknowledged, .key = std::move(name), .flight = std::nullopt, .source = {}};
  if (!write.fails) answer.source = KvSource{.wrote = 1 + number};
  Expect(std::move(answer));
}

void VirtualKv::Expect(Arrival arrival) {
  arrival.order = ++order_;
  arrivals_.push(std::move(arrival));
}

void VirtualKv::AdvanceTo(Duration now) {
  while (!arrivals_.empty() && arrivals_.top().at <= now) {
    const Arrival arrival = arrivals_.top();
    arrivals_.pop();
    clock_.Advance(arrival.at - clock_.Now().time_since_epoch());
    if (arrival.flight) {
      copies_.StoreFetched(kNamespace, arrival.key, CopyOf(*arrival.source), arrival.flight->asked);
      flights_.Take(*arrival.flight);
      landings_.erase(*arrival.flight);
    } else if (arrival.source) {
      copies_.EndWrite(kNamespace, arrival.key, CopyOf(*arrival.source));
    } else {
      copies_.EndWrite(kNamespace, arrival.key, std::nullopt);
    }
  }
  clock_.Advance(now - clock_.Now().time_since_epoch());
}

KvWrites::KvWrites(std::vector<Write> writes) : writes_(std::move(writes)) {
  std::sort(writes_.begin(), writes_.end(), [](const Write& a, const Write& b) {
    return std::tie(a.key, a.at, a.number) < std::tie(b.key, b.at, b.number);
  });
}

uint64_t KvWrites::SeenBy(uint32_t key, const KvSource& source) const {
  if (source.wrote != 0) return source.wrote;
  const auto later =
      std::upper_bound(writes_.begin(), writes_.end(), std::pair(key, source.asked),
                       [](const std::pair<uint32_t, Duration>& asked, const Write& write) {
                         return std::tie(asked.first, asked.second) < std::tie(write.key, write.at);
                       });
  if (later == writes_.begin() || std::prev(later)->key != key) return 0;
  return 1 + std::prev(later)->number;
}

std::map<uint32_t, uint64_t> KvWrites::Left() const {
  std::map<uint32_t, uint64_t> out;
  for (const Write& write : writes_) out[write.key] = 1 + write.number;
  return out;
}

}  // namespace terrella::sim
