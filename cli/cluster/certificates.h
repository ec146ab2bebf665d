// Certificates: the development authority of $TERRELLA_HOME, and what it issued to its clusters.
//
// The authority is made once, when it is first needed; its key is for its user's eyes only. A
// cluster has one certificate, for its zone, one label below it, and the addresses of its nodes and
// ingress; it is issued anew when it is about to expire or the cluster has changed.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cli/cluster/paths.h"
#include "cli/cluster/record.h"
#include "http/tls/context.h"

namespace terrella::cli {

absl::StatusOr<http::TlsIdentity> LoadOrMakeAuthority(const ClusterPaths& paths, WallTime now);

// Sees to it that the cluster's certificate fits. InvalidArgument when its zone is none that the
// authority may vouch for.
absl::Status EnsureCertificate(const ClusterPaths& paths, const ClusterRecord& record,
                               WallTime now);

}  // namespace terrella::cli
