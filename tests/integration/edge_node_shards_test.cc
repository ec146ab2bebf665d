// A real edge_node process whose shards come and go with the load, and its control plane: deploys
// reach a shard that is just starting, and what was counted at one that has gone is reported.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "base/testing/temp_folder.h"
#include "tests/integration/edge_node_fixture.h"

namespace terrella::edge {
namespace {

using std::chrono::steady_clock;

constexpr char kHost[] = "busy.edge.test";

std::string Burning(std::string_view version) {
  return fmt::format(R"js(
export default {{ fetch() {{
  let x = 0;
  for (let i = 0; i < 200000; ++i) x = (x * 31 + i) % 1000003;
  return new Response(x < 0 ? 'never' : '{}');
}} }};
)js",
                     version);
}

// Clients that ask again as soon as they are answered, over connections they keep.
class Load {
 public:
  Load(const SocketAddress& to, size_t clients) {
    for (size_t i = 0; i < clients; ++i) threads_.emplace_back([this, to] { Ask(to); });
  }
  ~Load() { Stop(); }
  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  uint64_t answered() const { return answered_; }
  uint64_t failed() const { return failed_; }

 private:
  void Ask(const SocketAddress& to) {
    std::optional<HttpConnection> connection;
    while (!stop_) {
      if (!connection.has_value()) connection.emplace(to);
      connection->Send(kHost, "/");
      const HttpReply reply = connection->Receive();
      ++(reply.status == 200 ? answered_ : failed_);
      if (reply.status != 200 || reply.Header("connection") == "close") connection.reset();
    }
  }

  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> answered_ = 0, failed_ = 0;
  std::vector<std::thread> threads_;
};

class EdgeNodeShardsByLoad : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(node_.serving()) << node_.Log();
    Deploy();
  }
  // The next version; whoever comes after its report is answered by it, at every shard.
  void Deploy() {
    ++version_;
    const std::string name = Version();
    ASSERT_TRUE(control_.Push(DeployPush(version_, "busy", name, Burning(name))));
    for (int i = 0; i < 4; ++i) Expect(name);
  }
  // The node's first class of Durable Objects.
  void DeployObjects() {
    const std::string name = fmt::format("v{}", ++version_);
    v1::Push push = DeployPush(version_, "busy", name, Burning(name));
    for (v1::Resource& resource : *push.mutable_upsert()) {
      if (!resource.has_deployment()) continue;
      v1::ActorClass& box = *resource.mutable_deployment()->add_actor_classes();
      box.set_class_name("Box");
      box.set_namespace_id("0123456789abcdef0123456789abcdef");
    }
    ASSERT_TRUE(control_.Push(push));
  }
  void Expect(const std::string& version) {
    EXPECT_EQ(Get(node_.address(), kHost, "/").body, version);
    ++asked_;
  }
  std::string Version() const { return fmt::format("v{}", version_); }
  size_t Shards() {
    const HttpReply health = Get(node_.address(), node_.address().ToString(), "/.terrella/health");
    return nlohmann::json::parse(health.body)["shards"];
  }
  // A busy moment makes the quiet time of ten seconds begin anew, so that there is more patience.
  template <class Condition>
  bool Becomes(Condition condition) {
    const auto deadline = steady_clock::now() + 3 * kPatience;
    while (!condition() && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return condition();
  }

  FakeControlPlane control_;
  const TempFolder folder_;  // of Durable Objects
  NodeProcess node_{
      {"--control=" + control_.target(), "--shards=1..2", "--actors=" + folder_.path().string()}};
  uint64_t version_ = 0;
  uint64_t asked_ = 0;
};

TEST_F(EdgeNodeShardsByLoad, DeploysReachAShardThatStartsAndCountsOutliveOneThatEnds) {
  EXPECT_EQ(Shards(), 1u);
  Load load(node_.address(), 12);
  // A deploy every moment: some come while the second shard starts.
  EXPECT_TRUE(Becomes([&] {
    Deploy();
    return Shards() == 2;
  })) << node_.Log();
  for (int i = 0; i < 5; ++i) Deploy();
  for (int i = 0; i < 20; ++i) Expect(Version());
  load.Stop();
  EXPECT_EQ(load.failed(), 0u);
  EXPECT_TRUE(Becomes([&] { return Shards() == 1; })) << node_.Log();
  Deploy();
  EXPECT_TRUE(Becomes([&] { return node_.Log().find("a shard has ended") != std::string::npos; }))
      << node_.Log();
  Deploy();
  EXPECT_TRUE(control_.WaitForRequests(asked_ + load.answered()));
  EXPECT_TRUE(control_.WaitForBeats(2));
  EXPECT_EQ(control_.requests(), asked_ + load.answered()) << "some were counted twice";
  node_.Signal(SIGTERM);
  EXPECT_EQ(node_.Wait(), 0) << node_.Log();
}

TEST_F(EdgeNodeShardsByLoad, SigtermEndsAllShardsAndFreesThePort) {
  Load load(node_.address(), 12);
  EXPECT_TRUE(Becomes([&] { return Shards() == 2; })) << node_.Log();
  DeployObjects();  // the second shard asks for them in the first one's name
  EXPECT_EQ(node_.Log().find("cannot live here"), std::string::npos) << node_.Log();
  load.Stop();
  node_.Signal(SIGTERM);
  EXPECT_EQ(node_.Wait(), 0) << node_.Log();
  EXPECT_EQ(Get(node_.address(), kHost, "/").status, 0) << "the port is free again";
}

}  // namespace
}  // namespace terrella::edge
