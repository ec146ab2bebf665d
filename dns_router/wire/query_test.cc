// The parser's verdict on malformed and odd messages; the clause is in the row.
#include "dns_router/wire/query.h"

#include <gtest/gtest.h>

#include <span>

#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using testing::Build;
using testing::Option;
using testing::QueryParts;
using testing::WireName;
using testing::Word;

QueryParts With(void (*change)(QueryParts&)) {
  QueryParts parts;
  change(parts);
  return parts;
}

struct Case {
  const char* what;
  std::string message;
  ParseResult expected;
};

void Check(std::span<const Case> cases) {
  for (const Case& c : cases) {
    Query query;
    EXPECT_EQ(ParseQuery(c.message, query), c.expected) << c.what;
  }
}

std::string Record(std::string owner, unsigned type, std::string rdata, unsigned klass = 1) {
  return owner + Word(type) + Word(klass) + Word(0) + Word(0) +
         Word(static_cast<unsigned>(rdata.size())) + rdata;
}

TEST(ParseQuery, JudgesHeadersAndQuestions) {
  using enum ParseResult;
  const std::string good = Build({});
  const Case cases[] = {
      {"a plain query", good, kOk},
      {"empty", "", kDrop},
      {"shorter than a header", good.substr(0, 11), kDrop},
      {"RFC 1035 4.1.1: a response is never answered",
       Build(With([](auto& q) { q.flags = 0x8000; })), kDrop},
      {"header only, QDCOUNT 1", good.substr(0, 12), kFormErr},
      {"QDCOUNT 0", Build(With([](auto& q) { q.questions = 0; })), kFormErr},
      {"RFC 9619: QDCOUNT 2", Build(With([](auto& q) {
         q.questions = 2;
         q.tail = q.name + Word(1) + Word(1);
       })),
       kFormErr},
      {"IQUERY", Build(With([](auto& q) { q.flags = 1 << 11; })), kNotImp},
      {"STATUS", Build(With([](auto& q) { q.flags = 2 << 11; })), kNotImp},
      {"NOTIFY", Build(With([](auto& q) { q.flags = 4 << 11; })), kNotImp},
      {"UPDATE", Build(With([](auto& q) { q.flags = 5 << 11; })), kNotImp},
      {"name cut in a label", good.substr(0, 15), kFormErr},
      {"type missing", good.substr(0, good.size() - 4), kFormErr},
      {"class cut", good.substr(0, good.size() - 1), kFormErr},
      {"ANCOUNT set", Build(With([](auto& q) {
         q.answers = 1;
         q.tail = Record(WireName("a"), 1, "1234");
       })),
       kFormErr},
      {"NSCOUNT set", Build(With([](auto& q) {
         q.authorities = 1;
         q.tail = Record(WireName("a"), 1, "1234");
       })),
       kFormErr},
      {"RFC 1995 3: IXFR carries its SOA", Build(With([](auto& q) {
         q.type = 251;
         q.authorities = 1;
         q.tail = Record(std::string("\xc0\x0c", 2), 6, std::string(22, '\0'));
       })),
       kOk},
      {"ARCOUNT above what is there", Build(With([](auto& q) { q.additionals = 1; })), kFormErr},
      {"ARCOUNT 65535", Build(With([](auto& q) { q.additionals = 65535; })), kFormErr},
      {"bytes behind the message", good + "x", kFormErr},
  };
  Check(cases);
}

TEST(ParseQuery, JudgesNamesAndPointers) {
  using enum ParseResult;
  const std::string label63(63, 'a');
  const auto name = [](std::string wire) {
    QueryParts parts;
    parts.name = std::move(wire);
    return Build(parts);
  };
  const auto owner = [](std::string wire) {
    QueryParts parts;
    parts.additionals = 1;
    parts.tail = Record(std::move(wire), 16, "x");
    return Build(parts);
  };
  const std::string longest =
      WireName(label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b'));
  const std::string too_long =
      WireName(label63 + "." + label63 + "." + label63 + "." + std::string(62, 'b'));
  const Case cases[] = {
      {"the root", name(std::string(1, '\0')), kOk},
      {"63 bytes of a label", name(WireName(label63)), kOk},
      {"RFC 1035 2.3.4: 255 bytes of a name", name(longest), kOk},
      {"256 bytes of a name", name(too_long), kFormErr},
      {"128 labels of one byte", name([] {
         std::string wire;
         for (int i = 0; i < 128; ++i) wire += "\1a";
         return wire + std::string(1, '\0');
       }()),
       kFormErr},
      {"RFC 6891 5: label type 01", name(std::string("\x41") + std::string(80, 'a')), kFormErr},
      {"label type 10", name(std::string("\x81") + std::string(160, 'a')), kFormErr},
      {"pointer in the question to itself", name("\xc0\x0c"), kFormErr},
      {"pointer in the question into the header", name(std::string("\xc0\x00", 2)), kFormErr},
      {"pointer in the question forward", name("\xc0\x20"), kFormErr},
      {"pointer after a label of the question", name("\3www\xc0\x0c"), kFormErr},
      {"any byte may be in a label", name(std::string("\3\0\xff.", 4) + std::string(1, '\0')), kOk},
      {"owner points to the question", owner("\xc0\x0c"), kOk},
      {"owner: label, then pointer back", owner("\3www\xc0\x0c"), kOk},
      {"owner points to itself", owner("\xc0\x21"), kFormErr},
      {"owner points forward", owner("\xc0\x30"), kFormErr},
      {"owner points into the header", owner(std::string("\xc0\x04", 2)), kFormErr},
      {"owner: label, then pointer to that label", owner("\1a\xc0\x21"), kFormErr},
      {"owner's pointer is cut", Build(With([](auto& q) {
         q.additionals = 1;
         q.tail = "\xc0";
       })),
       kFormErr},
      {"owner gets too long through the pointer",
       [&] {
         QueryParts parts;
         parts.name = longest;
         parts.additionals = 1;
         parts.tail = Record("\1a\xc0\x0c", 16, "x");
         return Build(parts);
       }(),
       kFormErr},
      {"unknown additional record is passed over", owner(WireName("x")), kOk},
  };
  Check(cases);
}

TEST(ParseQuery, JudgesEdns) {
  using enum ParseResult;
  const auto edns = [](void (*change)(QueryParts&)) {
    QueryParts parts;
    parts.edns = true;
    change(parts);
    return Build(parts);
  };
  static const std::string opt = Record(std::string(1, '\0'), 41, "", 1232);
  const Case cases[] = {
      {"OPT", edns([](auto&) {}), kOk},
      {"RFC 6891 6.1.1: two OPTs", edns([](auto& q) {
         q.additionals = 2;
         q.tail = opt;
       }),
       kFormErr},
      {"RFC 6891 6.1.2: OPT not at the root", edns([](auto& q) { q.edns_owner = WireName("x"); }),
       kFormErr},
      {"OPT in authority", Build(With([](auto& q) {
         q.type = 251;
         q.authorities = 1;
         q.tail = opt;
       })),
       kFormErr},
      {"RFC 6891 6.1.3: version 1", edns([](auto& q) { q.edns_version = 1; }), kBadVers},
      {"version 255", edns([](auto& q) { q.edns_version = 255; }), kBadVers},
      {"later version, other option format", edns([](auto& q) {
         q.edns_version = 1;
         q.options = "?";
       }),
       kBadVers},
      {"unknown flags are ignored", edns([](auto& q) { q.edns_flags = 0x7fff; }), kOk},
      {"unknown option is ignored", edns([](auto& q) { q.options = Option(65001, "whatever"); }),
       kOk},
      {"option header cut", edns([](auto& q) { q.options = std::string("\0\3\0", 3); }), kFormErr},
      {"option longer than the record",
       edns([](auto& q) { q.options = Word(9) + Word(5) + "1234"; }), kFormErr},
      {"NSID", edns([](auto& q) { q.options = Option(3, ""); }), kOk},
      {"good client subnet",
       edns([](auto& q) { q.options = Option(8, std::string("\0\1\30\0\1\2\3", 7)); }), kOk},
      {"bad client subnet",
       edns([](auto& q) { q.options = Option(8, std::string("\0\1\30\1\1\2\3", 7)); }), kFormErr},
      {"two client subnets", edns([](auto& q) {
         q.options = Option(8, std::string("\0\1\0\0", 4)) + Option(8, std::string("\0\1\0\0", 4));
       }),
       kFormErr},
      {"RFC 7828 3.2.1: keepalive with a timeout",
       edns([](auto& q) { q.options = Option(11, "ab"); }), kFormErr},
      {"RFC 7873 5.2.2: a client cookie", edns([](auto& q) { q.options = Option(10, "clientck"); }),
       kOk},
      {"a server cookie with it",
       edns([](auto& q) { q.options = Option(10, std::string(16, 'c')); }), kOk},
      {"the longest", edns([](auto& q) { q.options = Option(10, std::string(40, 'c')); }), kOk},
      {"half a client cookie", edns([](auto& q) { q.options = Option(10, "half"); }), kFormErr},
      {"9 octets", edns([](auto& q) { q.options = Option(10, std::string(9, 'c')); }), kFormErr},
      {"15 octets", edns([](auto& q) { q.options = Option(10, std::string(15, 'c')); }), kFormErr},
      {"41 octets", edns([](auto& q) { q.options = Option(10, std::string(41, 'c')); }), kFormErr},
      {"RFC 7873 5.4: no question but a cookie", edns([](auto& q) {
         q.without_question = true;
         q.options = Option(10, "clientck");
       }),
       kOk},
      {"no question and no cookie", edns([](auto& q) { q.without_question = true; }), kFormErr},
  };
  Check(cases);
}

TEST(ParseQuery, KeepsWhatTheAnswerNeeds) {
  QueryParts parts;
  parts.flags = 0x0110;  // RD, CD
  parts.name = WireName("HeLLo.edge.TEST");
  parts.edns = true;
  parts.payload = 4000;
  parts.edns_flags = 0x8000;
  parts.options = Option(3, "") + Option(8, std::string("\0\1\30\0\1\2\3", 7));
  const std::string message = Build(parts);
  Query query;
  ASSERT_EQ(ParseQuery(message, query), ParseResult::kOk);
  EXPECT_EQ(query.id, 0x1234);
  EXPECT_TRUE(query.recursion_desired);
  EXPECT_TRUE(query.checking_disabled);
  EXPECT_EQ(query.name(), WireName("hello.edge.test"));
  EXPECT_EQ(query.question, WireName("HeLLo.edge.TEST") + Word(1) + Word(1));
  EXPECT_EQ(query.udp_payload_bytes, 4000);
  EXPECT_TRUE(query.dnssec_ok);
  EXPECT_TRUE(query.wants_nsid);
  ASSERT_TRUE(query.subnet.has_value());
  EXPECT_EQ(query.subnet->Address().ToString(), "1.2.3.0");
}

TEST(ParseQuery, RefusesEveryPrefixOfAGoodMessage) {
  QueryParts parts;
  parts.edns = true;
  parts.options = Option(3, "") + Option(8, std::string("\0\1\30\0\1\2\3", 7));
  const std::string message = Build(parts);
  for (size_t size = 0; size < message.size(); ++size) {
    // Copied, so that a sanitizer sees a read past the end.
    const std::string cut(message.substr(0, size));
    Query query;
    EXPECT_NE(ParseQuery(cut, query), ParseResult::kOk) << size;
  }
}

}  // namespace
}  // namespace terrella::dns
