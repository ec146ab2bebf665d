#include "dns_router/metrics/answer_counters.h"

#include <algorithm>

namespace terrella::dns {
namespace {

// Nodes that left are remembered up to here, so that a counter does not start anew when one is
// back.
constexpr size_t kGoneMax = 4096;

constexpr uint8_t kTypeNone = kCountedTypes.size() - 2, kTypeOther = kCountedTypes.size() - 1;

// The place in kCountedTypes of every type below 260.
constexpr std::array<uint8_t, 260> TypePlaces() {
  std::array<uint8_t, 260> places{};
  places.fill(kTypeOther);
  constexpr uint16_t kNumbers[] = {1,  2,  5,  6,  12, 13, 15, 16,  28,  33,  35,
                                   43, 46, 47, 48, 52, 64, 65, 257, 252, 251, 255};
  static_assert(std::size(kNumbers) + 2 == kCountedTypes.size());
  for (size_t i = 0; i < std::size(kNumbers); ++i) places[kNumbers[i]] = static_cast<uint8_t>(i);
  places[0] = kTypeNone;
  return places;
}
constexpr auto kTypePlaces = TypePlaces();

// The same of codes and opcodes.
template <size_t kSize>
constexpr std::array<uint8_t, kSize> Places(std::initializer_list<uint8_t> numbers) {
  std::array<uint8_t, kSize> places{};
  places.fill(static_cast<uint8_t>(numbers.size()));
  uint8_t place = 0;
  for (const uint8_t number : numbers) places[number] = place++;
  return places;
}
constexpr auto kRcodePlaces = Places<32>({0, 1, 2, 3, 4, 5, 9, 16, 23});
constexpr auto kOpcodePlaces = Places<16>({0, 4, 5});

}  // namespace

void DurationCounters::Add(Duration took, uint64_t answers) {
  const auto us = static_cast<uint64_t>(std::max<int64_t>(took.count(), 0)) / 1000;
  size_t bucket = 0;
  while (bucket < kBoundsUs.size() && us >= kBoundsUs[bucket]) ++bucket;
  buckets[bucket].Add(answers);
  sum_ns.Add(static_cast<uint64_t>(std::max<int64_t>(took.count(), 0)) * answers);
}

void AnswerCounters::Count(const AnswerFacts& facts, size_t bytes) {
  queries.Add();
  if (bytes == 0) {
    using enum AnswerFacts::Limit;
    CountDrop(facts.limit == kDropped ? DropReason::kRateLimit
              : facts.limit == kShed  ? DropReason::kShed
                                      : DropReason::kUnanswerable);
    return;
  }
  answers.Add();
  bytes_sent.Add(bytes);
  types[facts.type < kTypePlaces.size() ? kTypePlaces[facts.type] : kTypeOther].Add();
  rcodes[facts.rcode < kRcodePlaces.size() ? kRcodePlaces[facts.rcode] : kCountedRcodes.size() - 1]
      .Add();
  opcodes[kOpcodePlaces[facts.opcode & 15]].Add();
  if (facts.truncated) truncated.Add();
  if (facts.has_subnet) with_subnet.Add();
  if (facts.limit == AnswerFacts::Limit::kSlipped) slipped.Add();
  switch (facts.cookie) {
    case AnswerFacts::Cookie::kNone:
      break;
    case AnswerFacts::Cookie::kFirst:
      cookies_first.Add();
      break;
    case AnswerFacts::Cookie::kGood:
      cookies_good.Add();
      break;
    case AnswerFacts::Cookie::kBad:
      cookies_bad.Add();
      break;
  }
  for (const NodeIndex node : facts.named()) by_node_[node].Add();
}

void AnswerCounters::FollowNodes(std::span<const NodeFacts> nodes) {
  const auto same_id = [](const NodeFacts& node, const std::string& id) { return node.id == id; };
  // Only this thread changes them, so it may read them without the lock.
  if (std::equal(nodes.begin(), nodes.end(), node_ids_.begin(), node_ids_.end(), same_id)) return;
  const std::lock_guard lock(nodes_mutex_);
  for (size_t i = 0; i < node_ids_.size(); ++i) gone_[node_ids_[i]] += by_node_[i].value();
  node_ids_.clear();
  by_node_ = std::make_unique<Counter[]>(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    node_ids_.push_back(nodes[i].id);
    const auto known = gone_.find(nodes[i].id);
    if (known == gone_.end()) continue;
    by_node_[i].Set(known->second);
    gone_.erase(known);
  }
  if (gone_.size() > kGoneMax) gone_.clear();
}

void AnswerCounters::ForEachNode(
    const std::function<void(const std::string& id, uint64_t answers)>& take) const {
  const std::lock_guard lock(nodes_mutex_);
  for (size_t i = 0; i < node_ids_.size(); ++i) take(node_ids_[i], by_node_[i].value());
}

AnswerCounters& AnswerCounterSet::Add(Transport transport) {
  const std::lock_guard lock(mutex_);
  return *all_.emplace_back(std::make_unique<AnswerCounters>(transport));
}

void AnswerCounterSet::ForEach(const std::function<void(const AnswerCounters&)>& take) const {
  const std::lock_guard lock(mutex_);
  for (const auto& counters : all_) take(*counters);
}

}  // namespace terrella::dns
