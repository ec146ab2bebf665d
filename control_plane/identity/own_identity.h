// OwnIdentity: a control plane that is its cluster's authority: keeps the authority, what it proves
// itself with, and what the operator beside it proves himself with, in one folder of its state, and
// renews the latter two while it runs.
//
// Where something else issues certificates (`terrella up`, cert-manager) none of this is used, and
// the folder may hold the authority alone, to sign for nodes by.
//
// Thread: Ensure and IssueTo on any; an OwnIdentity lives on its loop's.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "rpc/tls_files.h"

namespace terrella::control {

struct OwnIdentityPlace {
  std::filesystem::path state;
  std::string cluster;

  std::filesystem::path folder() const { return state / "identity"; }
  std::filesystem::path own() const { return folder() / "control_plane.pem"; }
  std::filesystem::path of_operator() const { return folder() / "operator.pem"; }
};

class OwnIdentity {
 public:
  // Makes what is missing and renews what is old.
  static absl::StatusOr<rpc::TlsFiles> Ensure(const OwnIdentityPlace& place, WallTime now);
  // Looks after it from then on, every hour.
  OwnIdentity(EventLoop& loop, OwnIdentityPlace place);

 private:
  EventLoop& loop_;
  const OwnIdentityPlace place_;
  Timer timer_;
};

// Writes an identity file, good for a year, for a part of the cluster that cannot join: a service's
// name, or "operator". InvalidArgument for others.
absl::Status IssueTo(const OwnIdentityPlace& place, std::string_view what,
                     const std::filesystem::path& out, WallTime now);

}  // namespace terrella::control
