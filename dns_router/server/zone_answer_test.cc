// Answers from a zone file beside steered names; what a file alone gives is compared with Knot DNS
// in tests/integration/dns_oracle_test.py.
#include "dns_router/server/zone_answer.h"

#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/server/answer.h"
#include "dns_router/view/zone_file.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using namespace std::string_literals;
using testing::DecodedAnswer;

constexpr unsigned kA = 1, kCname = 5, kTxt = 16, kAaaa = 28, kHttps = 65;

std::shared_ptr<const Snapshot> MakeSnapshot(bool v6) {
  TopologyView view = MakeThreeNodeView();
  for (NodeFacts& node : view.nodes) node.port = 8443;
  if (v6) {
    view.nodes[0].address_v6 = *IpAddress::Parse("2001:db8::e");  // E
    view.nodes[1].address_v6 = *IpAddress::Parse("2001:db8::3");  // M
  }
  SnapshotOptions options;
  options.zone.name_server = *IpAddress::Parse("127.0.0.53");
  options.zone.https_alpn = "\2h2";
  options.zone.file = std::make_shared<ZoneRecords>(*ParseZoneFile(
      "$ORIGIN edge.test.\nhello TXT t\nalias CNAME hello\naway CNAME x.example.\n"
      "chain CNAME alias\ngone CNAME no\nloop CNAME loop\nsub NS ns.sub\nns.sub A 192.0.2.1\n"
      "insub CNAME a.sub\n",
      "zone"));
  std::vector<std::string> ignored;
  return *Snapshot::Build(std::move(view), MakeThreePoints(), options, nullptr, &ignored);
}

struct Row {
  const char* what;
  const char* name;
  unsigned type;
  unsigned rcode;
  std::vector<unsigned> answer;  // types in order
  std::string last_rdata;        // "" for any
  size_t authority, additional;  // records, the OPT among them
};

TEST(ZoneAnswer, ChasesAliasesAndRefersOnwards) {
  const auto snapshot = MakeSnapshot(/*v6=*/false);
  const std::string east("\x7f\0\0\3", 4);
  const Row rows[] = {
      {"a file's record at a steered name", "hello.edge.test", kTxt, 0, {kTxt}, "\1t", 0, 1},
      {"RFC 1034 3.6.2: alias to a steered name",
       "alias.edge.test",
       kA,
       0,
       {kCname, kA},
       east,
       0,
       1},
      {"two of them", "chain.edge.test", kA, 0, {kCname, kCname, kA}, east, 0, 1},
      {"to a type steering does not have", "alias.edge.test", kAaaa, 0, {kCname}, "", 1, 1},
      {"asked for itself", "chain.edge.test", kCname, 0, {kCname}, "", 0, 1},
      {"RFC 8482 4.2: ANY", "chain.edge.test", 255, 0, {kCname}, "", 0, 1},
      {"out of the zone", "away.edge.test", kA, 0, {kCname}, "\1x\7example\0"s, 0, 1},
      {"RFC 6604 3: to a name that does not exist", "gone.edge.test", kA, 3, {kCname}, "", 1, 1},
      {"into a delegation", "insub.edge.test", kA, 0, {kCname}, "", 1, 2},
      {"a delegation with glue", "x.sub.edge.test", kA, 0, {}, "", 1, 2},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    testing::QueryParts parts{.name = testing::WireName(row.name), .type = row.type, .edns = true};
    parts.options = testing::Option(8, "\0\1\x18\0\x1e\1\1"s);
    std::vector<uint8_t> out(kUdpBytesMax);
    const ServerIdentity identity{"dns-test", "test"};
    const AnswerContext context{.identity = &identity};
    const size_t size = Answer(testing::Build(parts), snapshot.get(), context, out);
    const DecodedAnswer answer({reinterpret_cast<const char*>(out.data()), size});
    EXPECT_EQ(answer.rcode(), row.rcode);
    std::vector<unsigned> types;
    for (const auto& record : answer.answer) types.push_back(record.type);
    EXPECT_EQ(types, row.answer);
    EXPECT_EQ(answer.aa(), !row.answer.empty());
    if (!row.last_rdata.empty()) {
      EXPECT_EQ(answer.answer.back().rdata, row.last_rdata);
    }
    EXPECT_EQ(answer.authority.size(), row.authority);
    EXPECT_EQ(answer.additional.size(), row.additional);
    // The scope is the last name's: an alias to a steered name holds for as many as that.
    const bool steered = !types.empty() && types.back() == kA;
    EXPECT_EQ(answer.FindOption(8), "\0\1\x18"s + (steered ? "\x14"s : "\0"s) + "\x1e\1\1");
  }
}

TEST(ZoneAnswer, EndsAtAnAliasOfItself) {
  const auto snapshot = MakeSnapshot(false);
  std::vector<uint8_t> out(kUdpBytesMax);
  const ServerIdentity identity{"dns-test", "test"};
  const AnswerContext context{.identity = &identity};
  const size_t size = Answer(testing::Build({.name = testing::WireName("loop.edge.test")}),
                             snapshot.get(), context, out);
  EXPECT_LT(DecodedAnswer({reinterpret_cast<const char*>(out.data()), size}).answer.size(), 20u);
}

struct SteeredRow {
  const char* what;
  bool v6;
  unsigned type;
  const char* client;
  std::string rdata;  // "" for NODATA
};

TEST(ZoneAnswer, SteersEveryKindOfAddressAlike) {
  const std::string https = "\0\1\0"s + "\0\1\0\3\2h2"s + "\0\3\0\2\x20\xfb"s;
  const std::string v6_east("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x0e", 16);
  const SteeredRow rows[] = {
      {"AAAA where no node has one", false, kAaaa, "30.1.2.3", ""},
      {"AAAA of the node A names", true, kAaaa, "30.1.2.3", v6_east},
      {"AAAA where that node has none", true, kAaaa, "10.1.2.3", ""},
      {"RFC 9460 7.3: the hint is the steered address", false, kHttps, "30.1.2.3",
       https + "\0\4\0\4\x7f\0\0\3"s},
      {"for another client another", false, kHttps, "10.1.2.3", https + "\0\4\0\4\x7f\0\0\1"s},
      {"with both families, in order of their keys", true, kHttps, "30.1.2.3",
       https + "\0\4\0\4\x7f\0\0\3"s + "\0\6\0\x10"s + v6_east},
      {"a node without IPv6", true, kHttps, "10.1.2.3", https + "\0\4\0\4\x7f\0\0\1"s},
  };
  for (const SteeredRow& row : rows) {
    SCOPED_TRACE(row.what);
    const auto snapshot = MakeSnapshot(row.v6);
    std::vector<uint8_t> out(kUdpBytesMax);
    const ServerIdentity identity{"dns-test", "test"};
    const AnswerContext context{.identity = &identity, .client = *IpAddress::Parse(row.client)};
    const size_t size = Answer(testing::Build({.type = row.type}), snapshot.get(), context, out);
    const DecodedAnswer answer({reinterpret_cast<const char*>(out.data()), size});
    EXPECT_EQ(answer.rcode(), 0u);
    ASSERT_EQ(answer.answer.size(), row.rdata.empty() ? 0u : 1u);
    EXPECT_EQ(answer.authority.size(), row.rdata.empty() ? 1u : 0u);
    if (!row.rdata.empty()) {
      EXPECT_EQ(answer.answer[0].rdata, row.rdata);
    }
  }
}

// A denial that another place would not get is not for everybody (RFC 7871 section 7.2.1).
TEST(ZoneAnswer, GivesDenialsThatDependOnThePlaceItsScope) {
  const struct {
    const char* what;
    const char* step;  // behind "up"; "" for no policy
    bool v6, any_up;
    unsigned type;
    bool scoped;
  } rows[] = {
      {"the nearest has no IPv6", "", true, true, kAaaa, true},
      {"nobody has IPv6", "", false, true, kAaaa, false},
      {"nobody serves", "", false, false, kA, false},
      {"the chain leaves nobody here", "first 1", false, true, kA, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    TopologyView view = MakeThreeNodeView();
    if (row.v6) view.nodes[0].address_v6 = *IpAddress::Parse("2001:db8::e");  // E
    for (NodeFacts& node : view.nodes) {
      if (!row.any_up) node.state = NodeState::kDown;
    }
    SnapshotOptions options;
    if (*row.step != 0) {
      SteeringPolicy policy{.names = {"hello.edge.test"}};
      for (const char* step : {"up", row.step, "only E"}) policy.steps.push_back(*ParseStep(step));
      options.policies = std::make_shared<const std::vector<SteeringPolicy>>(std::vector{policy});
    }
    std::vector<std::string> ignored;
    const auto snapshot =
        *Snapshot::Build(std::move(view), MakeThreePoints(), options, nullptr, &ignored);
    testing::QueryParts parts{.type = row.type, .edns = true};
    parts.options = testing::Option(8, "\0\1\x18\0\x0a\1\2"s);  // West
    std::vector<uint8_t> out(kUdpBytesMax);
    const ServerIdentity identity{"dns-test", "test"};
    const AnswerContext context{.identity = &identity};
    const size_t size = Answer(testing::Build(parts), snapshot.get(), context, out);
    const DecodedAnswer answer({reinterpret_cast<const char*>(out.data()), size});
    EXPECT_EQ(answer.rcode(), 0u);
    EXPECT_TRUE(answer.answer.empty());
    ASSERT_EQ(answer.FindOption(8).size(), 7u);
    EXPECT_EQ(answer.FindOption(8)[3] != 0, row.scoped);
  }
}

}  // namespace
}  // namespace terrella::dns
