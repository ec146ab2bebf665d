// A control plane inside the test process and edge nodes that are only their side of the protocol:
// what the tests of the control plane have in common.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/event_loop.h"
#include "base/testing/temp_folder.h"
#include "control_plane/access/access_control.h"
#include "control_plane/actors/actor_registry.h"
#include "control_plane/api/server.h"
#include "control_plane/kv/sqlite_kv_store.h"
#include "control_plane/rollout/coordinator.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/admin.grpc.pb.h"
#include "terrella/v1/deployments.grpc.pb.h"
#include "terrella/v1/node_sync.grpc.pb.h"
#include "terrella/v1/topology.grpc.pb.h"

namespace terrella::control {

// How long a test waits for something that must happen.
inline constexpr std::chrono::seconds kPatience{20};

// An edge node that applies pushes to a map. Thread: any.
class FakeNode {
 public:
  struct Options {
    std::string id = "AMS";
    std::string cluster = "default";
    std::string continent = "";
    uint64_t store_epoch = 0;
    uint64_t revision = 0;
    // What it refuses of a push; empty accepts.
    std::function<std::vector<v1::Rejected>(const v1::Push&)> judge;
    bool report = true;         // false: takes pushes and says nothing, until ReportNow
    bool die_in_trial = false;  // breaks the stream when it is asked to try a version
  };
  FakeNode(const std::string& control_plane, Options options);
  ~FakeNode();

  // Breaks the stream the way a killed process does.
  void Kill();
  void Heartbeat(bool draining = false);
  void Heartbeat(const v1::Heartbeat& heartbeat);
  // Reports on the last push and on all later ones.
  void ReportNow();

  // Waits until `done` holds of the pushes taken so far; false after kPatience.
  bool WaitForPushes(const std::function<bool(const std::vector<v1::Push>&)>& done);
  bool WaitForPushCount(size_t count);
  bool WaitForRevision(uint64_t revision);
  // How the stream ended, once it has.
  grpc::Status WaitForEnd();

  std::vector<v1::Push> pushes();
  std::map<std::string, v1::Resource> resources();
  uint64_t revision();

 private:
  void Read();
  void Take(const v1::Push& push);
  void Report(const v1::Push& push, const std::vector<v1::Rejected>& rejected);

  Options options_;
  std::unique_ptr<v1::NodeSync::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::NodeMessage, v1::Push>> stream_;
  std::mutex write_mutex_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::vector<v1::Push> pushes_;
  std::map<std::string, v1::Resource> resources_;
  uint64_t revision_ = 0;
  bool ended_ = false;
  grpc::Status end_;
  std::thread reader_;
};

// A running control plane over a store that may outlive it.
class TestControlPlane {
 public:
  explicit TestControlPlane(StateStore& store, CoordinatorOptions options = DefaultOptions(),
                            bool require_auth = false);
  ~TestControlPlane();

  // A lease no test outlasts.
  static CoordinatorOptions DefaultOptions();

  EventLoop& loop() { return loop_; }
  AccessControl& access() { return *access_; }
  // Ends all calls and closes the port; the loop goes on.
  void StopServing() { server_->Stop(); }
  const std::string& address() const { return address_; }
  v1::Deployments::Stub& deployments() { return *deployments_; }
  v1::Admin::Stub& admin() { return *admin_; }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }
  // The node's state, DOWN when it is unknown.
  v1::NodeState StateOf(const std::string& node);
  bool WaitForState(const std::string& node, v1::NodeState state);

 private:
  SystemClock clock_;
  TempFolder kv_folder_;
  std::unique_ptr<KvStore> kv_;
  std::unique_ptr<ActorRegistry> actors_;
  EventLoop loop_;
  std::unique_ptr<AccessControl> access_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<ApiServer> server_;
  std::thread thread_;
  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Deployments::Stub> deployments_;
  std::unique_ptr<v1::Admin::Stub> admin_;
};

// A version of one module with this source.
v1::Version MakeVersion(const std::string& script, const std::string& source);
// Uploads it; the error when it is refused.
grpc::Status Upload(v1::Deployments::Stub& stub, const v1::Version& version,
                    const std::vector<std::string>& contents, v1::UploadResponse* response);
// Uploads a version of one module and returns its id; fails the test when it is refused.
std::string UploadSource(v1::Deployments::Stub& stub, const std::string& script,
                         const std::string& source);
grpc::Status Deploy(v1::Deployments::Stub& stub, const v1::DeployRequest& request,
                    v1::DeployResponse* response);
v1::DeployRequest MakeDeploy(const std::string& script, const std::string& version_id,
                             const std::string& request_id = "");
// Follows the revision to its end and returns the last picture.
v1::Convergence WaitForConvergence(v1::Deployments::Stub& stub, uint64_t revision);

}  // namespace terrella::control
