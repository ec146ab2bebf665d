// Join: how a node gets its first certificate: makes a key, shows the control plane a join token
// and a signing request, and keeps what it gets in its state folder, identity/identity.pem.
//
// The control plane is believed for the hash that is part of the token, before any certificate of
// the cluster is there. A node that has a certificate does not join again by the token that it
// has joined by, and does by another one.
//
// Thread: main; blocks. Not before the process is confined: gRPC starts threads.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "rpc/identity.h"
#include "rpc/tls_files.h"

namespace terrella::edge {

struct JoinOptions {
  std::string control;  // HOST:PORT
  std::string token;    // as rpc/join_token.h writes it; empty: only what the folder holds
  std::string node;     // the id
  std::filesystem::path state_dir;
  Duration patience = std::chrono::seconds(30);  // with a control plane that cannot be reached
};

struct Membership {
  rpc::Identity identity;  // of the node, and so the name of its cluster
  rpc::TlsFiles files;
};

// Where it is kept.
std::filesystem::path IdentityFileIn(const std::filesystem::path& state_dir);

// NotFound when there is neither certificate nor token; PermissionDenied with the control plane's
// words; FailedPrecondition for a certificate that is over or another node's, and no token.
absl::StatusOr<Membership> Join(const JoinOptions& options, const Clock& clock);

}  // namespace terrella::edge
