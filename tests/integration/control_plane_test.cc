// The control plane through its gRPC endpoint, with nodes that are only their side of the protocol.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/clock.h"
#include "base/digest.h"
#include "control_plane/store/memory_store.h"
#include "tests/integration/control_plane_fixture.h"

namespace terrella::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ControlPlaneTest : public ::testing::Test {
 protected:
  void Start(CoordinatorOptions options = TestControlPlane::DefaultOptions()) {
    plane_.reset();
    plane_ = std::make_unique<TestControlPlane>(store_, options);
  }
  void SetUp() override { Start(); }

  std::unique_ptr<FakeNode> StartNode(FakeNode::Options options) {
    std::string id = options.id;
    bool report = options.report;
    auto node = std::make_unique<FakeNode>(plane_->address(), std::move(options));
    EXPECT_TRUE(plane_->WaitForState(id, report ? v1::NODE_STATE_READY : v1::NODE_STATE_SYNCING));
    return node;
  }
  v1::DeployResponse DeploySource(const std::string& script, const std::string& source) {
    v1::DeployResponse response;
    std::string version = UploadSource(plane_->deployments(), script, source);
    grpc::Status status = Deploy(plane_->deployments(), MakeDeploy(script, version), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // What the store holds besides the record of who asked for what.
  std::vector<std::pair<std::string, Revision>> State() {
    std::vector<std::pair<std::string, Revision>> state;
    const RangeResult all = *store_.Range("");
    for (const Record& record : all.records) {
      const bool told = record.key.starts_with("audit") || record.key.starts_with("verdict/");
      if (!told) state.emplace_back(record.key, record.modified);
    }
    return state;
  }
  static std::vector<std::string> Names(const v1::Push& push) {
    std::vector<std::string> names;
    for (const v1::Resource& resource : push.upsert()) names.push_back(resource.name());
    return names;
  }

  MemoryStore store_;
  std::unique_ptr<TestControlPlane> plane_;
};

std::vector<v1::Rejected> RefuseTrials(const v1::Push& push, v1::Rejected::Code code) {
  if (!push.trial()) return {};
  v1::Rejected rejected;
  rejected.set_name(push.upsert(0).name());
  rejected.set_code(code);
  rejected.set_detail("index.js:1:1: SyntaxError");
  return {rejected};
}

TEST_F(ControlPlaneTest, ADeployIsTriedOnTheFirstNodeThenReachesAll) {
  auto ams = StartNode({.id = "AMS"});
  auto fra = StartNode({.id = "FRA"});
  v1::DeployResponse deployed = DeploySource("hello", "export default {}");
  EXPECT_EQ(deployed.validated_by(), "AMS");
  EXPECT_EQ(deployed.deployment_id(), "hello-1");
  EXPECT_THAT(deployed.routes(), ElementsAre("hello.edge.test/*"));
  v1::Convergence end = WaitForConvergence(plane_->deployments(), deployed.revision());
  EXPECT_TRUE(end.complete());
  EXPECT_EQ(end.acked(), 2u);
  EXPECT_EQ(end.total(), 2u);
  EXPECT_GT(end.elapsed_us(), 0u);

  std::string version = "version/hello/" + deployed.version_id();
  ASSERT_EQ(fra->pushes().size(), 2u);
  v1::Push push = fra->pushes()[1];
  EXPECT_FALSE(push.full());
  EXPECT_EQ(push.revision(), deployed.revision());
  EXPECT_THAT(Names(push), ElementsAre(version, "deployment/hello", "route/hello.edge.test/*"));
  EXPECT_EQ(push.upsert(0).version().modules(0).inline_bytes(), "export default {}");
  ASSERT_EQ(ams->pushes().size(), 3u);
  EXPECT_TRUE(ams->pushes()[1].trial());
  EXPECT_THAT(Names(ams->pushes()[1]), ElementsAre(version));
}

TEST_F(ControlPlaneTest, ARefusedVersionChangesNothing) {
  auto node = StartNode({.id = "AMS", .judge = [](const v1::Push& push) {
                           return RefuseTrials(push, v1::Rejected::COMPILE);
                         }});
  std::string version = UploadSource(plane_->deployments(), "hello", "}{");
  const auto before = State();
  v1::DeployResponse response;
  grpc::Status status = Deploy(plane_->deployments(), MakeDeploy("hello", version), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "COMPILE: index.js:1:1: SyntaxError");
  EXPECT_EQ(State(), before);
  EXPECT_EQ(node->pushes().size(), 2u);
}

TEST_F(ControlPlaneTest, ARefusedVersionIsListedAsSuchUntilANodeTakesIt) {
  std::atomic<bool> refuses = true;
  auto node = StartNode({.id = "AMS", .judge = [&](const v1::Push& push) {
                           return refuses ? RefuseTrials(push, v1::Rejected::LIMIT)
                                          : std::vector<v1::Rejected>();
                         }});
  const auto list = [&] {
    grpc::ClientContext context;
    v1::ListVersionsRequest request;
    request.set_script("hello");
    v1::ListVersionsResponse response;
    EXPECT_TRUE(plane_->deployments().ListVersions(&context, request, &response).ok());
    return response;
  };
  const std::string bad = UploadSource(plane_->deployments(), "hello", "}{");
  EXPECT_EQ(list().versions(0).rejected(), "");
  v1::DeployResponse response;
  EXPECT_FALSE(Deploy(plane_->deployments(), MakeDeploy("hello", bad), &response).ok());
  EXPECT_EQ(list().versions(0).rejected(), "LIMIT: index.js:1:1: SyntaxError");
  EXPECT_GT(list().versions(0).rejected_unix_ms(), 0);
  EXPECT_FALSE(list().versions(0).live());
  refuses = false;
  ASSERT_TRUE(Deploy(plane_->deployments(), MakeDeploy("hello", bad), &response).ok());
  EXPECT_EQ(list().versions(0).rejected(), "");
  EXPECT_TRUE(list().versions(0).live());
}

TEST_F(ControlPlaneTest, ANodesOwnTroubleMovesTheTrialOn) {
  auto ams = StartNode({.id = "AMS", .judge = [](const v1::Push& push) {
                          return RefuseTrials(push, v1::Rejected::INTERNAL);
                        }});
  auto fra = StartNode({.id = "FRA", .die_in_trial = true});
  auto lhr = StartNode({.id = "LHR"});
  EXPECT_EQ(DeploySource("hello", "x").validated_by(), "LHR");
}

TEST_F(ControlPlaneTest, AVersionThatTakesTwoNodesWithItIsNotTriedOnAThird) {
  auto ams = StartNode({.id = "AMS", .die_in_trial = true});
  auto fra = StartNode({.id = "FRA", .die_in_trial = true});
  auto lhr = StartNode({.id = "LHR"});
  std::string version = UploadSource(plane_->deployments(), "hello", "x");
  v1::DeployResponse response;
  grpc::Status status = Deploy(plane_->deployments(), MakeDeploy("hello", version), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("tried AMS, FRA"));
  EXPECT_EQ(lhr->pushes().size(), 1u);
}

TEST_F(ControlPlaneTest, ASilentTrialMovesOnAfterItsTimeout) {
  CoordinatorOptions options = TestControlPlane::DefaultOptions();
  options.trial_timeout = std::chrono::milliseconds(50);
  Start(options);
  auto ams = StartNode({.id = "AMS", .judge = [](const v1::Push& push) {
                          if (push.trial())
                            std::this_thread::sleep_for(std::chrono::milliseconds(500));
                          return std::vector<v1::Rejected>();
                        }});
  auto fra = StartNode({.id = "FRA"});
  EXPECT_EQ(DeploySource("hello", "x").validated_by(), "FRA");
}

// Fifty deploys while a node stands still: it has one push to answer, and then gets one that brings
// it to the newest revision; no version in between is ever sent to it.
TEST_F(ControlPlaneTest, AStalledNodeGetsOnePushForManyDeploys) {
  auto stalled = StartNode({.id = "FRA", .report = false});
  auto healthy = StartNode({.id = "AMS"});
  v1::DeployResponse last;
  for (int i = 0; i < 50; ++i) last = DeploySource("hello", "version " + std::to_string(i));
  EXPECT_TRUE(healthy->WaitForRevision(last.revision()));
  EXPECT_EQ(stalled->pushes().size(), 1u);
  stalled->ReportNow();
  v1::Convergence end = WaitForConvergence(plane_->deployments(), last.revision());
  EXPECT_EQ(end.acked(), 2u);
  EXPECT_EQ(stalled->pushes().size(), 2u);
  EXPECT_EQ(stalled->resources().size(), 3u);
  EXPECT_TRUE(stalled->resources().contains("version/hello/" + last.version_id()));
}

TEST_F(ControlPlaneTest, AReturningNodeGetsOnlyWhatChanged) {
  auto node = StartNode({.id = "FRA"});
  v1::DeployResponse one = DeploySource("one", "1");
  ASSERT_TRUE(node->WaitForRevision(one.revision()));
  WaitForConvergence(plane_->deployments(), one.revision());
  node->Kill();
  ASSERT_TRUE(plane_->WaitForState("FRA", v1::NODE_STATE_DOWN));
  v1::DeployResponse two = DeploySource("two", "2");
  EXPECT_EQ(two.validated_by(), "");

  auto same = StartNode({.id = "FRA", .store_epoch = store_.epoch(), .revision = one.revision()});
  v1::Push push = same->pushes()[0];
  EXPECT_FALSE(push.full());
  EXPECT_THAT(Names(push), ElementsAre("version/two/" + two.version_id(), "deployment/two",
                                       "route/two.edge.test/*"));
  same.reset();
  ASSERT_TRUE(plane_->WaitForState("FRA", v1::NODE_STATE_DOWN));
  auto foreign = StartNode({.id = "FRA", .store_epoch = 1, .revision = one.revision()});
  EXPECT_TRUE(foreign->pushes()[0].full());
  EXPECT_EQ(foreign->pushes()[0].upsert_size(), 6);
}

TEST_F(ControlPlaneTest, ARemovedScriptIsRemovedLastFromTheNodes) {
  auto node = StartNode({.id = "FRA"});
  v1::DeployResponse one = DeploySource("one", "1");
  ASSERT_TRUE(node->WaitForRevision(one.revision()));
  grpc::ClientContext context;
  v1::DeleteScriptRequest request;
  request.set_script("one");
  v1::DeployResponse gone;
  ASSERT_TRUE(plane_->deployments().DeleteScript(&context, request, &gone).ok());
  ASSERT_TRUE(node->WaitForRevision(gone.revision()));
  EXPECT_THAT(
      node->pushes().back().removed(),
      ElementsAre("route/one.edge.test/*", "deployment/one", "version/one/" + one.version_id()));
  // What stays is that its cached responses are void.
  ASSERT_EQ(node->resources().size(), 1u);
  EXPECT_GT(node->resources().at("purge/one").purges().floor(), 0u);
}

// The store came back from an older copy: nodes must not keep what the new history does not know.
TEST_F(ControlPlaneTest, ANodeAheadOfTheStoreMakesEveryNodeStartOver) {
  auto other = StartNode({.id = "AMS"});
  v1::DeployResponse one = DeploySource("one", "1");
  ASSERT_TRUE(other->WaitForRevision(one.revision()));
  WaitForConvergence(plane_->deployments(), one.revision());
  uint64_t epoch = store_.epoch();
  size_t pushes = other->pushes().size();
  auto ahead = StartNode({.id = "FRA", .store_epoch = epoch, .revision = 99});
  EXPECT_NE(store_.epoch(), epoch);
  EXPECT_TRUE(ahead->pushes()[0].full());
  ASSERT_TRUE(other->WaitForPushCount(pushes + 1));
  EXPECT_TRUE(other->pushes().back().full());
  EXPECT_EQ(other->pushes().back().store_epoch(), store_.epoch());
}

TEST_F(ControlPlaneTest, ARetryAnswersTheSameAndAnIdIsNotReused) {
  std::string v1_id = UploadSource(plane_->deployments(), "hello", "1");
  std::string v2_id = UploadSource(plane_->deployments(), "hello", "2");
  v1::DeployResponse first, again, other;
  ASSERT_TRUE(Deploy(plane_->deployments(), MakeDeploy("hello", v1_id, "r1"), &first).ok());
  ASSERT_TRUE(Deploy(plane_->deployments(), MakeDeploy("hello", v2_id, "r2"), &other).ok());
  const auto before = State();
  ASSERT_TRUE(Deploy(plane_->deployments(), MakeDeploy("hello", v1_id, "r1"), &again).ok());
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  grpc::Status reused = Deploy(plane_->deployments(), MakeDeploy("hello", v2_id, "r1"), &again);
  EXPECT_EQ(reused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(State(), before);
}

TEST_F(ControlPlaneTest, RoutesBelongToOneScript) {
  std::string one = UploadSource(plane_->deployments(), "one", "1");
  std::string two = UploadSource(plane_->deployments(), "two", "2");
  v1::DeployRequest request = MakeDeploy("one", one);
  request.add_routes("Shop.edge.test/api/*");
  request.add_routes("shop.edge.test");
  v1::DeployResponse response;
  ASSERT_TRUE(Deploy(plane_->deployments(), request, &response).ok());
  EXPECT_THAT(response.routes(), ElementsAre("shop.edge.test/*", "shop.edge.test/api/*"));
  request = MakeDeploy("two", two);
  request.add_routes("shop.edge.test/*");
  grpc::Status status = Deploy(plane_->deployments(), request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(status.error_message(), "route shop.edge.test/* belongs to script 'one'");
  for (const char* bad :
       {"http://a.test/*", "a.test/*/b", "a b/*", "a.test:80/*", "", "-a.test/*"}) {
    request.set_routes(0, bad);
    EXPECT_EQ(Deploy(plane_->deployments(), request, &response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT)
        << bad;
  }
}

TEST_F(ControlPlaneTest, ALostRaceIsAbortedWithTheWinner) {
  v1::DeployResponse base = DeploySource("hello", "1");
  std::string a = UploadSource(plane_->deployments(), "hello", "a");
  std::string b = UploadSource(plane_->deployments(), "hello", "b");
  v1::DeployRequest request = MakeDeploy("hello", a);
  request.set_expected_revision(base.revision());
  v1::DeployResponse response;
  ASSERT_TRUE(Deploy(plane_->deployments(), request, &response).ok());
  request.set_version_id(b);
  grpc::Status status = Deploy(plane_->deployments(), request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_THAT(status.error_message(), HasSubstr(a));
}

TEST_F(ControlPlaneTest, RollsBackToTheVersionThatAnsweredBefore) {
  v1::DeployResponse one = DeploySource("hello", "1");
  v1::DeployResponse two = DeploySource("hello", "2");
  v1::RollbackRequest request;
  request.set_script("hello");
  auto rollback = [&](v1::DeployResponse& response) {
    grpc::ClientContext context;
    return plane_->deployments().Rollback(&context, request, &response);
  };
  v1::DeployResponse response;
  ASSERT_TRUE(rollback(response).ok());
  EXPECT_EQ(response.version_id(), one.version_id());
  EXPECT_EQ(response.deployment_id(), "hello-3");
  ASSERT_TRUE(rollback(response).ok());
  EXPECT_EQ(response.version_id(), two.version_id());
  request.set_version_id(one.version_id().substr(0, 8));
  ASSERT_TRUE(rollback(response).ok());
  EXPECT_EQ(response.version_id(), one.version_id());
  DeploySource("fresh", "1");
  request.set_script("fresh");
  request.clear_version_id();
  EXPECT_EQ(rollback(response).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  request.set_script("nobody");
  EXPECT_EQ(rollback(response).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(ControlPlaneTest, ListsVersionsAndScripts) {
  v1::DeployResponse one = DeploySource("hello", "1");
  v1::DeployResponse two = DeploySource("hello", "22");
  DeploySource("aloha", "x");
  grpc::ClientContext c1, c2, c3;
  v1::ListVersionsRequest request;
  request.set_script("hello");
  v1::ListVersionsResponse versions;
  ASSERT_TRUE(plane_->deployments().ListVersions(&c1, request, &versions).ok());
  ASSERT_EQ(versions.versions_size(), 2);
  EXPECT_EQ(versions.versions(0).id(), two.version_id());
  EXPECT_TRUE(versions.versions(0).live());
  EXPECT_EQ(versions.versions(0).size_bytes(), 2u);
  EXPECT_FALSE(versions.versions(1).live());
  v1::ListScriptsResponse scripts;
  ASSERT_TRUE(plane_->deployments().ListScripts(&c2, {}, &scripts).ok());
  ASSERT_EQ(scripts.scripts_size(), 2);
  EXPECT_EQ(scripts.scripts(0).name(), "aloha");
  EXPECT_EQ(scripts.scripts(1).version_id(), two.version_id());
  EXPECT_EQ(scripts.scripts(1).revision(), two.revision());
  EXPECT_GT(scripts.scripts(1).deployed_unix_ms(), 0);
  request.set_script("nobody");
  EXPECT_EQ(plane_->deployments().ListVersions(&c3, request, &versions).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ControlPlaneTest, UploadsAreCheckedAgainstTheirHashes) {
  auto upload = [&](const v1::Version& version, const std::vector<std::string>& contents) {
    v1::UploadResponse response;
    return Upload(plane_->deployments(), version, contents, &response);
  };
  v1::Version version = MakeVersion("hello", "source");
  EXPECT_THAT(upload(version, {}).error_message(),
              HasSubstr("no content came for module 'index.js'"));
  EXPECT_THAT(upload(version, {"Source"}).error_message(), HasSubstr("belongs to nothing here"));
  v1::Version wrong_size = version;
  wrong_size.mutable_modules(0)->set_size_bytes(5);
  EXPECT_THAT(upload(wrong_size, {"source"}).error_message(), HasSubstr("its content has 6"));
  v1::Version wrong_id = version;
  wrong_id.set_id("0123");
  EXPECT_THAT(upload(wrong_id, {"source"}).error_message(), HasSubstr("its content gives"));
  v1::Version too_big = version;
  too_big.mutable_modules(0)->set_size_bytes(30 << 20);
  EXPECT_EQ(upload(too_big, {}).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  std::string big(30 << 20, 'x');
  EXPECT_EQ(upload(version, {big}).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  v1::Version bad_name = version;
  bad_name.set_script("Hello_");
  EXPECT_EQ(upload(bad_name, {"source"}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(State().empty());

  v1::UploadResponse first, second;
  ASSERT_TRUE(Upload(plane_->deployments(), version, {"source"}, &first).ok());
  ASSERT_TRUE(Upload(plane_->deployments(), version, {}, &second).ok());
  EXPECT_FALSE(first.existed());
  EXPECT_TRUE(second.existed());
  EXPECT_EQ(first.version_id(), second.version_id());
}

TEST_F(ControlPlaneTest, BigModulesTravelByHashAndResumeFromAnOffset) {
  auto node = StartNode({.id = "FRA"});
  std::string source(300'000, 'x');
  v1::DeployResponse deployed = DeploySource("big", source);
  ASSERT_TRUE(node->WaitForRevision(deployed.revision()));
  v1::Module module =
      node->resources()["version/big/" + deployed.version_id()].version().modules(0);
  EXPECT_EQ(module.inline_bytes(), "");
  auto stub = v1::NodeSync::NewStub(plane_->channel());
  auto fetch = [&](uint64_t offset, grpc::Status& status) {
    grpc::ClientContext context;
    v1::FetchBlobRequest request;
    request.set_sha256(module.sha256());
    request.set_offset(offset);
    auto reader = stub->FetchBlob(&context, request);
    v1::BlobChunk chunk;
    std::string bytes;
    while (reader->Read(&chunk)) {
      EXPECT_LE(chunk.data().size(), 65536u);
      bytes += chunk.data();
    }
    status = reader->Finish();
    return bytes;
  };
  grpc::Status status;
  EXPECT_EQ(fetch(0, status), source);
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(fetch(250'000, status).size(), 50'000u);
  EXPECT_EQ(fetch(300'000, status).size(), 0u);
  EXPECT_TRUE(status.ok());
  fetch(300'001, status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(ControlPlaneTest, ANodeThatRefusesARevisionIsCountedAndNamed) {
  auto ams = StartNode({.id = "AMS"});
  auto fra = StartNode({.id = "FRA", .judge = [](const v1::Push& push) {
                          std::vector<v1::Rejected> rejected;
                          for (const v1::Resource& resource : push.upsert()) {
                            if (!resource.has_version()) continue;
                            rejected.emplace_back().set_name(resource.name());
                            rejected.back().set_code(v1::Rejected::LIMIT);
                            rejected.back().set_detail("too hungry");
                          }
                          return rejected;
                        }});
  v1::DeployResponse deployed = DeploySource("hello", "x");
  v1::Convergence end = WaitForConvergence(plane_->deployments(), deployed.revision());
  EXPECT_EQ(end.acked(), 1u);
  ASSERT_EQ(end.rejected_size(), 1);
  EXPECT_EQ(end.rejected(0).node(), "FRA");
  EXPECT_EQ(end.rejected(0).code(), "LIMIT");
  EXPECT_EQ(end.rejected(0).detail(), "too hungry");
}

TEST_F(ControlPlaneTest, TheViewFollowsNodesAndHostnames) {
  grpc::ClientContext context;
  auto watch = v1::Topology::NewStub(plane_->channel())->WatchView(&context, {});
  v1::View view;
  uint64_t serial = 0;
  auto until = [&](auto done) {
    while (watch->Read(&view)) {
      EXPECT_GT(view.serial(), serial);
      serial = view.serial();
      if (done(view)) return true;
    }
    return false;
  };
  ASSERT_TRUE(
      until([](const v1::View& v) { return v.nodes().empty() && v.zone() == "edge.test"; }));
  auto node = StartNode({.id = "FRA"});
  ASSERT_TRUE(until([](const v1::View& v) {
    return v.nodes_size() == 1 && v.nodes(0).state() == v1::NODE_STATE_READY;
  }));
  DeploySource("hello", "x");
  ASSERT_TRUE(until([](const v1::View& v) {
    return v.hostnames_size() == 1 && v.hostnames(0) == "hello.edge.test";
  }));
  node->Kill();
  ASSERT_TRUE(until([](const v1::View& v) { return v.nodes(0).state() == v1::NODE_STATE_DOWN; }));
  // A time in microseconds, which the zone's serial is made of.
  const auto now_s =
      std::chrono::duration_cast<std::chrono::seconds>(SystemClock().WallNow().time_since_epoch());
  EXPECT_NEAR(static_cast<double>(serial) / 1e6, static_cast<double>(now_s.count()), 60);
  context.TryCancel();
}

TEST_F(ControlPlaneTest, ANodeThatFallsSilentIsDownAfterItsLease) {
  CoordinatorOptions options = TestControlPlane::DefaultOptions();
  options.lease = std::chrono::milliseconds(300);
  Start(options);
  auto node = StartNode({.id = "FRA"});
  EXPECT_TRUE(plane_->WaitForState("FRA", v1::NODE_STATE_DOWN));
  EXPECT_EQ(node->WaitForEnd().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ControlPlaneTest, ADrainIsToldToTheNodeAndOutlivesARestart) {
  auto node = StartNode({.id = "FRA"});
  grpc::ClientContext c1, c2;
  v1::DrainNodeRequest request;
  request.set_node("FRA");
  request.set_drain(true);
  v1::DrainNodeResponse response;
  ASSERT_TRUE(plane_->admin().DrainNode(&c1, request, &response).ok());
  EXPECT_EQ(response.node().state(), v1::NODE_STATE_DRAINING);
  ASSERT_TRUE(node->WaitForPushCount(2));
  EXPECT_TRUE(node->pushes()[1].directive().drain());
  request.set_node("NOP");
  EXPECT_EQ(plane_->admin().DrainNode(&c2, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  node.reset();
  Start();
  FakeNode again(plane_->address(), {.id = "FRA"});
  EXPECT_TRUE(plane_->WaitForState("FRA", v1::NODE_STATE_DRAINING));
  EXPECT_TRUE(again.pushes().empty() || again.pushes()[0].directive().drain());
}

// A watcher cut off by the stop posts that it is gone; the busy loop gets to that only after the
// server has stopped.
TEST_F(ControlPlaneTest, StopsWhileItIsWatched) {
  auto stub = v1::Topology::NewStub(plane_->channel());
  grpc::ClientContext context;
  auto watch = stub->WatchView(&context, {});
  v1::View view;
  ASSERT_TRUE(watch->Read(&view));
  bool stopped = false;  // on the loop
  std::promise<void> idle;
  std::function<void()> dawdle = [&, &loop = plane_->loop()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stopped ? idle.set_value() : loop.Post(dawdle);
  };
  plane_->loop().Post(dawdle);
  plane_->StopServing();
  plane_->loop().Post([&] { stopped = true; });
  idle.get_future().wait();
  EXPECT_FALSE(watch->Read(&view));
}

TEST_F(ControlPlaneTest, OneSessionANode) {
  auto first = StartNode({.id = "FRA"});
  auto second = StartNode({.id = "FRA"});
  EXPECT_EQ(first->WaitForEnd().error_code(), grpc::StatusCode::ABORTED);
  EXPECT_TRUE(plane_->WaitForState("FRA", v1::NODE_STATE_READY));
}

// A crash leaves the nodes' names in the store. The first view after it must not show them as gone
// while they are still on their way back.
TEST_F(ControlPlaneTest, AfterACrashTheFirstViewWaitsForTheNodesToReturn) {
  v1::NodeInfo info;
  info.set_id("FRA");
  info.set_pop("FRA");
  info.set_address("127.16.0.1");
  info.set_port(8080);
  plane_.reset();
  ASSERT_TRUE(store_.Txn({.ops = {Op::Put("node/FRA", info.SerializeAsString())}}).ok());
  auto first_view = [&](v1::View& view) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    auto watch = v1::Topology::NewStub(plane_->channel())->WatchView(&context, {});
    return watch->Read(&view) && view.nodes_size() == 1;
  };
  v1::View view;
  CoordinatorOptions options = TestControlPlane::DefaultOptions();
  options.lease = std::chrono::milliseconds(100);
  Start(options);
  ASSERT_TRUE(first_view(view));  // nobody came within the lease
  EXPECT_EQ(view.nodes(0).state(), v1::NODE_STATE_DOWN);

  plane_.reset();
  ASSERT_TRUE(store_.Txn({.ops = {Op::Put("node/FRA", info.SerializeAsString())}}).ok());
  Start();
  std::unique_ptr<FakeNode> node;
  std::thread late([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    node = std::make_unique<FakeNode>(plane_->address(), FakeNode::Options{.id = "FRA"});
  });
  ASSERT_TRUE(first_view(view));
  EXPECT_EQ(view.nodes(0).state(), v1::NODE_STATE_READY);
  late.join();
}

TEST_F(ControlPlaneTest, StrangersAndLiarsAreTurnedAway) {
  FakeNode foreign(plane_->address(), {.id = "FRA", .cluster = "other"});
  EXPECT_EQ(foreign.WaitForEnd().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  FakeNode unnamed(plane_->address(), {.id = ""});
  EXPECT_EQ(unnamed.WaitForEnd().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  auto liar = StartNode({.id = "AMS"});
  liar->ReportNow();  // a second time on the same push
  EXPECT_EQ(liar->WaitForEnd().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ControlPlaneTest, AFutureRevisionCannotBeFollowed) {
  grpc::ClientContext context;
  v1::WatchConvergenceRequest request;
  request.set_revision(7);
  auto watch = plane_->deployments().WatchConvergence(&context, request);
  v1::Convergence picture;
  EXPECT_FALSE(watch->Read(&picture));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

}  // namespace
}  // namespace terrella::control
