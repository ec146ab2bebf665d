#include "cli/cluster/identities.h"

#include "base/status.h"
#include "rpc/authority_folder.h"

namespace terrella::cli {
namespace {

constexpr Duration kLifetime = std::chrono::hours(24 * 90);

rpc::Identity IdentityOf(const ClusterRecord& record, const Part& part) {
  switch (part.kind) {
    case PartKind::kControl:
      return rpc::Identity::Service(record.name, std::string(rpc::kControlPlane));
    case PartKind::kDns:
      return rpc::Identity::Service(record.name, std::string(rpc::kDnsRouter));
    case PartKind::kIngress:
      return rpc::Identity::Service(record.name, std::string(rpc::kIngress));
    case PartKind::kNode:
      break;
  }
  return rpc::Identity::Node(record.name, part.name);
}

}  // namespace

std::filesystem::path IdentityFileOf(const ClusterPaths& paths, const Part& part) {
  return part.kind == PartKind::kNode ? paths.identity_of_node(part.name)
                                      : paths.identity_of(part.name);
}

absl::Status EnsureIdentities(const ClusterPaths& paths, const ClusterRecord& record,
                              const std::vector<std::string>& names, WallTime now) {
  if (!record.mtls) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto authority,
                   rpc::AuthorityFolder::OpenOrMake(paths.identity(), record.name, now));
  RETURN_IF_ERROR(authority
                      .Ensure({.identity = rpc::Identity::Operator(record.name),
                               .file = paths.operator_identity(),
                               .lifetime = kLifetime},
                              now)
                      .status());
  for (const std::string& name : names) {
    const Part* part = record.Find(name);
    if (part == nullptr) continue;
    RETURN_IF_ERROR(authority
                        .Ensure({.identity = IdentityOf(record, *part),
                                 .file = IdentityFileOf(paths, *part),
                                 .lifetime = kLifetime},
                                now)
                        .status());
  }
  return absl::OkStatus();
}

}  // namespace terrella::cli
