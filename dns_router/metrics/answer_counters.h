// AnswerCounters: what one thread has answered since it started, by everything that is bounded:
// types, codes, transports, nodes. Names and clients are not; `traffic` has a sample of those.
//
// Every thread that answers has its own and writes it without a lock; who wants to know adds up
// those of all threads (AnswerCounterSet).
//
// Thread: one writes, any reads. Owns: the numbers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dns_router/metrics/counter.h"
#include "dns_router/metrics/traffic_sampler.h"
#include "dns_router/policy/topology.h"
#include "dns_router/server/answer_facts.h"
#include "dns_router/server/transport.h"

namespace terrella::dns {

// Types that are told apart; the last stands for all others.
constexpr auto kCountedTypes = std::to_array<std::string_view>(
    {"A",    "NS",    "CNAME", "SOA",  "PTR",   "HINFO", "MX",     "TXT",
     "AAAA", "SRV",   "NAPTR", "DS",   "RRSIG", "NSEC",  "DNSKEY", "TLSA",
     "SVCB", "HTTPS", "CAA",   "AXFR", "IXFR",  "ANY",   "none",   "other"});
// The same of codes, by number where there is one.
constexpr auto kCountedRcodes =
    std::to_array<std::string_view>({"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
                                     "REFUSED", "NOTAUTH", "BADVERS", "BADCOOKIE", "other"});
constexpr auto kCountedOpcodes =
    std::to_array<std::string_view>({"QUERY", "NOTIFY", "UPDATE", "other"});

enum class DropReason : uint8_t {
  kUnanswerable,  // a response, or less than a header
  kTooLong,       // no query is this long
  kNoPort,        // from port 0
  kRateLimit,
  kNotSent,  // the kernel took no more
  kShed,     // too much to do, and it proved nothing
  kUnread,   // the kernel had no room for it, or saw that it is unanswerable; a second late
};
constexpr auto kDropReasons = std::to_array<std::string_view>(
    {"unanswerable", "too_long", "no_port", "rate_limit", "not_sent", "shed", "unread"});

// How long answers took, in buckets of the usual 1, 2.5, 5.
class DurationCounters {
 public:
  static constexpr auto kBoundsUs = std::to_array<uint32_t>(
      {5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10'000, 25'000, 100'000});
  void Add(Duration took, uint64_t answers);

  std::array<Counter, kBoundsUs.size() + 1> buckets;  // not cumulative; the last is the rest
  Counter sum_ns;
};

class AnswerCounters {
 public:
  explicit AnswerCounters(Transport transport_in) : transport(transport_in) {}

  // One answer (or none, when `bytes` is 0), about `facts`.
  void Count(const AnswerFacts& facts, size_t bytes);
  void CountDrop(DropReason reason, uint64_t by = 1) { drops[static_cast<size_t>(reason)].Add(by); }
  // The nodes that indices stand for from now on. Their counts go with their ids.
  void FollowNodes(std::span<const NodeFacts> nodes);
  // Thread: any.
  void ForEachNode(const std::function<void(const std::string& id, uint64_t answers)>& take) const;

  const Transport transport;
  Counter queries, answers, bytes_sent;
  std::array<Counter, kCountedTypes.size()> types;
  std::array<Counter, kCountedRcodes.size()> rcodes;
  std::array<Counter, kCountedOpcodes.size()> opcodes;
  std::array<Counter, kDropReasons.size()> drops;
  Counter truncated, with_subnet, slipped;
  Counter cookies_first, cookies_good, cookies_bad;
  Counter signatures_found, signatures_made, signatures_refused;
  DurationCounters durations;
  // Of transports with connections.
  Counter connections, connections_accepted, connections_refused, connections_late;
  TrafficSampler traffic;

 private:
  mutable std::mutex nodes_mutex_;        // who reads, and the writer when the nodes change
  std::vector<std::string> node_ids_;     // guarded by nodes_mutex_
  std::unique_ptr<Counter[]> by_node_;    // likewise, but for adding to them
  std::map<std::string, uint64_t> gone_;  // likewise: answers of nodes that left
};

class AnswerCounterSet {  // Thread: any.
 public:
  // For a thread that begins; lives as long as this set.
  AnswerCounters& Add(Transport transport);
  void ForEach(const std::function<void(const AnswerCounters&)>& take) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<AnswerCounters>> all_;  // guarded by mutex_
};

}  // namespace terrella::dns
