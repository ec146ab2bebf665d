// What is counted of an answer, and that a node's count stays with the node.
#include "dns_router/metrics/answer_counters.h"

#include <gtest/gtest.h>

#include <map>

namespace terrella::dns {
namespace {

size_t PlaceOf(const auto& names, std::string_view name) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::map<std::string, uint64_t> ByNode(const AnswerCounters& counters) {
  std::map<std::string, uint64_t> out;
  counters.ForEachNode([&](const std::string& id, uint64_t answers) { out[id] = answers; });
  return out;
}

NodeFacts Node(std::string id) {
  NodeFacts node;
  node.id = std::move(id);
  return node;
}

TEST(AnswerCounters, TellTypesAndCodesApart) {
  const struct {
    uint16_t number;
    std::string_view name;
  } types[] = {{1, "A"},      {2, "NS"},    {28, "AAAA"},   {43, "DS"},      {52, "TLSA"},
               {65, "HTTPS"}, {257, "CAA"}, {251, "IXFR"},  {252, "AXFR"},   {255, "ANY"},
               {0, "none"},   {3, "other"}, {258, "other"}, {65535, "other"}};
  for (const auto& row : types) {
    AnswerCounters counters(Transport::kUdp);
    AnswerFacts facts;
    facts.type = row.number;
    counters.Count(facts, 100);
    EXPECT_EQ(counters.types[PlaceOf(kCountedTypes, row.name)].value(), 1u) << row.name;
  }
  const struct {
    uint16_t number;
    std::string_view name;
  } codes[] = {{0, "NOERROR"},  {3, "NXDOMAIN"},   {5, "REFUSED"}, {9, "NOTAUTH"},
               {16, "BADVERS"}, {23, "BADCOOKIE"}, {22, "other"},  {4095, "other"}};
  for (const auto& row : codes) {
    AnswerCounters counters(Transport::kUdp);
    AnswerFacts facts;
    facts.rcode = row.number;
    counters.Count(facts, 100);
    EXPECT_EQ(counters.rcodes[PlaceOf(kCountedRcodes, row.name)].value(), 1u) << row.name;
  }
}

TEST(AnswerCounters, ANodesCountStaysWithItsId) {
  AnswerCounters counters(Transport::kUdp);
  const NodeFacts all[] = {Node("AMS"), Node("FRA"), Node("LHR")};
  counters.FollowNodes(all);
  AnswerFacts facts;
  facts.Name(1);
  counters.Count(facts, 100);
  counters.Count(facts, 100);
  const NodeFacts without_ams[] = {all[1], all[2]};
  counters.FollowNodes(without_ams);
  facts.Clear();
  facts.Name(0);  // FRA's number now
  counters.Count(facts, 100);
  EXPECT_EQ(ByNode(counters), (std::map<std::string, uint64_t>{{"FRA", 3}, {"LHR", 0}}));
  const NodeFacts without_fra[] = {all[0], all[2]};
  counters.FollowNodes(without_fra);
  counters.FollowNodes(all);
  EXPECT_EQ(ByNode(counters),
            (std::map<std::string, uint64_t>{{"AMS", 0}, {"FRA", 3}, {"LHR", 0}}));
}

TEST(AnswerCounters, NoAnswerIsADropByItsReason) {
  AnswerCounters counters(Transport::kUdp);
  AnswerFacts facts;
  counters.Count(facts, 0);
  facts.limit = AnswerFacts::Limit::kDropped;
  counters.Count(facts, 0);
  EXPECT_EQ(counters.queries.value(), 2u);
  EXPECT_EQ(counters.answers.value(), 0u);
  EXPECT_EQ(counters.drops[static_cast<size_t>(DropReason::kUnanswerable)].value(), 1u);
  EXPECT_EQ(counters.drops[static_cast<size_t>(DropReason::kRateLimit)].value(), 1u);
}

TEST(DurationCounters, ABoundsBucketEndsBelowTheNext) {
  DurationCounters durations;
  durations.Add(std::chrono::microseconds(4), 1);
  durations.Add(std::chrono::microseconds(5), 10);
  durations.Add(std::chrono::seconds(1), 100);
  EXPECT_EQ(durations.buckets[0].value(), 1u);
  EXPECT_EQ(durations.buckets[1].value(), 10u);
  EXPECT_EQ(durations.buckets.back().value(), 100u);
  EXPECT_EQ(durations.sum_ns.value(), 4'000u + 50'000u + 100'000'000'000u);
}

}  // namespace
}  // namespace terrella::dns
