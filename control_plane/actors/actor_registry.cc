#include "control_plane/actors/actor_registry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/status.h"

namespace terrella::control {
namespace {

constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS places(
  namespace BLOB NOT NULL,
  id BLOB NOT NULL,
  name BLOB NOT NULL,
  node BLOB NOT NULL,
  shard INTEGER NOT NULL,
  instance BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  PRIMARY KEY(namespace, id)) WITHOUT ROWID;
)sql";

struct Point {
  double latitude_deg;
  double longitude_deg;
};

// A large city of each region that Workers' location hints name.
const std::map<std::string, Point, std::less<>>& Regions() {
  static const std::map<std::string, Point, std::less<>> kRegions = {
      {"wnam", {37.4, -122.1}}, {"enam", {39.0, -77.5}}, {"sam", {-23.5, -46.6}},
      {"weur", {51.5, -0.1}},   {"eeur", {52.2, 21.0}},  {"apac", {1.35, 103.8}},
      {"oc", {-33.9, 151.2}},   {"afr", {-26.2, 28.0}},  {"me", {25.2, 55.3}}};
  return kRegions;
}

// The angle between two places, in radians: enough to compare distances.
double Angle(const Point& a, const Point& b) {
  constexpr double kRadians = std::numbers::pi / 180;
  const double sines = std::sin(a.latitude_deg * kRadians) * std::sin(b.latitude_deg * kRadians);
  const double cosines = std::cos(a.latitude_deg * kRadians) * std::cos(b.latitude_deg * kRadians) *
                         std::cos((a.longitude_deg - b.longitude_deg) * kRadians);
  return std::acos(std::clamp(sines + cosines, -1.0, 1.0));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ActorRegistry>> ActorRegistry::Open(
    const std::filesystem::path& folder, const Clock& clock, const ActorRegistryOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return FailedPrecondition("cannot create {}: {}", folder.string(), error.message());
  ASSIGN_OR_RETURN(SqliteDatabase database,
                   SqliteDatabase::Open(folder / "actors.db", /*read_only=*/false));
  std::unique_ptr<ActorRegistry> registry(new ActorRegistry(std::move(database), clock, options));
  RETURN_IF_ERROR(registry->Prepare());
  return registry;
}

absl::Status ActorRegistry::Prepare() {
  RETURN_IF_ERROR(database_.Execute(kSchema));
  ASSIGN_OR_RETURN(get_, database_.Prepare("SELECT node, shard, instance, epoch FROM places WHERE "
                                           "namespace = ? AND id = ?"));
  ASSIGN_OR_RETURN(put_,
                   database_.Prepare("INSERT OR REPLACE INTO places VALUES(?, ?, ?, ?, ?, ?, ?)"));
  ASSIGN_OR_RETURN(list_, database_.Prepare("SELECT id, name, node, epoch FROM places WHERE "
                                            "namespace = ? ORDER BY id LIMIT ?"));
  ASSIGN_OR_RETURN(namespaces_, database_.Prepare("SELECT DISTINCT namespace FROM places"));
  ASSIGN_OR_RETURN(remove_, database_.Prepare("DELETE FROM places WHERE namespace = ?"));
  return absl::OkStatus();
}

absl::Status ActorRegistry::SetClasses(std::vector<ActorClassPlace> classes) {
  std::set<std::string, std::less<>> alive;
  for (const ActorClassPlace& one : classes) alive.insert(one.namespace_id);
  std::vector<std::string> dead;
  namespaces_.Bind();
  while (true) {
    ASSIGN_OR_RETURN(const bool row, namespaces_.Step());
    if (!row) break;
    if (!alive.contains(namespaces_.Blob(0))) dead.emplace_back(namespaces_.Blob(0));
  }
  namespaces_.Reset();
  for (const std::string& id : dead) RETURN_IF_ERROR(remove_.Bind(std::string_view(id)).Run());
  classes_ = std::move(classes);
  alive_ = std::move(alive);
  return absl::OkStatus();
}

absl::Status ActorRegistry::Join(const v1::ActorHost& host) {
  if (host.node().empty() || host.instance().empty() || host.door().empty()) {
    return InvalidArgument("a host of Durable Objects has a node, an instance and a door");
  }
  const HostKey key(host.node(), host.shard());
  if (!hosts_.contains(key) && hosts_.size() >= options_.hosts_max) {
    return ResourceExhausted("more than {} hosts of Durable Objects", options_.hosts_max);
  }
  hosts_[key] = {host, clock_.Now()};
  return absl::OkStatus();
}

const ActorRegistry::Host* ActorRegistry::FindAlive(const HostKey& key, std::string_view instance,
                                                    const FindNode& find_node) {
  const auto found = hosts_.find(key);
  if (found == hosts_.end() || (!instance.empty() && found->second.host.instance() != instance)) {
    return nullptr;
  }
  if (clock_.Now() - found->second.joined > options_.host_lease) return nullptr;
  return find_node(key.first).has_value() ? &found->second : nullptr;
}

const ActorRegistry::Host* ActorRegistry::Choose(const v1::LocateActorRequest& request,
                                                 const FindNode& find_node) {
  const auto region = Regions().find(request.location_hint());
  const HostKey caller(request.caller().node(), request.caller().shard());
  const auto caller_node = find_node(caller.first);
  if (region == Regions().end() && caller_node.has_value() && caller_node->is_ready) {
    if (const Host* host = FindAlive(caller, request.caller().instance(), find_node)) return host;
  }
  std::optional<Point> target;
  if (region != Regions().end()) {
    target = region->second;
  } else if (caller_node.has_value()) {
    target = Point{caller_node->info.latitude_deg(), caller_node->info.longitude_deg()};
  }
  const Host* best = nullptr;
  double best_angle = 0;
  for (const auto& [key, host] : hosts_) {
    const auto node = find_node(key.first);
    if (!node.has_value() || !node->is_ready || FindAlive(key, {}, find_node) == nullptr) continue;
    const double angle =
        target.has_value() ? Angle(*target, {node->info.latitude_deg(), node->info.longitude_deg()})
                           : 0;
    if (best == nullptr || angle < best_angle) {
      best = &host;
      best_angle = angle;
    }
  }
  return best;
}

absl::StatusOr<v1::LocateActorResponse> ActorRegistry::Locate(const v1::LocateActorRequest& request,
                                                              const FindNode& find_node) {
  RETURN_IF_ERROR(Join(request.caller()));  // who asks is alive
  const std::string_view ns = request.namespace_id(), id = request.id();
  if (!alive_.contains(ns)) {
    return NotFound("the class of the Durable Object is unknown or was deleted");
  }
  ASSIGN_OR_RETURN(const bool known, get_.Bind(ns, id).Step());
  uint64_t epoch = 0;
  v1::LocateActorResponse response;
  if (known) {
    const HostKey key(std::string(get_.Blob(0)), static_cast<uint32_t>(get_.Integer(1)));
    const std::string instance(get_.Blob(2));
    epoch = get_.Integer(3);
    get_.Reset();
    if (const Host* owner = FindAlive(key, instance, find_node)) {
      *response.mutable_owner() = owner->host;
      response.set_epoch(epoch);
      return response;
    }
    if (clock_.Now() - started_ < options_.grace && !hosts_.contains(key)) {
      return Unavailable("it is not known yet whether the owner of the Durable Object is alive");
    }
  }
  const Host* home = Choose(request, find_node);
  if (home == nullptr) return Unavailable("no node can host the Durable Object now");
  RETURN_IF_ERROR(put_.Bind(ns, id, std::string_view(request.name()),
                            std::string_view(home->host.node()), uint64_t{home->host.shard()},
                            std::string_view(home->host.instance()), epoch + 1)
                      .Run());
  *response.mutable_owner() = home->host;
  response.set_epoch(epoch + 1);
  return response;
}

absl::StatusOr<v1::ListActorsResponse> ActorRegistry::List(const v1::ListActorsRequest& request) {
  const uint64_t limit = request.limit() == 0
                             ? options_.list_max
                             : std::min<uint64_t>(request.limit(), options_.list_max);
  v1::ListActorsResponse response;
  for (const ActorClassPlace& one : classes_) {
    if (!request.script().empty() && one.script != request.script()) continue;
    const uint64_t left = limit - static_cast<uint64_t>(response.actors_size());
    if (left == 0) break;
    list_.Bind(std::string_view(one.namespace_id), left);
    while (true) {
      ASSIGN_OR_RETURN(const bool row, list_.Step());
      if (!row) break;
      v1::ActorPlace* place = response.add_actors();
      place->set_script(one.script);
      place->set_class_name(one.class_name);
      place->set_id(std::string(list_.Blob(0)));
      place->set_name(std::string(list_.Blob(1)));
      place->set_node(std::string(list_.Blob(2)));
      place->set_epoch(list_.Integer(3));
    }
    list_.Reset();
  }
  return response;
}

}  // namespace terrella::control
