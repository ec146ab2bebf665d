// Need: a scope that a part of a request takes, beside the one that its method's rule asks for.
//
// Who may upload one script's versions could otherwise write himself into everything else: a
// version that binds somebody's KV namespace reads it, one that calls somebody's worker is let in,
// and a route takes somebody's visitors. So what a version binds and a deploy claims has to be the
// caller's, too.
//
// A version's are asked for at its upload and again at its deploy, which may be somebody else's.
// Left out: versions that answer, and a way back to those that have.
//
// Thread: any; pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "control_plane/access/caller.h"
#include "control_plane/access/method_rules.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::control {

struct Need {
  Grant grant = Grant::kAdmin;
  std::string resource;
  std::string part;  // that takes it: "binding 'KV'"
};

// Of a version's bindings and migrations, in their order. To write for a KV namespace, to read for
// another script whose worker or objects it calls, to deploy for one whose classes it takes.
std::vector<Need> NeedsOf(const v1::Version& version);

struct RouteClaim {
  std::string_view script;
  std::string_view zone;
  std::span<const std::string> routes;  // as asked for; those that are none are left out
  std::span<const std::string> held;    // by the script already, normalized
};
// Of routes that are neither on the script's own host, nor below it, nor the script's already.
std::vector<Need> NeedsOf(const RouteClaim& claim);

// PermissionDenied with all scopes that are missing, each with the part that takes it.
absl::Status AuthoriseNeeds(const Caller& caller, const MethodRule& rule,
                            std::span<const Need> needs);

}  // namespace terrella::control
