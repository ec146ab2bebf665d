#include "sim/resolver/stub_resolver.h"

#include <gtest/gtest.h>

#include "sim/resolver/fake_dns.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class StubResolverTest : public testing::Test {
 protected:
  absl::StatusOr<DnsAnswer> Ask(std::string_view name) {
    auto stub =
        StubResolver::Create(loop_, {.server = dns_.address(), .try_timeout = 20ms, .tries = 3});
    EXPECT_TRUE(stub.ok());
    absl::StatusOr<DnsAnswer> out = absl::UnknownError("no callback");
    (*stub)->Resolve(name, *IpPrefix::Parse("127.128.0.0/24"),
                     [&](absl::StatusOr<DnsAnswer> answer) {
                       out = std::move(answer);
                       loop_.Stop();
                     });
    loop_.Run();
    return out;
  }
  EventLoop loop_;
  FakeDns dns_{loop_};
};

TEST_F(StubResolverTest, BringsTheAnswer) {
  dns_.answer = *IpAddress::Parse("127.16.0.1");
  auto answer = Ask("hello.edge.test");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->addresses[0].ToString(), "127.16.0.1");
}

TEST_F(StubResolverTest, AsksAgainWhenAnAnswerIsLost) {
  dns_.answer = *IpAddress::Parse("127.16.0.1");
  dns_.ignore_first = 2;
  EXPECT_TRUE(Ask("hello.edge.test").ok());
  EXPECT_EQ(dns_.questions, 3);
}

TEST_F(StubResolverTest, GivesUpAfterItsTries) {
  EXPECT_EQ(Ask("hello.edge.test").status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(dns_.questions, 3);
}

TEST_F(StubResolverTest, ABadNameIsAnErrorNotAQuestion) {
  EXPECT_EQ(Ask("a..b").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(dns_.questions, 0);
}

}  // namespace
}  // namespace terrella::sim
