// ViewZone: what people put into the zone by way of the control plane, read out of a view.
//
// The control plane checks records and policies with the very functions below before it stores
// them, so a router leaves something out only when it is older than its control plane. Views come
// every second, records change once a week: what is the same as last time is not read again.
//
// Thread: one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dns_router/policy/record_set.h"
#include "dns_router/policy/steering_policy.h"
#include "dns_router/policy/topology.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::dns {

struct ViewZoneLimits {
  size_t content_bytes_max = 4096;     // of one record, as text
  size_t policies_max = kPoliciesMax;  // different ones, whatever the number of names
};

// The records of one name (RFC 1035 section 5.1). InvalidArgument: one of them cannot be, or not
// beside the others; content is one line without comments and parentheses.
absl::StatusOr<ZoneRecords> RecordsFromProto(std::span<const v1::DnsRecord> records,
                                             const ViewZoneLimits& limits = {});
// InvalidArgument names the step or the weight that is wrong.
absl::StatusOr<SteeringPolicy> PolicyFromProto(const v1::DnsPolicy& policy);

// What of the file has its place beside the control plane's records, which win: over the file's of
// the same name and type, and where one side has an alias, over all of the name's. Either may be
// null. `ignored` says what of the file is not used.
std::shared_ptr<const ZoneRecords> MergeRecords(std::shared_ptr<const ZoneRecords> stored,
                                                std::shared_ptr<const ZoneRecords> file,
                                                std::vector<std::string>* ignored);
// The file's policies and, for names that have one there too, the control plane's.
std::shared_ptr<const std::vector<SteeringPolicy>> MergePolicies(
    std::shared_ptr<const std::vector<SteeringPolicy>> stored,
    std::shared_ptr<const std::vector<SteeringPolicy>> file);

class ViewZone {
 public:
  explicit ViewZone(const ViewZoneLimits& limits = {}) : limits_(limits) {}

  // Fills the view's records and policies. What cannot be read is left out and described.
  void Read(const v1::View& from, TopologyView& view, std::vector<std::string>* ignored);

 private:
  void ReadRecords(const v1::View& from, std::vector<std::string>* ignored);
  void ReadPolicies(const v1::View& from, std::vector<std::string>* ignored);

  const ViewZoneLimits limits_;
  std::string bytes_;                           // records and policies as they were read last
  std::shared_ptr<const ZoneRecords> records_;  // both are shared with the views
  std::shared_ptr<const std::vector<SteeringPolicy>> policies_;
};

}  // namespace terrella::dns
