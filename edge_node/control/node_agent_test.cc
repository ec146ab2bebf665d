#include "edge_node/control/node_agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/status.h"
#include "edge_node/control/test_push.h"

namespace terrella::edge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeTransport final : public SyncTransport {
 public:
  struct Wanted {
    std::string sha256;
    uint64_t offset;
    FetchDone done;
  };
  void set_observer(Observer* o) override { observer = o; }
  void Open(bool is_patient) override {
    ++opened;
    patient = is_patient;
    sent.clear();
  }
  void Send(const v1::NodeMessage& message) override {
    beats_of_patient += patient && message.has_heartbeat();
    sent.push_back(message);
  }
  size_t unsent() const override { return stuck ? 100 : 0; }
  void Close() override {}
  void Fetch(const std::string& sha256, uint64_t offset, uint64_t, FetchDone done) override {
    wanted.push_back({sha256, offset, std::move(done)});
  }
  void CancelFetches() override { wanted.clear(); }

  // The messages of one kind since the stream was opened.
  std::vector<v1::NodeMessage> Of(v1::NodeMessage::MessageCase kind) const {
    std::vector<v1::NodeMessage> out;
    for (const auto& message : sent) {
      if (message.message_case() == kind) out.push_back(message);
    }
    return out;
  }
  std::vector<v1::NodeMessage> reports() const { return Of(v1::NodeMessage::kReport); }
  std::vector<v1::NodeMessage> beats() const { return Of(v1::NodeMessage::kHeartbeat); }

  Observer* observer = nullptr;
  int opened = 0;
  int beats_of_patient = 0;
  bool patient = false;
  bool stuck = false;
  std::vector<v1::NodeMessage> sent;
  std::vector<Wanted> wanted;
};

class FakeServing final : public ServingSide {
 public:
  explicit FakeServing(EventLoop& loop) : loop_(loop) {}
  void Activate(std::shared_ptr<const ServingState> next, std::function<void()> done) override {
    state = std::move(next);
    if (hold) {
      held = std::move(done);
    } else {
      loop_.Post(std::move(done));
    }
  }
  void SetLeaving(bool now) override { leaving = now; }
  void TakeReport(std::function<void(ShardReport)> done) override {
    loop_.Post([this, done = std::move(done)] { done(report); });
  }
  std::shared_ptr<const ServingState> state;
  ShardReport report;
  bool hold = false;
  bool leaving = false;
  std::function<void()> held;

 private:
  EventLoop& loop_;
};

// What runs global scopes: code that begins with "loop" ends when it is allowed to, or told to.
class FakeTrial {
 public:
  absl::Status Check(const runtime::WorkerCode& code, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    tried_.push_back(code.version_id);
    if (!code.modules[0].bytes.starts_with("loop")) return absl::OkStatus();
    ++looping_;
    changed_.wait(lock, stop, [this] { return allowed_; });
    --looping_;
    return stop.stop_requested() ? absl::CancelledError("stopped") : absl::OkStatus();
  }
  void Allow() {
    std::lock_guard lock(mutex_);
    allowed_ = true;
    changed_.notify_all();
  }
  bool looping() {
    std::lock_guard lock(mutex_);
    return looping_ > 0;
  }
  std::vector<std::string> tried() {
    std::lock_guard lock(mutex_);
    return tried_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> tried_;  // guarded by mutex_
  int looping_ = 0;                 // guarded by mutex_
  bool allowed_ = false;            // guarded by mutex_
};

class NodeAgentTest : public ::testing::Test {
 protected:
  NodeAgentTest() { Renew(); }

  void Renew() {
    agent_.reset();
    auto blobs = std::make_unique<BlobStore>(folder_.path() / "cas", 1 << 20);
    auto saved = std::make_unique<LastKnownGood>(folder_.path());
    auto applier = std::make_unique<Applier>(
        *blobs, Applier::Options{.pop = "FRA", .continent = "EU", .limits = {}});
    if (auto state = saved->Load(); state.ok()) serving_.state = applier->Restore(*state);
    auto transport = std::make_unique<FakeTransport>();
    transport_ = transport.get();
    NodeAgent::Options options{.cluster = "test"};
    options.info.set_id("FRA");
    options.check = [this](const runtime::WorkerCode& code, std::stop_token stop) {
      return trial_.Check(code, std::move(stop));
    };
    options.limits.heartbeat_every = std::chrono::milliseconds(5);
    options.limits.backoff_min = std::chrono::milliseconds(2);
    options.limits.backoff_max = std::chrono::milliseconds(4);
    options.limits.patience = std::chrono::milliseconds(50);
    options.limits.sync_after = sync_after_;
    agent_ = std::make_unique<NodeAgent>(loop_, options, std::move(applier), std::move(blobs),
                                         std::move(saved), std::move(transport), serving_);
    agent_->Start();
  }
  template <class Condition>
  bool RunUntil(Condition condition) {
    const MonotonicTime deadline = loop_.Now() + std::chrono::seconds(10);
    while (!condition()) {
      if (loop_.Now() > deadline) return false;
      loop_.RunOnce();
      std::this_thread::yield();
    }
    return true;
  }
  bool RunUntilReported(size_t count) {
    return RunUntil([&] { return transport_->reports().size() == count; });
  }
  // A version of "hello" whose global scope loops.
  static v1::Push Looping(uint64_t nonce, uint64_t revision, std::string id) {
    return PushOf(nonce, revision,
                  {VersionOf("hello", id, "loop", revision), DeploymentOf("hello", id, revision)});
  }
  const std::string& Serves() const {
    return serving_.state->scripts.at("hello").main()->code->version_id;
  }
  static v1::Push Hello(uint64_t nonce, uint64_t revision, std::string id,
                        bool inline_bytes = true) {
    return PushOf(nonce, revision,
                  {VersionOf("hello", id, "code of " + id, revision, inline_bytes),
                   DeploymentOf("hello", id, revision)});
  }

  Duration sync_after_ = std::chrono::milliseconds(1);
  TempFolder folder_;
  EventLoop loop_;
  FakeServing serving_{loop_};
  FakeTrial trial_;
  std::unique_ptr<NodeAgent> agent_;
  FakeTransport* transport_ = nullptr;
};

TEST_F(NodeAgentTest, SaysHelloThenReportsOnAPushAfterTheShardsHaveIt) {
  ASSERT_EQ(transport_->sent.size(), 1u);
  const v1::Hello& hello = transport_->sent[0].hello();
  EXPECT_EQ(hello.cluster(), "test");
  EXPECT_EQ(hello.node().id(), "FRA");
  EXPECT_EQ(hello.revision(), 0u);

  serving_.hold = true;
  transport_->observer->OnPush(Hello(11, 4, "v1"));
  ASSERT_TRUE(RunUntil([&] { return serving_.held != nullptr; }));
  EXPECT_EQ(serving_.state->scripts.count("hello"), 1u);
  EXPECT_THAT(transport_->reports(), IsEmpty()) << "the shards have not swapped yet";
  serving_.held();
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(transport_->reports()[0].report().nonce(), 11u);
  EXPECT_EQ(transport_->reports()[0].report().revision(), 4u);
}

TEST_F(NodeAgentTest, HeartbeatsCarryCountersAndGrowByOne) {
  serving_.report.scripts[{"hello", "v1"}].requests = 3;
  serving_.report.chosen[{"hello", "v1"}].requests = 2;
  serving_.report.isolates = 2;
  ASSERT_TRUE(RunUntil([&] { return transport_->beats().size() >= 2; }));
  const v1::Heartbeat beat = transport_->beats()[0].heartbeat();
  EXPECT_EQ(beat.seq(), 1u);
  EXPECT_EQ(transport_->beats()[1].heartbeat().seq(), 2u);
  EXPECT_EQ(beat.scripts(0).requests(), 3u);
  EXPECT_FALSE(beat.scripts(0).chosen());
  EXPECT_EQ(beat.scripts(1).requests(), 2u);
  EXPECT_TRUE(beat.scripts(1).chosen());
  EXPECT_EQ(beat.isolates(), 2u);
  EXPECT_GT(beat.rss_bytes(), 0u);
  EXPECT_FALSE(beat.draining());
}

TEST_F(NodeAgentTest, AStuckPeerGetsNoMoreHeartbeats) {
  transport_->stuck = true;
  const MonotonicTime until = loop_.Now() + std::chrono::milliseconds(30);
  RunUntil([&] { return loop_.Now() > until; });
  EXPECT_THAT(transport_->beats(), IsEmpty());
}

TEST_F(NodeAgentTest, DrainsAreAnnouncedAtOnceAndTakenBack) {
  v1::Push push = PushOf(1, 1, {});
  push.mutable_directive()->set_drain(true);
  transport_->observer->OnPush(push);
  ASSERT_TRUE(RunUntil([&] {
    return !transport_->beats().empty() && transport_->beats().back().heartbeat().draining();
  }));
  EXPECT_TRUE(serving_.leaving);
  push.mutable_directive()->set_drain(false);
  transport_->observer->OnPush(push);
  ASSERT_TRUE(RunUntil([&] { return !transport_->beats().back().heartbeat().draining(); }));
  EXPECT_FALSE(serving_.leaving);
  agent_->AnnounceDrain();
  ASSERT_TRUE(RunUntil([&] { return transport_->beats().back().heartbeat().draining(); }));
}

TEST_F(NodeAgentTest, FetchesResumeWhereTheyBroke) {
  transport_->observer->OnPush(Hello(1, 1, "v1", /*inline_bytes=*/false));
  ASSERT_EQ(transport_->wanted.size(), 1u);
  transport_->wanted[0].done(Unavailable("lost"), "code ");
  ASSERT_EQ(transport_->wanted.size(), 2u);
  EXPECT_EQ(transport_->wanted[1].offset, 5u);
  transport_->wanted[1].done(absl::OkStatus(), "of v1");
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(transport_->reports()[0].report().rejected_size(), 0);
}

TEST_F(NodeAgentTest, GivesUpABlobAfterThreeAttemptsAndAsksForTheRevisionAgain) {
  transport_->observer->OnPush(Hello(1, 6, "v1", false));
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(transport_->wanted.size(), i + 1);
    transport_->wanted[i].done(Unavailable("lost"), "");
  }
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(transport_->reports()[0].report().rejected(0).code(), v1::Rejected::TIMEOUT);
  transport_->observer->OnStreamClosed(Unavailable("gone"));
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 2; }));
  EXPECT_EQ(transport_->sent[0].hello().revision(), 0u);
}

TEST_F(NodeAgentTest, ALostStreamAbandonsTheUnfinishedPushAndComesBack) {
  transport_->observer->OnPush(Hello(1, 1, "v1"));
  ASSERT_TRUE(RunUntilReported(1));
  transport_->observer->OnPush(Hello(2, 2, "v2", false));
  transport_->observer->OnStreamClosed(Unavailable("gone"));
  EXPECT_THAT(transport_->wanted, IsEmpty());
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 2; }));
  EXPECT_EQ(transport_->sent[0].hello().revision(), 1u);
  EXPECT_EQ(transport_->sent[0].hello().store_epoch(), 7u);
  EXPECT_EQ(serving_.state->scripts.at("hello").main()->code->version_id, "v1");
  transport_->observer->OnPush(Hello(1, 2, "v2"));
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(serving_.state->scripts.at("hello").main()->code->version_id, "v2");
}

TEST_F(NodeAgentTest, APushOfANewStreamWaitsForTheOneBeingActivated) {
  serving_.hold = true;
  transport_->observer->OnPush(Hello(1, 1, "v1"));
  ASSERT_TRUE(RunUntil([&] { return serving_.held != nullptr; }));
  auto first = std::move(serving_.held);
  transport_->observer->OnStreamClosed(Unavailable("gone"));
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 2; }));
  transport_->observer->OnPush(Hello(9, 2, "v2"));
  EXPECT_EQ(serving_.state->scripts.at("hello").main()->code->version_id, "v1");
  serving_.hold = false;
  first();
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(transport_->reports()[0].report().nonce(), 9u) << "no report on the lost stream's push";
  EXPECT_EQ(serving_.state->scripts.at("hello").main()->code->version_id, "v2");
}

TEST_F(NodeAgentTest, ATrialIsReportedAndNothingServesIt) {
  v1::Push trial = PushOf(5, 0, {VersionOf("hello", "v1", "code", 1)});
  trial.set_trial(true);
  transport_->observer->OnPush(trial);
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(transport_->reports()[0].report().nonce(), 5u);
  EXPECT_EQ(serving_.state, nullptr);
}

TEST_F(NodeAgentTest, HeartbeatsGoOnWhileAGlobalScopeLoops) {
  transport_->observer->OnPush(Looping(1, 1, "v1"));
  ASSERT_TRUE(RunUntil([&] { return trial_.looping(); }));
  const size_t before = transport_->beats().size();
  ASSERT_TRUE(RunUntil([&] { return transport_->beats().size() >= before + 5; }));
  EXPECT_THAT(transport_->reports(), IsEmpty());
  trial_.Allow();
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(Serves(), "v1");
}

TEST_F(NodeAgentTest, PushesThatComeDuringATrialFollowInTheirOrder) {
  transport_->observer->OnPush(Looping(1, 1, "v1"));
  ASSERT_TRUE(RunUntil([&] { return trial_.looping(); }));
  v1::Push trial = PushOf(2, 1, {VersionOf("other", "v1", "code", 1)});
  trial.set_trial(true);
  transport_->observer->OnPush(trial);
  transport_->observer->OnPush(Hello(3, 2, "v2"));
  v1::Push last = Hello(4, 3, "v3");
  last.mutable_directive()->set_drain(true);
  transport_->observer->OnPush(last);
  EXPECT_TRUE(serving_.leaving) << "a wish to drain waits for nothing";
  EXPECT_EQ(serving_.state, nullptr);
  trial_.Allow();
  ASSERT_TRUE(RunUntilReported(4));
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(transport_->reports()[i].report().nonce(), i + 1);
  EXPECT_EQ(Serves(), "v3");
  EXPECT_THAT(trial_.tried(), ElementsAre("v1", "v1", "v2", "v3"));
}

TEST_F(NodeAgentTest, APeerThatWaitsForNoReportLosesItsStream) {
  transport_->observer->OnPush(Looping(1, 1, "v1"));
  for (uint64_t i = 2; i <= 5; ++i) transport_->observer->OnPush(Hello(i, i, "v2"));
  EXPECT_EQ(transport_->opened, 1);
  transport_->observer->OnPush(Hello(6, 6, "v2"));
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 2; }));
  EXPECT_EQ(transport_->sent[0].hello().revision(), 0u);
}

TEST_F(NodeAgentTest, ALostStreamEndsTheTrialAndTheNextPushNeedNotWaitForIt) {
  transport_->observer->OnPush(Looping(1, 1, "v1"));
  ASSERT_TRUE(RunUntil([&] { return trial_.looping(); }));
  transport_->observer->OnStreamClosed(Unavailable("gone"));
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 2; }));
  transport_->observer->OnPush(Hello(1, 2, "v2"));
  ASSERT_TRUE(RunUntilReported(1));
  EXPECT_EQ(transport_->reports()[0].report().rejected_size(), 0);
  EXPECT_EQ(Serves(), "v2");
  EXPECT_FALSE(trial_.looping());
}

TEST_F(NodeAgentTest, EndsAtOnceDuringATrial) {
  transport_->observer->OnPush(Looping(1, 1, "v1"));
  ASSERT_TRUE(RunUntil([&] { return trial_.looping(); }));
  agent_.reset();  // hangs unless the trial is told to stop
  EXPECT_FALSE(trial_.looping());
}

TEST_F(NodeAgentTest, ARestartServesWhatTheDiskHoldsAndSaysSo) {
  transport_->observer->OnPush(Hello(1, 3, "v1"));
  ASSERT_TRUE(RunUntilReported(1));
  serving_.state.reset();
  Renew();
  EXPECT_EQ(serving_.state->scripts.at("hello").main()->code->version_id, "v1");
  EXPECT_EQ(transport_->sent[0].hello().revision(), 3u);
}

TEST_F(NodeAgentTest, WaitsForWhoWasThereAMomentAgoAndThenSaysWhyItCannot) {
  EXPECT_FALSE(transport_->patient) << "who was never there may not be";
  transport_->observer->OnPush(Hello(1, 1, "v1"));
  ASSERT_TRUE(RunUntilReported(1));
  transport_->observer->OnStreamClosed(Unavailable("gone"));
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 2; }));
  EXPECT_TRUE(transport_->patient);
  // Nothing is counted into a stream that may never be; then it is left for one that fails.
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 3; }));
  EXPECT_FALSE(transport_->patient);
  EXPECT_EQ(transport_->beats_of_patient, 0);
  transport_->observer->OnStreamClosed(Unavailable("nobody listens"));
  ASSERT_TRUE(RunUntil([&] { return transport_->opened == 4; }));
  EXPECT_TRUE(transport_->patient);
  transport_->observer->OnPush(Hello(1, 1, "v1"));
  ASSERT_TRUE(RunUntil([&] { return !transport_->beats().empty(); }));
}

TEST_F(NodeAgentTest, DeletesBlobsThatNoSavedStateNeeds) {
  // All pushes come before the files are made durable: a durable copy keeps its place.
  sync_after_ = std::chrono::milliseconds(500);
  Renew();
  transport_->observer->OnPush(Hello(1, 1, "v1"));
  ASSERT_TRUE(RunUntilReported(1));
  const uint64_t last = LastKnownGood::kSlots + 1;
  for (uint64_t i = 2; i <= last; ++i) {
    v1::Push push = Hello(i, i, "v" + std::to_string(i));
    push.add_removed("version/hello/v" + std::to_string(i - 1));
    transport_->observer->OnPush(push);
    ASSERT_TRUE(RunUntilReported(i));
  }
  BlobStore look(folder_.path() / "cas", 1 << 20);
  EXPECT_TRUE(RunUntil([&] { return !look.Has(Sha256("code of v1")); }));
  for (uint64_t i = 2; i <= last; ++i) {
    EXPECT_TRUE(look.Has(Sha256("code of v" + std::to_string(i)))) << i;
  }
}

}  // namespace
}  // namespace terrella::edge
