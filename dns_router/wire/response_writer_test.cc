// The writer never passes its limit and never cuts a record set.
#include "dns_router/wire/response_writer.h"

#include <gtest/gtest.h>

#include <array>

#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using testing::DecodedAnswer;

struct Parsed {
  explicit Parsed(const testing::QueryParts& parts = {}) : message(testing::Build(parts)) {
    EXPECT_EQ(ParseQuery(message, query), ParseResult::kOk);
  }
  std::string message;
  Query query;
};

constexpr RecordHeader kA{Section::kAnswer, kQuestionNameOffset, Type::kA, Class::kIn, 5};

std::string Write(const Query& query, size_t limit, int records, const EdnsAnswer* edns) {
  std::array<uint8_t, 2000> out;
  ResponseWriter writer(out, limit);
  writer.Begin(query, Rcode::kNoError, true);
  if (edns != nullptr) writer.ReserveEdns(*edns);
  writer.BeginSet();
  for (int i = 0; i < records; ++i) writer.Record(kA, "\x7f\1\2\3");
  writer.EndSet();
  const size_t size = writer.Finish();
  EXPECT_LE(size, limit);
  return {reinterpret_cast<const char*>(out.data()), size};
}

TEST(ResponseWriter, TakesBackASetThatDoesNotFit) {
  const Parsed parsed;
  // Header 12, question 21, 16 a record.
  const DecodedAnswer fits(Write(parsed.query, 33 + 10 * 16, 10, nullptr));
  EXPECT_EQ(fits.answer.size(), 10u);
  EXPECT_FALSE(fits.tc());
  const DecodedAnswer cut(Write(parsed.query, 33 + 10 * 16 - 1, 10, nullptr));
  EXPECT_EQ(cut.answer.size(), 0u);
  EXPECT_TRUE(cut.tc());
  EXPECT_EQ(cut.question, parsed.query.question);
}

TEST(ResponseWriter, SavesRoomForTheOpt) {
  const Parsed parsed;
  const EdnsAnswer edns{.nsid = "instance", .nsid_present = true};
  const size_t needed = 33 + 16 + EdnsBytes(edns);
  const DecodedAnswer fits(Write(parsed.query, needed, 1, &edns));
  EXPECT_EQ(fits.answer.size(), 1u);
  EXPECT_EQ(fits.FindOption(3), "instance");
  const DecodedAnswer cut(Write(parsed.query, needed - 1, 1, &edns));
  EXPECT_TRUE(cut.tc());
  EXPECT_EQ(cut.FindOption(3), "instance");
}

TEST(ResponseWriter, WritesEveryOption) {
  const Parsed parsed;
  ClientSubnet subnet{.family = 1, .source_bits = 20, .address = {10, 1, 0x20}};
  const EdnsAnswer edns{.rcode = Rcode::kBadVers,
                        .dnssec_ok = true,
                        .nsid = "n",
                        .nsid_present = true,
                        .subnet = &subnet,
                        .scope_bits = 14,
                        .keepalive_100ms = 100,
                        .error_present = true,
                        .error = ExtendedError::kProhibited,
                        .error_text = "why"};
  const DecodedAnswer answer(Write(parsed.query, 512, 0, &edns));
  ASSERT_NE(answer.opt, nullptr);
  EXPECT_EQ(answer.opt->rdata.size() + 11, EdnsBytes(edns));
  EXPECT_EQ(answer.rcode(), 16u);
  EXPECT_EQ(answer.opt->ttl & 0xffff, 0x8000u);
  EXPECT_EQ(answer.FindOption(3), "n");
  EXPECT_EQ(answer.FindOption(8), std::string("\0\1\x14\x0e\x0a\1\x20", 7));
  EXPECT_EQ(answer.FindOption(11), std::string("\0\x64", 2));
  EXPECT_EQ(answer.FindOption(15), std::string("\0\x12why", 5));
}

}  // namespace
}  // namespace terrella::dns
