// Ports: which are free, who has the busy ones, and how a new cluster gets its own.
//
// Nodes listen at addresses of their own (127.16.0.1, ...), so clusters only share the loopback
// address 127.0.0.1 for ingress, DNS and control plane, and their number for the nodes' addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/cluster/record.h"

namespace terrella::cli {

enum class Transport { kTcp, kUdp };

// Whether a daemon could listen at host:port now.
bool CanListen(std::string_view host, uint16_t port, Transport transport);

// "nginx (pid 812)": who listens there, as far as /proc shows it to us; "" when it does not.
std::string WhoListens(std::string_view host, uint16_t port, Transport transport);

struct PortWishes {
  int http = -1;  // -1: no wish (the default, moved aside by the cluster's number); 0: any free one
  int dns = -1;
  int control = -1;
  int api = -1;  // without a wish: the default where it is free, else any
};

constexpr uint16_t kDefaultHttpPort = 8080;
constexpr uint16_t kDefaultDnsPort = 5353;
constexpr uint16_t kDefaultControlPort = 7070;
constexpr uint16_t kDefaultApiPort = 7090;  // clusters are 16 at most: apart from the above

// Picks number and ports for a cluster of `node_count` nodes that is not running. `record` keeps
// what it already has where nothing else took it. FAILED_PRECONDITION names the busy port, who has
// it, and the flag that chooses another.
absl::Status AllocateAddresses(ClusterRecord& record, const PortWishes& wishes, int node_count,
                               const std::vector<ClusterRecord>& others);

}  // namespace terrella::cli
