// What the cluster's DNS routers know of who may still go to a node.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

// Of all routers together: the sum of the holders, and when the last router's will be gone.
absl::StatusOr<v1::GetHoldersResponse> HoldersOf(Invocation& in, const std::string& node);

// "412 caches may still send clients to FRA: without new ones half are gone in 2 s, 99 % in 5 s".
std::string HoldersText(const v1::GetHoldersResponse& holders);

// Waits until at most `percent_left` of those that held the node when it left may still come.
// DEADLINE_EXCEEDED, CANCELLED; `last` has what was known.
absl::Status AwaitHolders(Invocation& in, const std::string& node, int percent_left,
                          Duration timeout, v1::GetHoldersResponse* last);

}  // namespace terrella::cli
