// ActorRegistry: where each Durable Object lives, as the control plane decides and remembers.
//
//   unknown --first question--> lives at the asker's host, or the one nearest to the hint; epoch 1
//   its host is gone --next question--> lives at another host, epoch + 1
//
// Hosts are known by the joins they repeat; they are in memory only. For a while after its start
// the registry does not take a host for gone that has had no time to come back. That a host is gone
// is not certain: whoever is deposed finds the higher epoch in the object's own storage.
//
// Thread: the coordinator's loop. Owns: the database. Invariants: an object's epoch never falls.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/sqlite_database.h"
#include "terrella/v1/actors.pb.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::control {

struct ActorRegistryOptions {
  Duration host_lease = std::chrono::seconds(5);  // of a join
  Duration grace = std::chrono::seconds(5);       // after the start
  size_t hosts_max = 10'000;
  size_t list_max = 1000;
};

// A class as it is called now, with the namespace of its objects.
struct ActorClassPlace {
  std::string script;
  std::string class_name;
  std::string namespace_id;
};

class ActorRegistry {
 public:
  // A node as the registry of nodes has it: null when it is not connected.
  struct NodeFacts {
    v1::NodeInfo info;
    bool is_ready = false;
  };
  using FindNode = std::function<std::optional<NodeFacts>(std::string_view node)>;

  // Opens or creates `folder`/actors.db. `clock` outlives it.
  static absl::StatusOr<std::unique_ptr<ActorRegistry>> Open(
      const std::filesystem::path& folder, const Clock& clock,
      const ActorRegistryOptions& options = {});

  // All classes there are, by script and class. Objects of other namespaces are forgotten.
  absl::Status SetClasses(std::vector<ActorClassPlace> classes);
  absl::Status Join(const v1::ActorHost& host);
  // NotFound when the object's namespace is none of SetClasses'.
  absl::StatusOr<v1::LocateActorResponse> Locate(const v1::LocateActorRequest& request,
                                                 const FindNode& find_node);
  absl::StatusOr<v1::ListActorsResponse> List(const v1::ListActorsRequest& request);

 private:
  struct Host {
    v1::ActorHost host;
    MonotonicTime joined{};
  };
  using HostKey = std::pair<std::string, uint32_t>;  // node and shard

  ActorRegistry(SqliteDatabase database, const Clock& clock, const ActorRegistryOptions& options)
      : options_(options), clock_(clock), started_(clock.Now()), database_(std::move(database)) {}
  absl::Status Prepare();
  // The host with that name; null when it is gone, or another process has its name.
  const Host* FindAlive(const HostKey& key, std::string_view instance, const FindNode& find_node);
  const Host* Choose(const v1::LocateActorRequest& request, const FindNode& find_node);

  const ActorRegistryOptions options_;
  const Clock& clock_;
  const MonotonicTime started_;
  SqliteDatabase database_;
  SqliteStatement get_, put_, list_, namespaces_, remove_;
  std::vector<ActorClassPlace> classes_;
  std::set<std::string, std::less<>> alive_;  // their namespaces
  std::map<HostKey, Host> hosts_;
};

}  // namespace terrella::control
