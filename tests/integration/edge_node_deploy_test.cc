// A real edge_node process and deploys: the stream, blobs, refusals, its disk, the loss of either
// side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/digest.h"
#include "base/file.h"
#include "tests/integration/edge_node_fixture.h"

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string Answering(std::string_view text) {
  return "export default { fetch() { return new Response('" + std::string(text) + "'); } }";
}

class EdgeNodeDeploy : public ::testing::Test {
 protected:
  EdgeNodeDeploy() {
    std::string pattern = (fs::temp_directory_path() / "edge_state.XXXXXX").string();
    state_ = mkdtemp(pattern.data());
  }
  ~EdgeNodeDeploy() override {
    node_.reset();
    fs::remove_all(state_);
  }
  void StartNode(const std::string& control) {
    node_.reset();
    std::vector<std::string> arguments = {"--pop=FRA", "--cluster=test",
                                          "--state=" + state_.string()};
    if (!control.empty()) arguments.push_back("--control=" + control);
    node_ = std::make_unique<NodeProcess>(arguments);
    ASSERT_TRUE(node_->serving()) << node_->Log();
  }
  HttpReply Ask(const std::string& script, std::string_view target = "/") {
    return Get(node_->address(), script + ".edge.test", target);
  }

  fs::path state_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_F(EdgeNodeDeploy, APushIsServedWhenItIsAcknowledged) {
  FakeControlPlane control;
  StartNode(control.target());
  v1::Hello hello;
  ASSERT_TRUE(control.WaitForHello(&hello));
  EXPECT_EQ(hello.cluster(), "test");
  EXPECT_EQ(hello.node().port(), node_->address().port);
  EXPECT_EQ(hello.node().pid(), static_cast<uint32_t>(node_->pid()));
  EXPECT_EQ(Ask("hello").status, 404);

  const auto report = control.Push(DeployPush(5, "hello", "v1", Answering("one")));
  ASSERT_TRUE(report) << node_->Log();
  EXPECT_EQ(report->rejected_size(), 0) << report->DebugString();
  const HttpReply reply = Ask("hello");
  EXPECT_EQ(reply.body, "one");
  EXPECT_EQ(reply.Header("x-terrella-version"), "v1");
  EXPECT_THAT(reply.Header("terrella-ray"), ::testing::MatchesRegex("[0-9a-f]{16}-FRA"));
  EXPECT_THAT(reply.Header("server-timing"), HasSubstr("edge;desc=\"FRA\""));
  EXPECT_TRUE(control.WaitForBeat([](const v1::Heartbeat& beat) {
    return beat.scripts_size() == 1 && beat.scripts(0).requests() == 1 &&
           beat.scripts(0).errors() == 0 && beat.scripts(0).latency_us_buckets_size() > 0 &&
           beat.rss_bytes() > 0;
  }));
}

TEST_F(EdgeNodeDeploy, LargeModulesAreFetchedAndVerified) {
  FakeControlPlane control;
  StartNode(control.target());
  const std::string code = Answering("large") + "\n//" + std::string(300'000, 'x');
  control.AddBlob(Sha256(code), code);
  auto report = control.Push(DeployPush(1, "big", "v1", code, /*inline_bytes=*/false));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rejected_size(), 0) << report->DebugString();
  EXPECT_EQ(Ask("big").body, "large");

  const std::string other = Answering("other");
  control.AddBlob(Sha256(other), Answering("forged"));
  report = control.Push(DeployPush(2, "big", "v2", other, false));
  ASSERT_TRUE(report);
  ASSERT_EQ(report->rejected_size(), 2);
  EXPECT_EQ(report->rejected(0).code(), v1::Rejected::HASH);
  EXPECT_EQ(Ask("big").body, "large");

  report = control.Push(DeployPush(3, "big", "v3", Answering("missing"), false));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rejected(0).code(), v1::Rejected::TIMEOUT) << report->DebugString();
}

TEST_F(EdgeNodeDeploy, PoisonIsRefusedAloneWithItsReason) {
  FakeControlPlane control;
  StartNode(control.target());
  ASSERT_TRUE(control.Push(DeployPush(1, "hello", "v1", Answering("one"))));
  const std::pair<std::string, v1::Rejected::Code> poisons[] = {
      {"export default { fetch( }", v1::Rejected::COMPILE},
      {"throw new Error('at start'); export default {}", v1::Rejected::COMPILE},
      {"for (;;) {} export default {}", v1::Rejected::LIMIT},
      {"import './nowhere.js'; export default {}", v1::Rejected::COMPILE},
  };
  uint64_t revision = 2;
  for (const auto& [code, expected] : poisons) {
    const std::string id = "v" + std::to_string(revision);
    v1::Push push = DeployPush(revision, "hello", id, code);
    push.MergeFrom(DeployPush(revision, "other", id, Answering(id)));
    const auto report = control.Push(push);
    ASSERT_TRUE(report) << node_->Log();
    ASSERT_EQ(report->rejected_size(), 2) << code;
    EXPECT_EQ(report->rejected(0).code(), expected) << report->DebugString();
    EXPECT_FALSE(report->rejected(0).detail().empty());
    EXPECT_EQ(Ask("hello").body, "one");
    EXPECT_EQ(Ask("other").body, id) << "the rest of the push applies";
    ++revision;
  }
}

// Its global scope loops for so much CPU time.
v1::Push LoopingPush(uint64_t revision, uint32_t startup_cpu_ms) {
  v1::Push push = DeployPush(revision, "hello", "looping", "for (;;) {} export default {}");
  push.mutable_upsert(0)->mutable_version()->mutable_limits()->set_startup_cpu_ms(startup_cpu_ms);
  return push;
}

TEST_F(EdgeNodeDeploy, HeartbeatsGoOnWhileAGlobalScopeLoops) {
  FakeControlPlane control;
  StartNode(control.target());
  v1::Push first = DeployPush(1, "hello", "v1", Answering("one"));
  // A rollout watches it: four heartbeats a second.
  first.mutable_upsert(1)->mutable_deployment()->set_rollout_id("rollout");
  ASSERT_TRUE(control.Push(first));
  const uint64_t looping = control.Send(LoopingPush(2, 1000));
  const uint64_t behind = control.Send(DeployPush(3, "hello", "v3", Answering("three")));
  ASSERT_TRUE(control.WaitForBeats(3));
  EXPECT_FALSE(control.HasReported(looping)) << "three heartbeats, 250 ms apart, came before it";
  EXPECT_EQ(Ask("hello").body, "one");
  const auto refused = control.WaitForReport(looping);
  ASSERT_TRUE(refused) << node_->Log();
  EXPECT_EQ(refused->rejected(0).code(), v1::Rejected::LIMIT) << refused->DebugString();
  const auto applied = control.WaitForReport(behind);
  ASSERT_TRUE(applied) << node_->Log();
  EXPECT_EQ(applied->revision(), 3u);
  EXPECT_EQ(Ask("hello").body, "three");
}

TEST_F(EdgeNodeDeploy, ANodeEndsAtOnceDuringATrial) {
  FakeControlPlane control;
  StartNode(control.target());
  ASSERT_NE(control.Send(LoopingPush(1, 600'000)), 0u);
  ASSERT_TRUE(control.WaitForBeats(2));  // by now it loops
  node_->Signal(SIGTERM);
  EXPECT_EQ(node_->Wait(), 0) << node_->Log();
}

TEST_F(EdgeNodeDeploy, BootsFromDiskWithoutAControlPlaneAlsoAfterKill9) {
  {
    FakeControlPlane control;
    StartNode(control.target());
    ASSERT_TRUE(control.Push(DeployPush(7, "hello", "v1", Answering("one"))));
    node_->Signal(SIGKILL);  // the moment it has acknowledged
    ASSERT_TRUE(node_->Wait());
  }
  StartNode("");
  EXPECT_EQ(Ask("hello").body, "one");
  StartNode("127.0.0.1:1");
  EXPECT_EQ(Ask("hello").body, "one");
  FakeControlPlane control;
  StartNode(control.target());
  v1::Hello hello;
  ASSERT_TRUE(control.WaitForHello(&hello));
  EXPECT_EQ(hello.revision(), 7u);
  EXPECT_EQ(hello.store_epoch(), 1u);
}

TEST_F(EdgeNodeDeploy, ATornStateFileFallsBackToTheCopyBefore) {
  {
    FakeControlPlane control;
    StartNode(control.target());
    ASSERT_TRUE(control.Push(DeployPush(1, "hello", "v1", Answering("one"))));
    ASSERT_TRUE(control.Push(DeployPush(2, "hello", "v2", Answering("two"))));
    node_->Signal(SIGKILL);
    node_->Wait();
  }
  const std::string whole = ReadFile(state_ / "lkg.1.pb").value();
  ASSERT_TRUE(WriteFileAtomic(state_ / "lkg.1.pb", whole.substr(0, whole.size() / 2)).ok());
  StartNode("");
  EXPECT_EQ(Ask("hello").body, "one");
  EXPECT_THAT(node_->Log(), HasSubstr("newest whole copy"));
  ASSERT_TRUE(WriteFileAtomic(state_ / "lkg.0.pb", "rubbish").ok());
  StartNode("");
  EXPECT_EQ(Ask("hello").status, 404) << "nothing usable is left: it serves nothing, and lives";
}

TEST_F(EdgeNodeDeploy, ServesOnWhenTheControlPlaneIsGoneAndComesBack) {
  auto control = std::make_unique<FakeControlPlane>();
  const uint16_t port = control->port();
  StartNode(control->target());
  ASSERT_TRUE(control->Push(DeployPush(1, "hello", "v1", Answering("one"))));
  control.reset();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(Ask("hello").body, "one");
  control = std::make_unique<FakeControlPlane>(port);
  v1::Hello hello;
  ASSERT_TRUE(control->WaitForHello(&hello)) << node_->Log();
  EXPECT_EQ(hello.revision(), 1u);
  ASSERT_TRUE(control->Push(DeployPush(2, "hello", "v2", Answering("two"))));
  EXPECT_EQ(Ask("hello").body, "two");
}

TEST_F(EdgeNodeDeploy, DeploysUnderLoadFailNothingAndMixNothing) {
  FakeControlPlane control;
  StartNode(control.target());
  ASSERT_TRUE(control.Push(DeployPush(1, "hello", "v1", Answering("v1"))));
  std::atomic<bool> stop = false;
  std::atomic<int> good = 0, bad = 0;
  std::thread load([&] {
    HttpConnection connection(node_->address());
    while (!stop) {
      connection.Send("hello.edge.test", "/");
      const HttpReply reply = connection.Receive();
      const bool fine = reply.status == 200 && reply.body == reply.Header("x-terrella-version");
      ++(fine ? good : bad);
      if (reply.status == 0) break;
    }
  });
  for (int revision = 2; revision <= 12; ++revision) {
    const std::string id = "v" + std::to_string(revision);
    ASSERT_TRUE(
        control.Push(DeployPush(static_cast<uint64_t>(revision), "hello", id, Answering(id))));
    EXPECT_EQ(Ask("hello").body, id) << "an acknowledged version answers every new request";
  }
  stop = true;
  load.join();
  EXPECT_EQ(bad, 0);
  EXPECT_GT(good, 10);
}

TEST_F(EdgeNodeDeploy, ARequestInFlightFinishesOnItsOldVersion) {
  FakeControlPlane control;
  StartNode(control.target());
  const std::string slow =
      "export default { async fetch() { await new Promise(r => setTimeout(r, 400));"
      " return new Response('old'); } }";
  ASSERT_TRUE(control.Push(DeployPush(1, "hello", "v1", slow)));
  HttpConnection connection(node_->address());
  connection.Send("hello.edge.test", "/");
  // The second connection is answered only after the first one's request was read.
  EXPECT_EQ(Ask("nobody").status, 404);
  ASSERT_TRUE(control.Push(DeployPush(2, "hello", "v2", Answering("new"))));
  EXPECT_EQ(Ask("hello").body, "new");
  const HttpReply reply = connection.Receive();
  EXPECT_EQ(reply.body, "old");
  EXPECT_EQ(reply.Header("x-terrella-version"), "v1");
}

TEST_F(EdgeNodeDeploy, ATrialIsReportedAndNotServed) {
  FakeControlPlane control;
  StartNode(control.target());
  ASSERT_TRUE(control.Push(DeployPush(1, "hello", "v1", Answering("one"))));
  v1::Push trial = DeployPush(1, "hello", "v2", Answering("two"));
  trial.mutable_upsert()->DeleteSubrange(1, 2);
  trial.set_trial(true);
  const auto report = control.Push(trial);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rejected_size(), 0);
  EXPECT_EQ(Ask("hello").body, "one");
}

}  // namespace
}  // namespace terrella::edge
