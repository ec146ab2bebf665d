// ClusterRecord: what a cluster is made of, as cluster.json keeps it between commands.
//
// It says what should run (the parts, their addresses) and what was started (process identities);
// what really runs is asked of the kernel every time. Plain data. Format 1; a reader refuses
// others.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/cluster/paths.h"
#include "cli/cluster/process.h"

namespace terrella::cli {

enum class PartKind { kControl, kDns, kIngress, kNode };

// One process of the cluster.
struct Part {
  PartKind kind = PartKind::kNode;
  std::string name;     // "control", "dns", "ingress", "ingress-2", or the node's id ("FRA")
  std::string address;  // "127.16.0.1:8080"
  ProcessIdentity process;
};

// How the network treats its people: flags of the ingress, "" for its defaults.
struct NetworkSettings {
  std::string access;          // --access
  std::string loss;            // --loss
  std::string hour;            // --hour
  std::string anycast;         // --anycast
  bool smart_routing = false;  // requests to origins may go by way of another PoP
  std::string home;            // the control plane's city, with --wan; "": beside every node
  std::string relays;          // codes of PoPs that pass its pushes on; "": none
  bool operator==(const NetworkSettings&) const = default;
};

struct ClusterRecord {
  std::string name;
  int number = 0;      // 0 to 15: the second byte of the nodes' addresses is 16 + number
  std::string preset;  // "world-30"
  std::string zone;    // "edge.test"
  std::string store;   // "etcd://..."; "" for the control plane's own database
  int replicas = 1;    // control planes, of which one leads; more than one need etcd
  int ingresses = 1;   // processes that share the anycast address
  std::string shards;  // threads of each node, "4" or "1..4"; "" for edge_node's default
  NetworkSettings network;
  uint16_t http_port = 0;
  uint16_t dns_port = 0;
  uint16_t control_port = 0;
  uint16_t api_port = 0;  // of the control plane's gateway
  bool mtls = false;      // its parts prove to each other who they are
  std::string boot_id;
  int64_t started_unix_ms = 0;
  // controls, dns, ingresses, then the nodes in the order of the preset.
  std::vector<Part> parts;
  // Of this program, filled in by LoadRecord and not stored; empty: plain text.
  std::filesystem::path operator_identity;
  // HOST:PORT of a control plane that is nobody's child here; empty: the record's own. Not stored.
  std::string remote_control;

  Part* Find(std::string_view part);
  const Part* Find(std::string_view part) const;
  // The node of that PoP, any case; nullptr when there is none.
  Part* FindNode(std::string_view pop);
  std::vector<const Part*> nodes() const;
  // The control planes: "control", "control-2", ... at 127.0.0.1, 127.0.0.2, ... with one port.
  std::vector<const Part*> controls() const;
  // Of all of them: "127.0.0.1:7070,127.0.0.2:7070".
  std::string control_address() const;
};

constexpr int kClustersMax = 16;
constexpr int kIngressesMax = 8;
constexpr int kNodesMax = 50'000;

// Where node `index` of cluster `number` listens: 127.<16+number>.<index/250>.<1+index%250>.
std::string NodeHost(int number, int index);

// Fills `parts` for these PoPs from number and ports; forgets processes.
void LayOut(ClusterRecord& record, const std::vector<std::string>& pops);

std::string ToJson(const ClusterRecord& record);
// INVALID_ARGUMENT when it is not a record of ours.
absl::StatusOr<ClusterRecord> ParseClusterRecord(std::string_view json);

// NOT_FOUND when there is no such cluster. Processes of an earlier boot are forgotten.
absl::StatusOr<ClusterRecord> LoadRecord(const ClusterPaths& paths);
absl::Status SaveRecord(const ClusterPaths& paths, const ClusterRecord& record);

// Every readable record under `home`, by name.
std::vector<ClusterRecord> LoadAllRecords(const std::filesystem::path& home);

// The parts that run, and those that do not.
bool IsRunning(const Part& part);
bool AnyRunning(const ClusterRecord& record);
std::vector<const Part*> DeadParts(const ClusterRecord& record);

}  // namespace terrella::cli
