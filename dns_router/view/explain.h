// Explain: the answer a client would get and why, in words: what Resolve.Explain returns.
//
// Thread: any; pure.
#pragma once

#include "absl/status/statusor.h"
#include "dns_router/policy/snapshot.h"
#include "terrella/v1/resolve.pb.h"

namespace terrella::dns {

// NotFound for a name that has no steered address and for an unknown place (with a suggestion),
// InvalidArgument for a malformed name or prefix.
absl::StatusOr<v1::ExplainResponse> Explain(const Snapshot& snapshot,
                                            const v1::ExplainRequest& request);

}  // namespace terrella::dns
