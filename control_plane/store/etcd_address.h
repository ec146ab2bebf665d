// EtcdAddress: which etcd a cluster's state lives in, and under which prefix of its keys.
//
//   etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/terrella/prod
//
// The connections are not encrypted and carry no user: etcd belongs on a private network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::control {

struct EtcdAddress {
  std::vector<std::string> endpoints;  // HOST:PORT each, at least one
  std::string prefix;                  // without slashes at its ends; may be empty

  // Port 2379 where none is given. InvalidArgument says what is wrong.
  static absl::StatusOr<EtcdAddress> Parse(std::string_view text);
};

}  // namespace terrella::control
