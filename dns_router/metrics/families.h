// The families of /metrics: every name there is, once. docs/dns.md has the same table; a test
// compares them and holds the names to Prometheus' conventions.
#pragma once

#include <array>
#include <string>

#include "base/exposition.h"
#include "base/process_usage.h"

namespace terrella::dns::metric {

using enum MetricFamily::Type;

inline constexpr MetricFamily kBuild{"terrella_dns_build_info", kGauge, "version, instance",
                                     "1, with the program's version and the instance's name"};
inline constexpr MetricFamily kQueries{"terrella_dns_queries_total", kCounter, "transport",
                                       "Messages received, answered or not"};
inline constexpr MetricFamily kAnswers{"terrella_dns_answers_total", kCounter, "transport, rcode",
                                       "Answers made, by code"};
inline constexpr MetricFamily kTypes{
    "terrella_dns_answered_types_total", kCounter, "transport, type",
    "Answers made, by the type asked for; none: no readable question"};
inline constexpr MetricFamily kOpcodes{"terrella_dns_answered_opcodes_total", kCounter, "opcode",
                                       "Answers made, by the operation asked for"};
inline constexpr MetricFamily kBytes{"terrella_dns_answer_bytes_total", kCounter, "transport",
                                     "Size of the answers made"};
inline constexpr MetricFamily kTruncated{"terrella_dns_truncated_answers_total", kCounter,
                                         "transport",
                                         "Answers that told the client to ask over TCP"};
inline constexpr MetricFamily kDropped{"terrella_dns_dropped_queries_total", kCounter,
                                       "transport, reason", "Messages left without an answer"};
inline constexpr MetricFamily kSlipped{
    "terrella_dns_rate_limit_slips_total", kCounter, "",
    "Short answers in place of ones over the rate limit; those not "
    "sent at all are dropped queries"};
inline constexpr MetricFamily kSubnet{
    "terrella_dns_client_subnet_queries_total", kCounter, "transport",
    "Answered queries that told the client's block (EDNS Client Subnet)"};
inline constexpr MetricFamily kCookies{
    "terrella_dns_cookies_total", kCounter, "transport, state",
    "Answered queries with a cookie: first (no server's part yet), "
    "good, bad"};
inline constexpr MetricFamily kSignatures{
    "terrella_dns_signatures_total", kCounter, "outcome",
    "DNSSEC signatures wanted: found in the table, made, refused "
    "for want of budget"};
inline constexpr MetricFamily kDuration{
    "terrella_dns_answer_duration_seconds", kHistogram, "transport",
    "From reading a batch of queries to sending its answers, by "
    "answer; over UDP of every eighth batch"};
inline constexpr MetricFamily kConnections{"terrella_dns_connections", kGauge, "transport",
                                           "Connections open now"};
inline constexpr MetricFamily kAccepted{"terrella_dns_accepted_connections_total", kCounter,
                                        "transport", "Connections accepted"};
inline constexpr MetricFamily kRefused{"terrella_dns_refused_connections_total", kCounter,
                                       "transport", "Connections reset for being over a limit"};
inline constexpr MetricFamily kLate{"terrella_dns_expired_connections_total", kCounter, "transport",
                                    "Connections ended for being idle or open too long"};
inline constexpr MetricFamily kTransfers{
    "terrella_dns_transfers_total", kCounter, "kind",
    "Zone transfers sent: whole, changes, or current (the SOA alone)"};
inline constexpr MetricFamily kTransfersRunning{"terrella_dns_transfers_running", kGauge, "",
                                                "Zone transfers on their way now"};
inline constexpr MetricFamily kNotices{
    "terrella_dns_notices_total", kCounter, "outcome",
    "Notices of a change to secondaries: sent, refused by one, unanswered at last"};
inline constexpr MetricFamily kViewSerial{"terrella_dns_view_serial", kGauge, "",
                                          "Serial number of the view of the network in use"};
inline constexpr MetricFamily kViewTime{
    "terrella_dns_view_timestamp_seconds", kGauge, "",
    "When the view in use was taken into use, since the Unix epoch"};
inline constexpr MetricFamily kViews{"terrella_dns_views_total", kCounter, "",
                                     "Views taken into use"};
inline constexpr MetricFamily kConnected{"terrella_dns_control_plane_connected", kGauge, "",
                                         "1 while views are followed live, 0 while the last one is "
                                         "served; absent with a static view"};
inline constexpr MetricFamily kZoneSerial{"terrella_dns_zone_serial", kGauge, "zone",
                                          "Serial number of the zone's SOA"};
inline constexpr MetricFamily kNames{"terrella_dns_names", kGauge, "kind",
                                     "Names of the zone: all, and those that are steered"};
inline constexpr MetricFamily kNodes{"terrella_dns_nodes", kGauge, "state", "Nodes of the view"};
inline constexpr MetricFamily kNodeState{"terrella_dns_node_state", kGauge, "node, state",
                                         "1 at the state a node is in, 0 at the others"};
inline constexpr MetricFamily kNodeLoad{"terrella_dns_node_load_ratio", kGauge, "node",
                                        "How busy a node says it is, 0 to 1"};
inline constexpr MetricFamily kNodeAnswers{"terrella_dns_node_answers_total", kCounter, "node",
                                           "Answers that named the node"};

// All, in the order of the text.
inline constexpr std::array kFamilies = {&kBuild,
                                         &kQueries,
                                         &kAnswers,
                                         &kTypes,
                                         &kOpcodes,
                                         &kBytes,
                                         &kTruncated,
                                         &kDropped,
                                         &kSlipped,
                                         &kSubnet,
                                         &kCookies,
                                         &kSignatures,
                                         &kDuration,
                                         &kConnections,
                                         &kAccepted,
                                         &kRefused,
                                         &kLate,
                                         &kTransfers,
                                         &kTransfersRunning,
                                         &kNotices,
                                         &kViewSerial,
                                         &kViewTime,
                                         &kViews,
                                         &kConnected,
                                         &kZoneSerial,
                                         &kNames,
                                         &kNodes,
                                         &kNodeState,
                                         &kNodeLoad,
                                         &kNodeAnswers,
                                         &process_metric::kCpu,
                                         &process_metric::kResident,
                                         &process_metric::kFds,
                                         &process_metric::kStarted};

}  // namespace terrella::dns::metric
