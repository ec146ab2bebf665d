// What a line of the query log says, and whom writing it never holds up.
#include "dns_router/server/query_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/file.h"
#include "dns_router/server/answer.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

class QueryLogTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  const std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) / fmt::format("query_log_test.{}", getpid());
};

TEST_F(QueryLogTest, HasTheWholeCode) {
  const CookieSecrets secrets = CookieSecrets::Random();
  const ServerIdentity identity{"dns-test", "test"};
  AnswerFacts facts;
  const AnswerContext context{.identity = &identity, .cookies = &secrets, .facts = &facts};
  testing::QueryParts no_edns, bad_version{.edns = true, .edns_version = 1};
  testing::QueryParts bad_cookie{.edns = true};
  bad_cookie.without_question = true;
  bad_cookie.options = testing::Option(10, "clientck" + std::string(16, 's'));
  const struct {
    const testing::QueryParts& parts;
    unsigned rcode;
  } rows[] = {{no_edns, 2}, {bad_version, 16}, {bad_cookie, 23}};  // SERVFAIL: there is no view

  const auto log = QueryLog::Open(path_, 1);
  ASSERT_TRUE(log.ok()) << log.status();
  QueryLogSampler sampler(log->get());
  std::vector<uint8_t> out(kUdpBytesMax);
  for (const auto& row : rows) {
    const std::string message = testing::Build(row.parts);
    const size_t size = Answer(message, nullptr, context, out);
    ASSERT_TRUE(sampler.Draw());
    sampler.Write({message, context.client, Transport::kUdp, size, facts, nullptr}, 1);
  }
  std::istringstream lines(*ReadFile(path_, 1 << 20));
  for (const auto& row : rows) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(nlohmann::json::parse(line)["rcode"], row.rcode) << line;
  }
}

TEST_F(QueryLogTest, WaitsForNobodyWhoReadsAPipe) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(QueryLog::Open(path_, 1).ok()) << "nobody reads yet";
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  {
    const auto log = QueryLog::Open(path_, 1);
    ASSERT_TRUE(log.ok()) << log.status();
    const std::string line(4096, 'x');
    for (int i = 0; i < 100; ++i) (*log)->Write(line);  // a pipe holds 16 of them
  }
  close(reader);
}

}  // namespace
}  // namespace terrella::dns
