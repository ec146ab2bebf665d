// EtcdAddress: which etcd a cluster's state lives in, and under which prefix of its keys.
//
//   etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/terrella/prod
//   etcds://db-1:2379,db-2:2379?ca=/etc/etcd/ca.crt&cert=/etc/etcd/client.crt&key=/etc/etcd/client.key
//
// etcds:// is TLS: members must prove that they are the hosts they were asked by, under the
// authority of `ca` (that of the system when there is none), and see the certificate, when there is
// one. etcd:// is plain text, for a private network. Neither carries a user and a password.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace terrella::control {

// PEM files.
struct EtcdTls {
  std::filesystem::path authority;          // empty: whom the system believes
  std::filesystem::path certificates, key;  // both empty: none is shown
};

struct EtcdAddress {
  std::vector<std::string> endpoints;  // HOST:PORT each, at least one
  std::string prefix;                  // without slashes at its ends; may be empty
  std::optional<EtcdTls> tls;          // none: plain text

  // NotFound names a file of `tls` that cannot be read.
  absl::Status CheckFiles() const;
  // Port 2379 where none is given. InvalidArgument says what is wrong.
  static absl::StatusOr<EtcdAddress> Parse(std::string_view text);
};

}  // namespace terrella::control
