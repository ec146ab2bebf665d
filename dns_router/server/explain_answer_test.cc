// What _explain names say, to whom, and how much of it over UDP.
#include "dns_router/server/explain_answer.h"

#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

class ExplainAnswerTest : public ::testing::Test {
 protected:
  // The lines of the answer, sorted; what else it says is in answer_.
  std::vector<std::string> Ask(const std::string& name, Transport transport = Transport::kTcp,
                               const std::string& subnet = "") {
    testing::QueryParts parts{.name = testing::WireName(name), .type = 16, .edns = true};
    parts.options = subnet;
    std::vector<std::string> ignored;
    const auto snapshot = Snapshot::Build(view_, MakeThreePoints(), options_, nullptr, &ignored);
    const AnswerContext context{.identity = &identity_,
                                .transport = transport,
                                .client = *IpAddress::Parse("127.0.0.1"),
                                .explain_to = explain_to_};
    std::vector<uint8_t> out(kTcpMessageBytesMax);
    const size_t size = Answer(testing::Build(parts), snapshot->get(), context, out);
    answer_.emplace(std::string_view(reinterpret_cast<const char*>(out.data()), size));
    std::vector<std::string> lines;
    for (const auto& record : answer_->answer) {
      EXPECT_EQ(record.type, 16u);
      EXPECT_EQ(record.ttl, 0u);
      lines.push_back(record.rdata.substr(1));
    }
    return lines;
  }

  const ServerIdentity identity_{"dns-test", "test"};
  TopologyView view_ = MakeThreeNodeView();
  SnapshotOptions options_;
  std::vector<IpPrefix> explain_to_ = {*IpPrefix::Parse("127.0.0.0/8")};
  std::optional<testing::DecodedAnswer> answer_;
};

TEST_F(ExplainAnswerTest, SaysWhereTheClientIsAndWhyEachNodeIsOrIsNotNamed) {
  view_.nodes[0].state = NodeState::kDown;
  // Family 1, source 24: 30.1.0.0, which is in the East.
  const auto lines = Ask("_explain.hello.edge.test", Transport::kUdp,
                         testing::Option(8, std::string("\0\1\x18\0\x1e\1\0", 7)));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].substr(0, lines[0].find(';')),
            "0 client 30.1.0.0 in East, by the client subnet");
  EXPECT_NE(lines[0].find("cell 30.1.0.0/20"), std::string::npos) << lines[0];
  int chosen = 0, down = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    EXPECT_TRUE(lines[i].starts_with(std::to_string(i) + " ")) << lines[i];
    chosen += lines[i].find(" -> ") != std::string::npos;
    down += lines[i].ends_with("down: down");
  }
  EXPECT_EQ(chosen, 1);
  EXPECT_EQ(down, 1);
}

TEST_F(ExplainAnswerTest, TellsOnlyThoseItMay) {
  explain_to_ = {*IpPrefix::Parse("10.0.0.0/8")};
  EXPECT_TRUE(Ask("_explain.hello.edge.test").empty());
  EXPECT_EQ(answer_->rcode(), 3u) << "NXDOMAIN, as for any name that is not there";
  explain_to_.clear();
  EXPECT_TRUE(Ask("_explain.hello.edge.test").empty());
}

TEST_F(ExplainAnswerTest, IsOnlyOfSteeredNames) {
  EXPECT_TRUE(Ask("_explain.nothing.edge.test").empty());
  EXPECT_TRUE(Ask("_explain.edge.test").empty());
  EXPECT_TRUE(Ask("_explain.hello.elsewhere.test").empty());
  EXPECT_EQ(answer_->rcode(), 5u);
}

TEST_F(ExplainAnswerTest, IsShortOverUdpAndWholeOverTcp) {
  for (int i = 0; i < 200; ++i) {
    NodeFacts node = view_.nodes[1];
    node.id = "a-node-with-a-name-" + std::to_string(i);
    view_.nodes.push_back(node);
  }
  const auto udp = Ask("_explain.hello.edge.test", Transport::kUdp);
  EXPECT_FALSE(answer_->tc());
  EXPECT_LE(udp.size(), 2 + kExplainUdpNodesMax + 1);
  EXPECT_NE(udp.back().find("more over TCP"), std::string::npos) << udp.back();
  EXPECT_EQ(Ask("_explain.hello.edge.test").size(), 1 + view_.nodes.size());
}

TEST_F(ExplainAnswerTest, NamesThePolicy) {
  options_.policies = std::make_shared<const std::vector<SteeringPolicy>>(*ParsePolicies(
      "[[policy]]\nnames = [\"hello.edge.test\"]\nsteps = [\"up\", \"only E\"]\n", "p.toml"));
  const auto lines = Ask("_explain.hello.edge.test");
  EXPECT_NE(lines[0].find("; policy up, only E"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace terrella::dns
