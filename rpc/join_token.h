// JoinToken: what is carried by hand to a machine so that a node there may join a cluster:
//
//   te1.SECRET.HASH
//
// SECRET, 256 random bits, tells the control plane that the node was invited; HASH, the SHA-256 of
// the public key of the cluster's authority, tells the node that it talks to the right control
// plane before it has any certificate (as kubeadm does). Both are hexadecimal digits.
//
// Thread: any; plain data and pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::rpc {

struct JoinToken {
  std::string secret;         // 32 raw bytes
  std::string authority_key;  // SHA-256, 32 raw bytes

  std::string ToString() const;
  // InvalidArgument never repeats the token: it may be in somebody's log.
  static absl::StatusOr<JoinToken> Parse(std::string_view text);
};

}  // namespace terrella::rpc
