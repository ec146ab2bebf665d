// The whole server as a function: one row a clause of an RFC, the answer decoded by independent
// code.
#include "dns_router/server/answer.h"

#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using testing::Build;
using testing::DecodedAnswer;
using testing::Option;
using testing::QueryParts;
using testing::WireName;

std::shared_ptr<const Snapshot> MakeSnapshot(TopologyView view = MakeThreeNodeView(),
                                             size_t addresses_max = 1) {
  SnapshotOptions options;
  options.addresses_max = addresses_max;
  options.zone.name_server = *IpAddress::Parse("127.0.0.53");
  options.zone.steered_ttl_s = 5;
  options.zone.negative_ttl_s = 6;
  options.zone.fixed_ttl_s = 3600;
  std::vector<std::string> ignored;
  return *Snapshot::Build(std::move(view), MakeThreePoints(), options, nullptr, &ignored);
}

const ServerIdentity kIdentity{.instance = "dns-test", .version = "terrella test"};

const CookieSecrets kSecrets = CookieSecrets::Random();

std::string Ask(const std::string& message, const Snapshot* snapshot,
                Transport transport = Transport::kUdp, std::string_view client = "192.0.2.1") {
  std::vector<uint8_t> out(kTcpMessageBytesMax);
  const AnswerContext context{.identity = &kIdentity,
                              .transport = transport,
                              .client = *IpAddress::Parse(client),
                              .keepalive_100ms = 100,
                              .cookies = &kSecrets,
                              .now_s = 1'800'000'000};
  const size_t room = transport == Transport::kUdp ? kUdpBytesMax : out.size();
  const size_t size = Answer(message, snapshot, context, std::span(out.data(), room));
  return {reinterpret_cast<const char*>(out.data()), size};
}

QueryParts Question(std::string_view name, unsigned type, unsigned klass = 1) {
  QueryParts parts;
  parts.name = WireName(name);
  parts.type = type;
  parts.klass = klass;
  return parts;
}

std::string SubnetOption(std::initializer_list<int> bytes) {
  std::string content;
  for (int b : bytes) content.push_back(static_cast<char>(b));
  return Option(8, content);
}

QueryParts WithOptions(QueryParts parts, std::string options) {
  parts.edns = true;
  parts.options = std::move(options);
  return parts;
}

constexpr unsigned kA = 1, kNs = 2, kSoa = 6, kMx = 15, kTxt = 16, kAaaa = 28, kHttps = 65;

struct Clause {
  const char* what;
  QueryParts query;
  unsigned rcode;
  bool authoritative;
  size_t answers;
  unsigned answer_type;  // of all of them
  bool soa_in_authority;
};

TEST(Answer, FollowsTheRfcs) {
  const auto snapshot = MakeSnapshot();
  const Clause clauses[] = {
      {"steered name", Question("hello.edge.test", kA), 0, true, 1, kA, false},
      {"RFC 4343: in any case", Question("HELLO.Edge.Test", kA), 0, true, 1, kA, false},
      {"RFC 2308 2.2: NODATA", Question("hello.edge.test", kAaaa), 0, true, 0, 0, true},
      {"NODATA for an unknown type (RFC 3597)", Question("hello.edge.test", 4711), 0, true, 0, 0,
       true},
      {"NODATA for HTTPS", Question("hello.edge.test", kHttps), 0, true, 0, 0, true},
      {"RFC 2308 2.1: NXDOMAIN", Question("no.edge.test", kA), 3, true, 0, 0, true},
      {"RFC 8020: empty non-terminal", Question("a.b.edge.test", kA), 0, true, 0, 0, true},
      {"RFC 4592: wildcard", Question("x.wild.edge.test", kA), 0, true, 1, kA, false},
      {"RFC 4592: wildcard NODATA", Question("x.wild.edge.test", kMx), 0, true, 0, 0, true},
      {"apex SOA", Question("edge.test", kSoa), 0, true, 1, kSoa, false},
      {"apex NS", Question("edge.test", kNs), 0, true, 1, kNs, false},
      {"apex A without a route", Question("edge.test", kA), 0, true, 0, 0, true},
      {"name server A", Question("ns1.edge.test", kA), 0, true, 1, kA, false},
      {"name server AAAA", Question("ns1.edge.test", kAaaa), 0, true, 0, 0, true},
      {"NS of a host", Question("hello.edge.test", kNs), 0, true, 0, 0, true},
      {"RFC 8482: ANY", Question("hello.edge.test", 255), 0, true, 1, 13, false},
      {"ANY at an empty non-terminal", Question("b.edge.test", 255), 0, true, 0, 0, true},
      {"ANY at no name", Question("no.edge.test", 255), 3, true, 0, 0, true},
      {"outside the zone", Question("example.com", kA), 5, false, 0, 0, false},
      {"above the zone", Question("test", kSoa), 5, false, 0, 0, false},
      {"the root", Question("", kNs), 5, false, 0, 0, false},
      {"RFC 5936: AXFR", Question("edge.test", 252), 5, false, 0, 0, false},
      {"RFC 1995: IXFR", Question("edge.test", 251), 5, false, 0, 0, false},
      {"MAILB", Question("edge.test", 253), 4, false, 0, 0, false},
      {"OPT as a question", Question("edge.test", 41), 1, false, 0, 0, false},
      {"TSIG as a question", Question("edge.test", 250), 1, false, 0, 0, false},
      {"class ANY", Question("hello.edge.test", kA, 255), 5, false, 0, 0, false},
      {"class HS", Question("hello.edge.test", kA, 4), 5, false, 0, 0, false},
      {"RFC 4892: id.server", Question("id.server", kTxt, 3), 0, true, 1, kTxt, false},
      {"hostname.bind", Question("HOSTNAME.bind", kTxt, 3), 0, true, 1, kTxt, false},
      {"version.bind", Question("version.bind", 255, 3), 0, true, 1, kTxt, false},
      {"version.server", Question("version.server", kTxt, 3), 0, true, 1, kTxt, false},
      {"CHAOS A", Question("version.bind", kA, 3), 0, true, 0, 0, false},
      {"other CHAOS names", Question("authors.bind", kTxt, 3), 5, false, 0, 0, false},
  };
  for (const Clause& c : clauses) {
    for (Transport transport : {Transport::kUdp, Transport::kTcp}) {
      SCOPED_TRACE(c.what);
      const std::string query = Build(c.query);
      const DecodedAnswer answer(Ask(query, snapshot.get(), transport));
      EXPECT_EQ(answer.rcode(), c.rcode);
      EXPECT_EQ(answer.id, 0x1234u);
      // QR and RD set, AA as said; RA, Z, AD, CD and TC clear.
      EXPECT_EQ(answer.flags & 0xfff0, 0x8100u | (c.authoritative ? 0x0400u : 0u));
      EXPECT_EQ(answer.question, query.substr(12)) << "the question byte for byte";
      EXPECT_EQ(answer.answer.size(), c.answers);
      for (const auto& record : answer.answer) EXPECT_EQ(record.type, c.answer_type);
      EXPECT_EQ(answer.opt, nullptr) << "RFC 6891 7: no OPT unless asked";
      ASSERT_EQ(answer.authority.size(), c.soa_in_authority ? 1u : 0u);
      if (c.soa_in_authority) {
        EXPECT_EQ(answer.authority[0].type, kSoa);
        EXPECT_EQ(answer.authority[0].ttl, 6u) << "RFC 2308 3: the minimum of TTL and MINIMUM";
      }
    }
  }
}

TEST(Answer, RefusesMalformedMessagesWithWhatItUnderstood) {
  const auto snapshot = MakeSnapshot();
  QueryParts two_questions;
  two_questions.questions = 2;
  const DecodedAnswer formerr(Ask(Build(two_questions), snapshot.get()));
  EXPECT_EQ(formerr.rcode(), 1u);
  EXPECT_EQ(formerr.question, "");

  QueryParts trailing;
  trailing.tail = "x";
  const DecodedAnswer with_question(Ask(Build(trailing), snapshot.get()));
  EXPECT_EQ(with_question.rcode(), 1u);
  EXPECT_NE(with_question.question, "");

  const DecodedAnswer bad_subnet(
      Ask(Build(WithOptions({}, SubnetOption({0, 1, 24, 9, 1, 2, 3}))), snapshot.get()));
  EXPECT_EQ(bad_subnet.rcode(), 1u);
  EXPECT_NE(bad_subnet.opt, nullptr) << "EDNS was understood";
  EXPECT_EQ(bad_subnet.FindOption(8), "(none)");

  QueryParts update;
  update.flags = 5 << 11 | 0x0100;
  const DecodedAnswer notimp(Ask(Build(update), snapshot.get()));
  EXPECT_EQ(notimp.rcode(), 4u);
  EXPECT_EQ(notimp.flags & 0x7800, 5u << 11) << "the opcode is copied";

  QueryParts response;
  response.flags = 0x8000;
  EXPECT_EQ(Ask(Build(response), snapshot.get()), "");
  EXPECT_EQ(Ask("short", snapshot.get()), "");
}

TEST(Answer, SpeaksEdnsVersionZero) {
  const auto snapshot = MakeSnapshot();
  QueryParts later = WithOptions({}, "");
  later.edns_version = 1;
  later.edns_flags = 0x8000;
  const DecodedAnswer badvers(Ask(Build(later), snapshot.get()));
  EXPECT_EQ(badvers.rcode(), 16u);
  EXPECT_EQ(badvers.answer.size(), 0u);
  ASSERT_NE(badvers.opt, nullptr);
  EXPECT_EQ((badvers.opt->ttl >> 16) & 0xff, 0u) << "our version";
  EXPECT_EQ(badvers.opt->ttl & 0x8000, 0x8000u) << "RFC 3225 3: DO is copied";
  EXPECT_EQ(badvers.opt->klass, 1232u);
  EXPECT_EQ(badvers.opt->name, "");

  const DecodedAnswer nsid(Ask(Build(WithOptions({}, Option(3, ""))), snapshot.get()));
  EXPECT_EQ(nsid.FindOption(3), "dns-test");
  const DecodedAnswer quiet(Ask(Build(WithOptions({}, Option(65001, "?"))), snapshot.get()));
  EXPECT_EQ(quiet.rcode(), 0u);
  EXPECT_EQ(quiet.opt->rdata, "") << "nothing that was not asked for";
}

TEST(Answer, TellsTheIdleTimeoutOverTcpOnly) {
  const auto snapshot = MakeSnapshot();
  const std::string query = Build(WithOptions({}, Option(11, "")));
  EXPECT_EQ(DecodedAnswer(Ask(query, snapshot.get(), Transport::kTcp)).FindOption(11),
            std::string("\0\x64", 2));
  EXPECT_EQ(DecodedAnswer(Ask(query, snapshot.get(), Transport::kUdp)).FindOption(11), "(none)");
}

struct SteeringCase {
  const char* what;
  const char* client;
  std::string options;
  const char* rdata;
  std::string echoed_subnet;  // "(none)" when there is none
};

TEST(Answer, SteersByClientSubnetAndElseByResolver) {
  using std::string;
  const auto snapshot = MakeSnapshot();
  const char *const west = "\x7f\0\0\1", *const middle = "\x7f\0\0\2", *const east = "\x7f\0\0\3";
  const SteeringCase cases[] = {
      {"resolver in the west", "10.9.9.9", "", west, "(none)"},
      {"resolver in the east", "30.1.2.3", "", east, "(none)"},
      {"resolver nowhere", "192.0.2.1", "", middle, "(none)"},
      {"client in the east, resolver in the west", "10.9.9.9",
       SubnetOption({0, 1, 24, 0, 30, 1, 1}), east, string("\0\1\x18\x14\x1e\1\1", 7)},
      {"RFC 7871 7.2.1: scope beyond the source", "10.9.9.9", SubnetOption({0, 1, 16, 0, 30, 1}),
       east, string("\0\1\x10\x14\x1e\1", 6)},
      {"scope shorter than the source", "192.0.2.1", SubnetOption({0, 1, 32, 0, 10, 1, 2, 3}), west,
       string("\0\1\x20\x08\x0a\1\2\3", 8)},
      {"client nowhere", "10.9.9.9", SubnetOption({0, 1, 24, 0, 192, 0, 2}), middle,
       string("\0\1\x18\x01\xc0\0\2", 7)},
      {"IPv6 client", "10.9.9.9", SubnetOption({0, 2, 40, 0, 0x20, 1, 0xd, 0xb8, 7}), east,
       string("\0\2\x28\x20\x20\1\x0d\xb8\7", 9)},
      {"RFC 7871 7.1.2: source 0 asks for no tailoring", "10.9.9.9", SubnetOption({0, 1, 0, 0}),
       west, string("\0\1\0\0", 4)},
      {"no family, no address", "10.9.9.9", SubnetOption({0, 0, 0, 0}), west,
       string("\0\0\0\0", 4)},
  };
  for (const SteeringCase& c : cases) {
    SCOPED_TRACE(c.what);
    QueryParts parts;
    if (!c.options.empty()) parts = WithOptions(parts, c.options);
    const DecodedAnswer answer(Ask(Build(parts), snapshot.get(), Transport::kUdp, c.client));
    ASSERT_EQ(answer.answer.size(), 1u);
    EXPECT_EQ(answer.answer[0].rdata, string(c.rdata, 4));
    EXPECT_EQ(answer.answer[0].ttl, 5u);
    EXPECT_EQ(answer.answer[0].name, "hello.edge.test");
    EXPECT_EQ(answer.FindOption(8), c.echoed_subnet);
  }
}

TEST(Answer, GivesScopeZeroToWhatIsTheSameForEverybody) {
  const auto snapshot = MakeSnapshot();
  for (const QueryParts& parts :
       {Question("edge.test", kSoa), Question("ns1.edge.test", kA), Question("no.edge.test", kA),
        Question("hello.edge.test", kAaaa), Question("hello.edge.test", 255)}) {
    const DecodedAnswer answer(
        Ask(Build(WithOptions(parts, SubnetOption({0, 1, 24, 0, 30, 1, 1}))), snapshot.get()));
    EXPECT_EQ(answer.FindOption(8), std::string("\0\1\x18\0\x1e\1\1", 7));
  }
}

TEST(Answer, TruncatesWholeSetsOverUdp) {
  TopologyView view = MakeThreeNodeView();
  view.nodes.clear();
  for (int i = 0; i < 64; ++i) {
    view.nodes.push_back(MakeNode(fmt::format("N{:02}", i), i, fmt::format("127.0.1.{}", i + 1)));
  }
  const auto snapshot = MakeSnapshot(view, 64);  // 64 x 16 = 1024 bytes of addresses
  const DecodedAnswer plain(Ask(Build({}), snapshot.get()));
  EXPECT_TRUE(plain.tc());
  EXPECT_EQ(plain.answer.size(), 0u);
  EXPECT_LE(plain.m.size(), 512u);

  QueryParts edns = WithOptions({}, "");
  for (const auto& [payload, whole] : {std::pair{0u, false},
                                       {511u, false},
                                       {1067u, false},
                                       {1068u, true},
                                       {1232u, true},
                                       {65535u, true}}) {
    edns.payload = payload;
    const DecodedAnswer answer(Ask(Build(edns), snapshot.get()));
    EXPECT_EQ(answer.tc(), !whole) << payload;
    EXPECT_EQ(answer.answer.size(), whole ? 64u : 0u) << payload;
    EXPECT_LE(answer.m.size(), std::max(512u, std::min(payload, 1232u)));
    EXPECT_NE(answer.opt, nullptr);
  }
  const DecodedAnswer tcp(Ask(Build({}), snapshot.get(), Transport::kTcp));
  EXPECT_FALSE(tcp.tc());
  EXPECT_EQ(tcp.answer.size(), 64u);
}

// What a client's cookies earn it, in turns of one conversation (RFC 7873 section 5.2).
TEST(Answer, GivesCookiesAndTakesThemBack) {
  const auto snapshot = MakeSnapshot();
  const auto ask = [&](std::string options, const char* client = "192.0.2.1") {
    return DecodedAnswer(Ask(Build(WithOptions({}, std::move(options))), snapshot.get(),
                             Transport::kUdp, client))
        .FindOption(10);
  };
  const std::string first = ask(Option(10, "clientck"));
  ASSERT_EQ(first.size(), 24u);
  EXPECT_EQ(first.substr(0, 8), "clientck") << "5.2.3: the client's part comes back";
  EXPECT_EQ(ask(Option(10, first)), first) << "5.2.5: a fresh one is kept";
  EXPECT_EQ(ask(Option(10, first) + Option(10, "another1")), first) << "5.2: the first counts";
  EXPECT_NE(ask(Option(10, first), "192.0.2.2"), first) << "it is bound to the address";
  const std::string foreign = "clientck" + std::string(20, 's');
  EXPECT_EQ(ask(Option(10, foreign)), first) << "5.2.4: an unknown one is replaced";
  EXPECT_EQ(ask(""), "(none)") << "5.2.1: nothing that was not asked for";

  const auto asked_badly = DecodedAnswer(
      Ask(Build(WithOptions({}, Option(10, "clientck") + Option(10, "x"))), snapshot.get()));
  EXPECT_EQ(asked_badly.rcode(), 1u);
  EXPECT_EQ(asked_badly.FindOption(10), "(none)");

  QueryParts empty = WithOptions({}, Option(10, "clientck"));
  empty.without_question = true;
  const DecodedAnswer only_cookie(Ask(Build(empty), snapshot.get()));
  EXPECT_EQ(only_cookie.rcode(), 0u) << "5.4";
  EXPECT_EQ(only_cookie.question, "");
  EXPECT_EQ(only_cookie.FindOption(10), first);
  empty.options = Option(10, first);
  EXPECT_EQ(DecodedAnswer(Ask(Build(empty), snapshot.get(), Transport::kUdp, "192.0.2.1")).rcode(),
            0u);
  empty.options = Option(10, foreign);
  const DecodedAnswer wrong(Ask(Build(empty), snapshot.get(), Transport::kUdp, "192.0.2.1"));
  EXPECT_EQ(wrong.rcode(), 23u) << "5.4: BADCOOKIE, and a good one to come with";
  EXPECT_EQ(wrong.FindOption(10), first);
}

struct LimitedCase {
  const char* what;
  std::string options;
  Transport transport;
  bool limited;
  unsigned rcode;  // of the short answer
  bool tc;
};

TEST(Answer, LimitsRatesOfWhoDoesNotProveItsAddress) {
  const auto snapshot = MakeSnapshot();
  const auto ask = [&](const std::string& options, Transport transport, RateLimiter* limiter) {
    std::vector<uint8_t> out(kTcpMessageBytesMax);
    const AnswerContext context{.identity = &kIdentity,
                                .transport = transport,
                                .client = *IpAddress::Parse("192.0.2.1"),
                                .cookies = &kSecrets,
                                .rate_limiter = limiter,
                                .now_s = 1'800'000'000,
                                .now_us = 1'000'000};
    const QueryParts parts = options == "no EDNS" ? QueryParts{} : WithOptions({}, options);
    const size_t size = Answer(Build(parts), snapshot.get(), context, out);
    return std::string(reinterpret_cast<const char*>(out.data()), size);
  };
  const std::string cookie =
      DecodedAnswer(ask(Option(10, "clientck"), Transport::kUdp, nullptr)).FindOption(10);
  const LimitedCase cases[] = {
      {"without EDNS", "no EDNS", Transport::kUdp, true, 0, true},
      {"with EDNS", Option(3, ""), Transport::kUdp, true, 0, true},
      {"RFC 7873 5.2.3: with a client cookie", Option(10, "clientck"), Transport::kUdp, true, 23,
       false},
      {"5.2.4: with a wrong cookie", Option(10, "clientck" + std::string(16, 's')), Transport::kUdp,
       true, 23, false},
      {"5.2.5: with a good cookie", Option(10, cookie), Transport::kUdp, false, 0, false},
      {"over TCP", Option(3, ""), Transport::kTcp, false, 0, false},
  };
  for (const LimitedCase& c : cases) {
    SCOPED_TRACE(c.what);
    Statistics statistics;
    RateLimiter limiter({.answers_per_s = 4, .slip = 2}, statistics);
    int whole = 0, small = 0;
    for (int i = 0; i < 20; ++i) {
      const std::string bytes = ask(c.options, c.transport, &limiter);
      if (bytes.empty()) continue;
      const DecodedAnswer answer(bytes);
      if (!answer.answer.empty()) {
        ++whole;
        continue;
      }
      ++small;
      EXPECT_EQ(answer.rcode(), c.rcode);
      EXPECT_EQ(answer.tc(), c.tc);
      EXPECT_NE(answer.question, "");
      EXPECT_EQ(answer.FindOption(10), c.rcode == 23 ? cookie : "(none)");
    }
    EXPECT_EQ(whole, c.limited ? 4 : 20);
    EXPECT_EQ(small, c.limited ? 8 : 0);
  }
}

TEST(Answer, OnlyWhoProvesItsAddressIsAnsweredWhenThatIsAsked) {
  const auto snapshot = MakeSnapshot();
  const auto ask = [&](const std::string& options, bool only_proven) {
    std::vector<uint8_t> out(kUdpBytesMax);
    AnswerFacts facts;
    const AnswerContext context{.identity = &kIdentity,
                                .client = *IpAddress::Parse("192.0.2.1"),
                                .cookies = &kSecrets,
                                .only_proven = only_proven,
                                .facts = &facts,
                                .now_s = 1'800'000'000};
    const size_t size = Answer(Build(WithOptions({}, options)), snapshot.get(), context, out);
    EXPECT_EQ(facts.limit == AnswerFacts::Limit::kShed, size == 0);
    return std::string(reinterpret_cast<const char*>(out.data()), size);
  };
  const std::string first = ask(Option(10, "clientck"), false);
  ASSERT_NE(first, "");
  const std::string cookie = DecodedAnswer(first).FindOption(10);
  EXPECT_EQ(ask(Option(3, ""), true), "");
  EXPECT_EQ(ask(Option(10, "clientck"), true), "");
  EXPECT_EQ(ask(Option(10, "clientck" + std::string(16, 's')), true), "");
  EXPECT_EQ(DecodedAnswer(ask(Option(10, cookie), true)).answer.size(), 1u);
}

TEST(Answer, FailsClosedWhenEveryNodeIsDown) {
  TopologyView view = MakeThreeNodeView();
  for (NodeFacts& node : view.nodes) node.state = NodeState::kDown;
  const auto snapshot = MakeSnapshot(view);
  const DecodedAnswer answer(Ask(Build(WithOptions({}, "")), snapshot.get()));
  EXPECT_EQ(answer.rcode(), 0u);
  EXPECT_EQ(answer.answer.size(), 0u);
  ASSERT_EQ(answer.authority.size(), 1u);
  EXPECT_EQ(answer.FindOption(15), std::string("\0\x17", 2) + "no edge node is serving");
}

TEST(Answer, IsNotReadyBeforeTheFirstView) {
  const DecodedAnswer answer(Ask(Build(WithOptions({}, "")), nullptr));
  EXPECT_EQ(answer.rcode(), 2u);
  EXPECT_EQ(answer.FindOption(15), std::string("\0\x0e", 2) + "no view of the network yet");
}

TEST(Answer, FitsTheSmallestMessageWithTheLongestNameAndEveryOption) {
  // The most an answer can be asked to carry over UDP without room for it.
  const std::string label(63, 'a');
  QueryParts parts = WithOptions(
      {}, Option(3, "") + Option(11, "") + Option(10, "clientck") +
              SubnetOption({0, 2, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
  parts.payload = 512;
  parts.name =
      WireName(label + "." + label + "." + label + "." + std::string(51, 'b') + ".edge.test");
  ASSERT_EQ(parts.name.size(), 255u);
  const auto snapshot = MakeSnapshot();
  const DecodedAnswer answer(Ask(Build(parts), snapshot.get()));
  EXPECT_EQ(answer.rcode(), 3u);
  EXPECT_LE(answer.m.size(), 512u);
}

}  // namespace
}  // namespace terrella::dns
