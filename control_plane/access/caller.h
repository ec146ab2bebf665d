// Caller: who a call comes from, and what that one may do.
//
// Made once a call, from a token, from the certificate of a mutually authenticated connection, or,
// where neither is asked for, from the address: a call over plain TCP from this machine is the
// local operator's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "control_plane/access/scope.h"

namespace terrella::control {

struct Caller {
  enum class Kind {
    kAnonymous,
    kLocal,     // the local operator
    kToken,     // `name` is the token's
    kNode,      // `name` is the node's id, and the only one it may speak as
    kService,   // "dns_router", "ingress"
    kOperator,  // a person's certificate
    kSelf,      // the control plane acts by itself
  };
  Kind kind = Kind::kAnonymous;
  std::string name;
  std::vector<Scope> scopes;
  std::string peer;               // address, for the audit log
  std::string token_sha256 = {};  // of a token: which one of its name it is

  // Somebody, and not a part of the network.
  bool IsPerson() const { return kind == Kind::kToken || kind == Kind::kOperator; }
};

// "token ci", "node fra", "the local operator".
std::string CallerText(const Caller& caller);

Caller LocalOperator();
// Does what its rules say, without being asked.
Caller ControlPlaneItself();
// Of a certificate's SAN URI "edge://CLUSTER/node/ID", "edge://CLUSTER/service/NAME" or
// "edge://CLUSTER/operator". Unauthenticated for anything else, or another cluster.
absl::StatusOr<Caller> CallerOfUri(std::string_view uri, std::string_view cluster);

}  // namespace terrella::control
