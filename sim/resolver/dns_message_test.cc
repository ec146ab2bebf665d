#include "sim/resolver/dns_message.h"

#include <gtest/gtest.h>

#include "dns_router/wire/query.h"

namespace terrella::sim {
namespace {

DnsQuestion Question() {
  return {.id = 0x1234, .name = "hello.edge.test", .subnet = *IpPrefix::Parse("127.130.4.0/24")};
}

// An answer to Question() with one A record, as a server would write it.
std::string Answer(std::string_view extra = {}) {
  std::string out = *EncodeDnsQuestion(Question());
  size_t question_end = out.find(std::string("\0\0\x29", 3));  // the OPT record
  std::string question = out.substr(12, question_end - 12);
  std::string message("\x12\x34\x84\x00\x00\x01\x00\x01\x00\x00\x00\x01", 12);
  message += question;
  message += std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x7f\x10\x00\x03", 16);
  message +=
      std::string("\0\0\x29\x04\xd0\0\0\0\0\0\x0b\0\x08\0\x07\0\x01\x18\x18\x7f\x82\x04", 22);
  return message + std::string(extra);
}

TEST(DnsMessage, OurQuestionsPassTheServersStrictParser) {
  std::string wire = *EncodeDnsQuestion(Question());
  dns::Query query;
  ASSERT_EQ(dns::ParseQuery(wire, query), dns::ParseResult::kOk);
  EXPECT_EQ(query.id, 0x1234);
  EXPECT_EQ(query.type, 1);
  ASSERT_TRUE(query.subnet.has_value());
  EXPECT_EQ(query.subnet->Address().ToString(), "127.130.4.0");
  EXPECT_EQ(query.subnet->source_bits, 24);
}

TEST(DnsMessage, ReadsAddressTtlAndScope) {
  auto answer = ParseDnsAnswer(Answer(), Question());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->rcode, 0);
  ASSERT_EQ(answer->addresses.size(), 1u);
  EXPECT_EQ(answer->addresses[0].ToString(), "127.16.0.3");
  EXPECT_EQ(answer->ttl_s, 5u);
  EXPECT_EQ(answer->scope_bits, 24);
  EXPECT_FALSE(answer->truncated);
}

TEST(DnsMessage, ReadsTexts) {
  DnsQuestion question = Question();
  question.texts = true;
  std::string wire = *EncodeDnsQuestion(question);
  dns::Query query;
  ASSERT_EQ(dns::ParseQuery(wire, query), dns::ParseResult::kOk);
  EXPECT_EQ(query.type, 16);
  std::string message = Answer();
  const size_t record = message.find(std::string("\xc0\x0c\x00\x01", 4));
  message.replace(record, 16,
                  std::string("\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\x06\x02hi\x02yo", 18));
  auto answer = ParseDnsAnswer(message, question);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->texts, std::vector<std::string>{"hiyo"});
  EXPECT_TRUE(answer->addresses.empty());
}

TEST(DnsMessage, RefusesAnswersToOtherQuestionsAndCutOnes) {
  DnsQuestion other_id = Question(), other_name = Question();
  other_id.id = 1;
  other_name.name = "other.edge.test";
  EXPECT_FALSE(ParseDnsAnswer(Answer(), other_id).ok());
  EXPECT_FALSE(ParseDnsAnswer(Answer(), other_name).ok());
  EXPECT_FALSE(ParseDnsAnswer(*EncodeDnsQuestion(Question()), Question()).ok());  // a query
  std::string whole = Answer();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseDnsAnswer(whole.substr(0, size), Question()).ok()) << size;
  }
}

TEST(DnsMessage, RefusesANameThatIsNone) {
  EXPECT_FALSE(EncodeDnsQuestion({.name = "a..b"}).ok());
  EXPECT_FALSE(EncodeDnsQuestion({.name = std::string(300, 'a')}).ok());
}

}  // namespace
}  // namespace terrella::sim
