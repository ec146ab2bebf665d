// Probes against real sockets of this process.
#include "dns_router/view/prober.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace terrella::dns {
namespace {

using std::chrono::milliseconds;

// Answers every connection with `answer`, or not at all when it is empty.
class FakeNode final : private ByteStream::Observer {
 public:
  FakeNode(EventLoop& loop, std::string answer) : answer_(std::move(answer)) {
    listener_ = *TcpListener::Listen(loop, {.address = *SocketAddress::Parse("127.0.0.1:0")},
                                     [this](std::unique_ptr<TcpConnection> connection) {
                                       connection->set_observer(this);
                                       connection->StartReading();
                                       if (!answer_.empty()) connection->Write(answer_);
                                       connections_.push_back(std::move(connection));
                                     });
  }
  uint16_t port() const { return listener_->address().port; }
  size_t connections() const { return connections_.size(); }
  const std::string& heard() const { return heard_; }

 private:
  void OnRead(std::string_view bytes) override { heard_ += bytes; }
  void OnReadEof() override {}
  void OnError(const absl::Status&) override {}
  const std::string answer_;
  std::string heard_;
  std::unique_ptr<TcpListener> listener_;
  std::vector<std::unique_ptr<TcpConnection>> connections_;
};

NodeFacts MakeNode(std::string id, uint16_t port) {
  NodeFacts node;
  node.id = std::move(id);
  node.address = IpAddress::V4(0x7f000001);
  node.port = port;
  node.state = NodeState::kReady;
  return node;
}

class ProberTest : public ::testing::Test {
 protected:
  // Until every node has `count` results.
  void Run(const TopologyView& view, ProbeOptions options, size_t count = 2) {
    options.interval = milliseconds(10);
    options.timeout = milliseconds(100);  // longer: the next would be due while one is under way
    Prober prober(loop_, options,
                  [&](std::string_view node, MonotonicTime, const std::string& why_not) {
                    results_[std::string(node)].push_back(why_not);
                  });
    prober.Follow(view);
    const MonotonicTime end = loop_.Now() + std::chrono::seconds(20);
    const auto done = [&] {
      for (const NodeFacts& node : view.nodes) {
        if (node.state != NodeState::kDown && results_[node.id].size() < count) return false;
      }
      return true;
    };
    while (!done() && loop_.Now() < end) loop_.RunOnce();
  }
  EventLoop loop_;
  std::map<std::string, std::vector<std::string>> results_;
};

TEST_F(ProberTest, HttpIsGoodWithTwoHundred) {
  FakeNode good(loop_, "HTTP/1.1 200 OK\r\n\r\n"), bad(loop_, "HTTP/1.1 503 No\r\n\r\n"),
      odd(loop_, "SSH-2.0-OpenSSH\r\n"), silent(loop_, "");
  TopologyView view;
  view.nodes = {MakeNode("good", good.port()), MakeNode("bad", bad.port()),
                MakeNode("odd", odd.port()), MakeNode("silent", silent.port())};
  Run(view, {.kind = ProbeOptions::Kind::kHttp});
  EXPECT_EQ(results_["good"][1], "");
  EXPECT_EQ(results_["bad"][1], "answered 503");
  EXPECT_EQ(results_["odd"][1], "answered no HTTP");
  EXPECT_EQ(results_["silent"][1], "timed out");
  EXPECT_NE(good.heard().find("GET /.terrella/health HTTP/1.1\r\nHost: 127.0.0.1:"),
            std::string::npos);
}

TEST_F(ProberTest, TcpIsGoodWithAConnection) {
  FakeNode silent(loop_, "");
  const uint16_t closed = [&] { return FakeNode(loop_, "").port(); }();
  TopologyView view;
  view.nodes = {MakeNode("silent", silent.port()), MakeNode("closed", closed)};
  Run(view, {.kind = ProbeOptions::Kind::kTcp});
  EXPECT_EQ(results_["silent"][1], "");
  EXPECT_NE(results_["closed"][1], "");
}

TEST_F(ProberTest, NodesThatAreDownAreLeftAlone) {
  FakeNode good(loop_, "");
  TopologyView view;
  view.nodes = {MakeNode("good", good.port()), MakeNode("down", good.port())};
  view.nodes[1].state = NodeState::kDown;
  Run(view, {.kind = ProbeOptions::Kind::kTcp}, 5);
  EXPECT_FALSE(results_.contains("down"));
}

TEST_F(ProberTest, OneThatHangsFailsAsOftenAsItIsAskedThoughAnotherShouldHaveBegun) {
  FakeNode silent(loop_, "");
  TopologyView view;
  view.nodes = {MakeNode("silent", silent.port())};
  // One at a time: a probe that is given up without an end would leave no room for the next.
  Run(view, {.kind = ProbeOptions::Kind::kHttp, .at_once_max = 1}, 3);
  ASSERT_GE(results_["silent"].size(), 3u);
  EXPECT_EQ(results_["silent"][2], "timed out");
  ASSERT_LE(silent.connections(), 4u);
}

TEST_F(ProberTest, WhatANodeAnswersIsNotRepeatedUnlessItIsAStatus) {
  FakeNode odd(loop_, "HTTP/1.1 \xff\xfe\x80 No\r\n\r\n");
  TopologyView view;
  view.nodes = {MakeNode("odd", odd.port())};
  Run(view, {.kind = ProbeOptions::Kind::kHttp}, 1);
  EXPECT_EQ(results_["odd"][0], "answered no HTTP");
}

TEST_F(ProberTest, NoMoreThanTheLimitAtOnce) {
  FakeNode silent(loop_, "");
  TopologyView view;
  for (int i = 0; i < 20; ++i) view.nodes.push_back(MakeNode(std::to_string(i), silent.port()));
  Run(view, {.kind = ProbeOptions::Kind::kHttp, .at_once_max = 8}, 1);
  for (const NodeFacts& node : view.nodes) EXPECT_EQ(results_[node.id][0], "timed out") << node.id;
}

}  // namespace
}  // namespace terrella::dns
