#include "control_plane/dns/policy_keeper.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "control_plane/dns/record_keeper.h"
#include "control_plane/dns/row_change.h"
#include "dns_router/view/view_zone.h"

namespace terrella::control {
namespace {

constexpr std::string_view kPrefix = "dns/policy/";

// What makes a chain of its own in a router.
std::string ChainOf(v1::DnsPolicy policy) {
  policy.clear_name();
  return policy.SerializeAsString();
}

// In one order, each node once: the last weight given counts.
void SortWeights(v1::DnsPolicy& policy) {
  std::map<std::string, double> weights;
  for (const v1::DnsWeight& weight : policy.weights()) weights[weight.node()] = weight.weight();
  policy.clear_weights();
  for (const auto& [node, value] : weights) {
    v1::DnsWeight& weight = *policy.add_weights();
    weight.set_node(node);
    weight.set_weight(value);
  }
}

}  // namespace

absl::Status PolicyKeeper::Load() {
  ASSIGN_OR_RETURN(const RangeResult range, store_.Range(kPrefix));
  for (const Record& record : range.records) {
    Row row;
    const std::string name = record.key.substr(kPrefix.size());
    if (!row.row.ParseFromString(record.value)) {
      return absl::DataLossError("the DNS policy of '" + name + "' cannot be read");
    }
    row.modified = record.modified;
    rows_[name] = std::move(row);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::DnsChangeResponse> PolicyKeeper::Set(const v1::SetDnsPolicyRequest& request) {
  const RowChange change(clock_, store_, "set policy", request, request.request_id());
  ASSIGN_OR_RETURN(const auto known, change.Known());
  if (known) return *known;
  v1::DnsPolicyRow row;
  v1::DnsPolicy& policy = *row.mutable_policy();
  policy = request.policy();
  ASSIGN_OR_RETURN(const std::string name, NameInZone(policy.name(), zone_));
  policy.set_name(name);
  RETURN_IF_ERROR(dns::PolicyFromProto(policy).status());
  SortWeights(policy);
  v1::DnsChangeResponse response;
  response.set_revision(store_.revision());
  AddWarnings(policy, response);
  const auto old = rows_.find(name);
  if (old != rows_.end() &&
      old->second.row.policy().SerializeAsString() == policy.SerializeAsString()) {
    return response;
  }
  RETURN_IF_ERROR(CheckLimits(policy));
  *row.mutable_last_change() = change.Stamp();
  ASSIGN_OR_RETURN(response, change.Commit(std::string(kPrefix) + name,
                                           old == rows_.end() ? 0 : old->second.modified,
                                           row.SerializeAsString(), std::move(response)));
  LogInfo("DNS policy of {}: {}; revision {}, request '{}'", name, fmt::join(policy.steps(), ", "),
          response.revision(), request.request_id());
  rows_[name] = {std::move(row), response.revision()};
  changed_();
  return response;
}

absl::StatusOr<v1::DnsChangeResponse> PolicyKeeper::Remove(
    const v1::RemoveDnsPolicyRequest& request) {
  const RowChange change(clock_, store_, "remove policy", request, request.request_id());
  ASSIGN_OR_RETURN(const auto known, change.Known());
  if (known) return *known;
  ASSIGN_OR_RETURN(const std::string name, NameInZone(request.name(), zone_));
  const auto old = rows_.find(name);
  if (old == rows_.end()) return NotFound("'{}' has no policy here", name);
  ASSIGN_OR_RETURN(v1::DnsChangeResponse response,
                   change.Commit(std::string(kPrefix) + name, old->second.modified, "", {}));
  LogInfo("DNS policy of {} removed; revision {}, request '{}'", name, response.revision(),
          request.request_id());
  rows_.erase(old);
  changed_();
  return response;
}

absl::Status PolicyKeeper::CheckLimits(const v1::DnsPolicy& policy) const {
  std::set<std::string> chains{ChainOf(policy)};
  size_t names = 1, bytes = policy.ByteSizeLong();
  for (const auto& [name, row] : rows_) {
    if (name == policy.name()) continue;
    ++names;
    bytes += row.row.policy().ByteSizeLong();
    chains.insert(ChainOf(row.row.policy()));
  }
  if (names > limits_.names_max || chains.size() > limits_.chains_max) {
    return ResourceExhausted(
        "{} names with {} different policies; at most {} with {}: names steered alike share one",
        names, chains.size(), limits_.names_max, limits_.chains_max);
  }
  if (bytes > limits_.bytes_max) {
    return ResourceExhausted("the policies would have {} bytes; at most {}", bytes,
                             limits_.bytes_max);
  }
  return absl::OkStatus();
}

// Nodes and routes come and go, so a policy may be there before them.
void PolicyKeeper::AddWarnings(const v1::DnsPolicy& policy, v1::DnsChangeResponse& response) const {
  const Known known = known_();
  if (!known.hostnames.contains(policy.name())) {
    response.add_warnings(fmt::format("'{}' has no route now", policy.name()));
  }
  std::set<std::string> unknown;
  const auto check = [&](const std::string& id) {
    if (!known.nodes.contains(id)) unknown.insert(id);
  };
  for (const v1::DnsWeight& weight : policy.weights()) check(weight.node());
  for (const std::string& text : policy.steps()) {
    const auto step = dns::ParseStep(text);
    if (step.ok()) std::for_each(step->nodes.begin(), step->nodes.end(), check);
  }
  for (const std::string& id : unknown) {
    response.add_warnings(fmt::format("no node is called '{}' now", id));
  }
}

absl::StatusOr<v1::ListDnsPoliciesResponse> PolicyKeeper::List(
    const v1::ListDnsPoliciesRequest&) const {
  v1::ListDnsPoliciesResponse response;
  for (const auto& [name, row] : rows_) {
    v1::StoredDnsPolicy& stored = *response.add_policies();
    *stored.mutable_policy() = row.row.policy();
    *stored.mutable_last_change() = row.row.last_change();
  }
  return response;
}

void PolicyKeeper::AddTo(v1::View& view) const {
  for (const auto& [name, row] : rows_) *view.add_policies() = row.row.policy();
}

}  // namespace terrella::control
