// What goes out to secondaries: the zone, its changes, and the messages they travel in.
#include <gtest/gtest.h>

#include <map>

#include "base/event_loop.h"
#include "dns_router/policy/fake_geography.h"
#include "dns_router/server/answer.h"
#include "dns_router/transfer/notifier.h"
#include "dns_router/transfer/outgoing_transfer.h"
#include "dns_router/transfer/transfer_server.h"
#include "dns_router/view/zone_file.h"
#include "dns_router/wire/test_message.h"

namespace terrella::dns {
namespace {

using testing::DecodedAnswer;
using testing::WireName;

std::shared_ptr<const Snapshot> Make(TopologyView view, std::string_view file = {},
                                     SnapshotOptions options = {}) {
  options.zone.https_alpn = "\2h2";
  if (!file.empty()) {
    options.zone.file = std::make_shared<ZoneRecords>(
        *ParseZoneFile("$ORIGIN edge.test.\n" + std::string(file), "zone"));
  }
  std::vector<std::string> ignored;
  return *Snapshot::Build(std::move(view), MakeThreePoints(), options, nullptr, &ignored);
}

// The view with node M, which is nearest to nowhere, in a state, at a serial.
TopologyView View(uint64_t serial, NodeState state = NodeState::kReady) {
  TopologyView view = MakeThreeNodeView();
  view.serial = serial;
  view.nodes[1].state = state;
  return view;
}

// As a publisher does; returns what is put in use.
std::shared_ptr<const Snapshot> TakeIn(ZoneHistory& history,
                                       std::shared_ptr<const Snapshot> snapshot) {
  snapshot = history.FixSerial(std::move(snapshot));
  history.Take(*snapshot);
  return snapshot;
}

std::vector<std::string> Names(const PackedRecords& records) {
  std::vector<std::string> out;
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string_view record = records[i];
    size_t end = 0;
    while (record[end] != 0) end += 1 + static_cast<uint8_t>(record[end]);
    out.push_back(NameToString(record.substr(0, end + 1)) + " " +
                  std::to_string(static_cast<uint8_t>(record[end + 2])));
  }
  return out;
}

// All messages of a transfer; each is checked for its form.
std::vector<std::string> Drain(OutgoingTransfer& transfer) {
  std::vector<std::string> messages;
  while (!transfer.done()) {
    messages.emplace_back(transfer.Next(1'800'000'000));
    const DecodedAnswer decoded(messages.back());
    EXPECT_LE(messages.back().size(), kTcpMessageBytesMax);
  }
  return messages;
}
// Serials of SOAs and names of the rest, in order.
std::vector<std::string> Contents(const std::vector<std::string>& messages) {
  std::vector<std::string> out;
  for (const std::string& message : messages) {
    for (const auto& record : DecodedAnswer(message).answer) {
      const std::string& rdata = record.rdata;
      out.push_back(record.type == 6
                        ? std::to_string(static_cast<uint8_t>(rdata[rdata.size() - 17]))
                        : record.name + " " + std::to_string(record.type));
    }
  }
  return out;
}

OutgoingTransfer::Request Request(std::optional<uint32_t> serial = {}) {
  return {.client = {},
          .id = 0x1234,
          .question = WireName("EDGE.test") + std::string("\0\xfb\0\1", 4),
          .serial = serial,
          .tsig = {}};
}

TEST(ZoneVersionTest, HoldsSteeredNamesAsNobodyInParticularIsAnswered) {
  const auto snapshot =
      Make(View(7), "hello TXT t\nwww CNAME hello\nsub NS ns.sub\nns.sub A 192.0.2.1\n");
  const auto version = *ZoneVersion::Build(*snapshot, 1 << 20);
  EXPECT_EQ(version->serial(), 7u);
  std::vector<std::string> names = Names(version->records());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{
                       "*.wild.edge.test 1", "*.wild.edge.test 65", "deep.a.b.edge.test 1",
                       "deep.a.b.edge.test 65", "edge.test 2", "hello.edge.test 1",
                       "hello.edge.test 16", "hello.edge.test 65", "ns.sub.edge.test 1",
                       "ns1.edge.test 1", "sub.edge.test 2", "www.edge.test 5"}));
  EXPECT_TRUE(version->SameContentAs(**ZoneVersion::Build(
      *Make(View(8), "hello TXT t\nwww CNAME hello\nsub NS ns.sub\nns.sub A 192.0.2.1\n"),
      1 << 20)));
  EXPECT_FALSE(
      version->SameContentAs(**ZoneVersion::Build(*Make(View(7), "hello TXT t\n"), 1 << 20)));
}

TEST(ZoneVersionTest, ANameWithoutANodeIsNotInTheZone) {
  TopologyView view = View(7);
  for (NodeFacts& node : view.nodes) node.state = NodeState::kDown;
  EXPECT_EQ(Names((*ZoneVersion::Build(*Make(view), 1 << 20))->records()),
            (std::vector<std::string>{"ns1.edge.test 1", "edge.test 2"}));
}

TEST(ZoneVersionTest, SaysWhatIsTooLarge) {
  EXPECT_FALSE(ZoneVersion::Build(*Make(View(7)), 10).ok());
}

TEST(ZoneHistoryTest, KeepsWhatChangedAndCallsOnItOnly) {
  int changes = 0;
  ZoneHistory history({}, [&](const ZoneVersion&) { ++changes; });
  EXPECT_EQ(history.state(), nullptr);
  TakeIn(history, Make(View(7)));
  TakeIn(history, Make(View(8)));  // nothing but the serial
  EXPECT_EQ(changes, 1);
  TakeIn(history, Make(View(9, NodeState::kDown)));
  EXPECT_EQ(changes, 2);
  const auto state = history.state();
  ASSERT_EQ(state->steps.size(), 2u);
  EXPECT_TRUE(state->steps[0]->empty());
  EXPECT_EQ(state->steps[1]->removed.size(), 6u);  // A and HTTPS of three names
  EXPECT_EQ(state->steps[1]->added.size(), 6u);
}

TEST(ZoneHistoryTest, ASerialGrowsWithEveryDifference) {
  ZoneHistory history({}, nullptr);
  const auto serial = [&](std::shared_ptr<const Snapshot> snapshot) {
    TakeIn(history, std::move(snapshot));
    return history.state()->version->serial();
  };
  EXPECT_EQ(serial(Make(View(100))), 100u);
  EXPECT_EQ(serial(Make(View(100, NodeState::kDown))), 101u);
  EXPECT_EQ(serial(Make(View(5, NodeState::kDown))), 101u) << "not back";
  EXPECT_EQ(serial(Make(View(5))), 102u);
  EXPECT_EQ(serial(Make(View(0xffffffff, NodeState::kDown))), 103u) << "is behind, by RFC 1982";
  EXPECT_EQ(serial(Make(View(200))), 200u);
  // A view's serial in microseconds counts by 65.5 ms.
  EXPECT_EQ(serial(Make(View(uint64_t{0x0001'0000'0300'0000}))), 0x0000'0300u);
  // What is returned to be put in use has the same.
  const std::string soa = TakeIn(history, Make(View(3)))->zone().soa().rdata[0];
  EXPECT_EQ(soa.substr(soa.size() - 20, 4), std::string("\0\0\3\0", 4));
}

TEST(ZoneHistoryTest, AViewThatIsNewerIsPutInUseBeforeItsVersionIsMade) {
  ZoneHistory history({}, nullptr);
  TakeIn(history, Make(View(7)));
  const auto newer = Make(View(8, NodeState::kDown));
  EXPECT_EQ(history.FixSerial(newer), newer);
  EXPECT_EQ(history.state()->version->serial(), 7u) << "secondaries get the one before";
  const auto older = Make(View(6, NodeState::kDown));
  EXPECT_NE(history.FixSerial(older), older);
  history.Take(*newer);
  EXPECT_EQ(history.state()->version->serial(), 8u);
}

TEST(ZoneHistoryTest, ForgetsTheOldest) {
  ZoneHistory history({.steps_max = 3}, nullptr);
  for (uint64_t i = 1; i <= 10; ++i) {
    TakeIn(history, Make(View(i, i % 2 == 0 ? NodeState::kDown : NodeState::kReady)));
  }
  EXPECT_EQ(history.state()->steps.size(), 3u);
  EXPECT_EQ(history.state()->steps[0]->from_serial, 7u);
  ZoneHistory small({.steps_bytes_max = 1}, nullptr);
  TakeIn(small, Make(View(1)));
  TakeIn(small, Make(View(2, NodeState::kDown)));
  EXPECT_TRUE(small.state()->steps.empty());
}

TEST(OutgoingTransferTest, SendsTheZoneBetweenTwoSoas) {
  TransferCounters counters;
  ZoneHistory history({}, nullptr);
  TakeIn(history, Make(View(7)));
  OutgoingTransfer transfer(Request(), history.state(), counters);
  const auto messages = Drain(transfer);
  ASSERT_EQ(messages.size(), 1u);
  const DecodedAnswer decoded(messages[0]);
  EXPECT_EQ(decoded.flags, 0x8400u);
  EXPECT_EQ(decoded.question, WireName("EDGE.test") + std::string("\0\xfb\0\1", 4));
  const auto contents = Contents(messages);
  ASSERT_EQ(contents.size(), history.state()->version->records().size() + 2);
  EXPECT_EQ(contents.front(), "7");
  EXPECT_EQ(contents.back(), "7");
  // Names are the zone's, whatever letters the client used (RFC 5936 section 3.4).
  EXPECT_EQ(decoded.answer[0].name, "edge.test");
}

TEST(OutgoingTransferTest, SendsWhatChangedSinceAnyVersion) {
  TransferCounters counters;
  ZoneHistory history({}, nullptr);
  std::string rest, first = "first TXT";
  for (char c = 'a'; c < 'h'; ++c) {
    rest += "rest TXT " + std::string(200, c) + "\n";
    first += " " + std::string(250, c);
  }
  TakeIn(history, Make(View(1), first + "\n" + rest));
  TakeIn(history, Make(View(2), rest));
  TakeIn(history, Make(View(3, NodeState::kDown), rest));
  TakeIn(history, Make(View(4, NodeState::kDown), rest));
  TakeIn(history, Make(View(5), rest + "txt TXT t\n"));
  TakeIn(history, Make(View(6), rest + "txt TXT t\n"));
  const auto sent = [&](uint32_t serial) {
    OutgoingTransfer transfer(Request(serial), history.state(), counters);
    std::vector<std::string> soas;
    for (const std::string& record : Contents(Drain(transfer))) {
      if (record.find(' ') == record.npos) soas.push_back(record);
    }
    return soas;
  };
  using Soas = std::vector<std::string>;
  EXPECT_EQ(sent(1), (Soas{"6", "6"})) << "the changes are more than the zone";
  EXPECT_EQ(sent(2), (Soas{"6", "2", "3", "3", "6", "6"}));
  EXPECT_EQ(sent(3), (Soas{"6", "3", "6", "6"}));
  EXPECT_EQ(sent(4), (Soas{"6", "4", "6", "6"}));
  EXPECT_EQ(sent(5), (Soas{"6", "5", "6", "6"})) << "nothing but the serial";
  EXPECT_EQ(sent(6), (Soas{"6"}));
  EXPECT_EQ(sent(7), (Soas{"6"}));
  EXPECT_EQ(sent(0), (Soas{"6", "6"})) << "no version that is known";
  EXPECT_EQ(counters.whole.load(), 2u);
  EXPECT_EQ(counters.changes.load(), 4u);
  EXPECT_EQ(counters.current.load(), 2u);
  EXPECT_EQ(counters.running.total(), 0);
}

TEST(OutgoingTransferTest, CutsAZoneIntoMessagesOfAnyRecord) {
  TransferCounters counters;
  std::string file;
  for (int i = 0; i < 3000; ++i)
    file += "n" + std::to_string(i) + " TXT abcdefghijklmnopqrstuvwxyz\n";
  auto records = *ParseZoneFile("$ORIGIN edge.test.\n" + file, "zone");
  records.records.push_back({.owner = *Name::Parse("big.edge.test"),
                             .type = static_cast<Type>(65280),
                             .rdata = std::string(60'000, 'a')});
  SnapshotOptions options;
  options.zone.file = std::make_shared<ZoneRecords>(std::move(records));
  ZoneHistory history({}, nullptr);
  TakeIn(history, Make(View(7), {}, options));
  OutgoingTransfer transfer(Request(), history.state(), counters);
  const auto messages = Drain(transfer);
  EXPECT_GT(messages.size(), 5u);
  std::map<std::string, int> seen;
  for (const std::string& name : Contents(messages)) ++seen[name];
  EXPECT_EQ(seen.size(), history.state()->version->records().size() + 1);
  EXPECT_EQ(seen["7"], 2);
  for (size_t i = 1; i < messages.size(); ++i) {
    EXPECT_TRUE(DecodedAnswer(messages[i]).question.empty());
  }
}

TEST(TransferServerTest, BeginsForThoseWhoMay) {
  TransferCounters counters;
  ZoneHistory history({}, nullptr);
  const auto keys = *TsigKeys::Parse("hmac-sha256:k:c2VjcmV0\n");
  const auto client = *IpAddress::Parse("10.1.2.3");
  const auto begins = [&](const TransferAccess& access, std::string message, bool is_signed) {
    TransferServer server(history, access, counters);
    if (is_signed) TsigSession(*keys.Find(*Name::Parse("k"))).Sign(message, 1'800'000'000);
    EXPECT_TRUE(TransferServer::IsTransferQuestion(message));
    return server.Begin(message, client, &keys, 1'800'000'000);
  };
  const std::string axfr = testing::Build({.name = WireName("edge.test"), .type = 252});
  const auto network = *ParsePrefixes("10.0.0.0/8");
  const auto rcode = [](OutgoingTransfer& transfer) {
    return DecodedAnswer(std::string(transfer.Next(1'800'000'000))).rcode();
  };
  EXPECT_EQ(rcode(*begins({.prefixes = network}, axfr, false)), 2u) << "no view yet";
  TakeIn(history, Make(View(7)));
  EXPECT_EQ(rcode(*begins({.prefixes = network}, axfr, false)), 0u);
  EXPECT_EQ(begins({}, axfr, false), nullptr);
  EXPECT_EQ(begins({.prefixes = *ParsePrefixes("10.1.2.4,::1")}, axfr, false), nullptr);
  EXPECT_EQ(begins({.prefixes = network, .needs_key = true}, axfr, false), nullptr);
  EXPECT_EQ(begins({.prefixes = *ParsePrefixes("11.0.0.0/8"), .needs_key = true}, axfr, true),
            nullptr);
  EXPECT_EQ(rcode(*begins({.prefixes = network, .needs_key = true}, axfr, true)), 0u);
  EXPECT_EQ(rcode(*begins({.needs_key = true}, axfr, true)), 0u);
  std::string other_class =
      testing::Build({.name = WireName("edge.test"), .type = 252, .klass = 3});
  EXPECT_EQ(begins({.prefixes = network}, other_class, false), nullptr);
  EXPECT_EQ(rcode(*begins({.prefixes = network},
                          testing::Build({.name = WireName("x.edge.test"), .type = 252}), false)),
            9u);
  EXPECT_EQ(rcode(*begins({.prefixes = network},
                          testing::Build({.name = WireName("edge.test"), .type = 251}), false)),
            1u)
      << "an IXFR without the client's SOA";
  EXPECT_FALSE(TransferServer::IsTransferQuestion(testing::Build({})));
}

TEST(TransferServerTest, RunsNoMoreThanItsLimit) {
  ZoneHistory history({}, nullptr);
  TakeIn(history, Make(View(7)));
  TransferCounters counters;
  TransferServer server(history, {.prefixes = *ParsePrefixes("0.0.0.0/0")}, counters);
  const std::string axfr = testing::Build({.name = WireName("edge.test"), .type = 252});
  std::vector<std::unique_ptr<OutgoingTransfer>> running;
  const auto rcode_for = [&](std::string_view client) {
    return DecodedAnswer(
               std::string(server.Begin(axfr, *IpAddress::Parse(client), nullptr, 0)->Next(0)))
        .rcode();
  };
  const auto client = [](int i) { return "10.0.0." + std::to_string(i); };
  for (int i = 0; i < RunningTransfers::kMax; ++i) {
    EXPECT_EQ(rcode_for(client(i)), 0u);
    running.push_back(server.Begin(axfr, *IpAddress::Parse(client(i)), nullptr, 0));
  }
  EXPECT_EQ(rcode_for(client(100)), 2u);
  running.pop_back();
  EXPECT_EQ(rcode_for(client(100)), 0u);
}

TEST(TransferServerTest, OneClientDoesNotTakeThePlacesOfAll) {
  ZoneHistory history({}, nullptr);
  TakeIn(history, Make(View(7)));
  TransferCounters counters;
  TransferServer server(history, {.prefixes = *ParsePrefixes("0.0.0.0/0,::/0")}, counters);
  const std::string axfr = testing::Build({.name = WireName("edge.test"), .type = 252});
  const auto begin = [&](std::string_view client) {
    return server.Begin(axfr, *IpAddress::Parse(client), nullptr, 0);
  };
  const auto rcode_for = [&](std::string_view client) {
    return DecodedAnswer(std::string(begin(client)->Next(0))).rcode();
  };
  for (const auto& [greedy, same, other] :
       {std::tuple("10.0.0.1", "10.0.0.1", "10.0.0.2"),
        std::tuple("2001:db8:0:1::1", "2001:db8:0:1:2::2", "2001:db8:0:2::1")}) {
    std::vector<std::unique_ptr<OutgoingTransfer>> running;
    for (int i = 0; i < RunningTransfers::kOfOneClientMax; ++i) running.push_back(begin(greedy));
    EXPECT_EQ(rcode_for(same), 2u);
    EXPECT_EQ(rcode_for(other), 0u);
    running.pop_back();
    EXPECT_EQ(rcode_for(same), 0u);
  }
  EXPECT_EQ(counters.running.total(), 0);
}

TEST(ParseNotifyTargetsTest, ReadsThemWithTheirKeys) {
  const auto targets = *ParseNotifyTargets("127.0.0.1:53,k.x@[::1]:5300");
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].key, std::nullopt);
  EXPECT_EQ(targets[1].key->ToString(), "k.x");
  EXPECT_EQ(targets[1].address.ToString(), "[::1]:5300");
  for (const char* wrong : {"127.0.0.1", "k@", "127.0.0.1:0", "a b@127.0.0.1:53"}) {
    EXPECT_FALSE(ParseNotifyTargets(wrong).ok()) << wrong;
  }
}

TEST(SignedAnswerTest, GivesWayToTheRecordWhereThereIsNoRoom) {
  const std::string label(60, 'k');
  const std::string long_name = label + "." + label + "." + label;
  const auto keys =
      *TsigKeys::Parse("hmac-sha256:k:c2VjcmV0\nhmac-sha256:" + long_name + ":c2VjcmV0\n");
  const auto snapshot = Make(View(7));
  const ServerIdentity identity{"i", "v"};
  const AnswerContext context{
      .identity = &identity, .client = {}, .tsig_keys = &keys, .now_s = 1'800'000'000};
  const auto ask = [&](const std::string& key, const testing::QueryParts& parts) {
    std::string message = testing::Build(parts);
    TsigSession session(*keys.Find(*Name::Parse(key)));
    session.Sign(message, context.now_s);
    std::array<uint8_t, kUdpBytesMax> out;
    const size_t size = Answer(message, snapshot.get(), context, out);
    EXPECT_LE(size, parts.edns ? kUdpBytesMax : kUdpBytesWithoutEdns);
    std::string answer(reinterpret_cast<const char*>(out.data()), size);
    EXPECT_TRUE(session.Verify(answer, context.now_s));
    return answer;
  };
  for (const bool edns : {false, true}) {
    const DecodedAnswer whole(ask("k", {.edns = edns}));
    EXPECT_FALSE(whole.tc());
    EXPECT_EQ(whole.answer.size(), 1u);
    EXPECT_EQ(whole.additional.back().type, 250u);
  }
  // What has an OPT record is answered with one (RFC 6891 section 6.1.1), also when it is cut.
  const DecodedAnswer cut_with_edns(
      ask(long_name, {.name = WireName(long_name + ".edge.test"), .edns = true, .payload = 512}));
  EXPECT_TRUE(cut_with_edns.tc());
  EXPECT_NE(cut_with_edns.opt, nullptr);
  const DecodedAnswer cut(ask(long_name, {.name = WireName(long_name + ".edge.test")}));
  EXPECT_TRUE(cut.tc()) << "the record goes before the answer";
  EXPECT_TRUE(cut.authority.empty());
  EXPECT_EQ(cut.additional.back().type, 250u);
}

// Anybody can have a refusal sent to anybody else, so it is no larger than a client takes.
TEST(SignedAnswerTest, ARefusalKeepsToTheSizeTheClientTakes) {
  const std::string label(62, 'k');
  const std::string name = label + "." + label + "." + label + "." + label;
  const TsigKey stranger{*Name::Parse(name), TsigAlgorithm::kHmacSha256, "secret"};
  const ServerIdentity identity{"i", "v"};
  const AnswerContext context{.identity = &identity, .client = {}, .now_s = 1'800'000'000};
  for (const bool edns : {false, true}) {
    std::string message = testing::Build({.name = WireName(name), .edns = edns});
    TsigSession(stranger).Sign(message, context.now_s);
    std::array<uint8_t, kUdpBytesMax> out;
    const size_t size = Answer(message, nullptr, context, out);
    EXPECT_LE(size, edns ? kUdpBytesMax : kUdpBytesWithoutEdns);
    const DecodedAnswer answer({reinterpret_cast<const char*>(out.data()), size});
    EXPECT_EQ(answer.rcode(), 9u);
    EXPECT_EQ(answer.tc(), !edns);
    EXPECT_EQ(answer.additional.size(), edns ? 2u : 0u) << "OPT and TSIG";
  }
}

}  // namespace
}  // namespace terrella::dns
