// EtcdMembers: an etcd cluster of a test's own, of real processes on loopback with a data folder of
// their own, gone with the object (and with the test's process, however that ends).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/testing/temp_folder.h"
#include "control_plane/store/etcd_address.h"

namespace terrella::control {

class EtcdMembers {
 public:
  // Where etcd is: on the PATH, or where scripts/setup --test unpacks it. NotFound.
  static absl::StatusOr<std::filesystem::path> Find();

  // Starts so many members, which find each other. `flags` go to each of them.
  explicit EtcdMembers(size_t count, std::vector<std::string> flags = {});
  ~EtcdMembers();
  EtcdMembers(const EtcdMembers&) = delete;
  EtcdMembers& operator=(const EtcdMembers&) = delete;

  EtcdAddress Address(std::string prefix) const;
  const std::string& endpoint(size_t member) const { return endpoints_[member]; }
  void Kill(size_t member);     // kill -9
  void Restart(size_t member);  // with the data it had
  void Signal(size_t member, int signal);

 private:
  void Spawn(size_t member);

  TempFolder folder_;
  std::filesystem::path binary_;
  std::vector<std::string> flags_;
  std::vector<std::string> endpoints_, peers_;
  std::vector<pid_t> pids_;  // 0: not running
};

}  // namespace terrella::control
