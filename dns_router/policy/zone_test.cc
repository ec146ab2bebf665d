// What exists in a zone: RFC 1034 section 4.3.2, RFC 4592, RFC 8020.
#include "dns_router/policy/zone.h"

#include <gtest/gtest.h>

#include "dns_router/view/zone_file.h"

namespace terrella::dns {
namespace {

using namespace std::string_literals;

Zone Build(std::vector<std::string> hostnames, std::vector<std::string>* ignored = nullptr) {
  std::vector<std::string> unused;
  auto zone = Zone::Build("edge.test", hostnames, 7, {}, ignored == nullptr ? &unused : ignored);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return *std::move(zone);
}

// "outside", "nx", "empty", or the letters of the data: a(pex: SOA), n(ame server: A) s(teered).
std::string Look(const Zone& zone, std::string_view name) {
  const auto match = zone.Find(Name::Parse(name)->wire());
  if (match.place == Zone::Place::kOutside) return "outside";
  if (match.place == Zone::Place::kNxDomain) return "nx";
  std::string text;
  if (zone.FindSet(match.data, Type::kSoa) != nullptr) text += 'a';
  if (zone.FindSet(match.data, Type::kA) != nullptr) text += 'n';
  if (match.data.steered) text += 's';
  return text.empty() ? "empty" : text;
}

TEST(Zone, FindsWhatExistsAndNothingElse) {
  const Zone zone = Build({"hello.edge.test", "deep.a.b.edge.test", "*.wild.edge.test",
                           "fixed.wild.edge.test", "x.fixed.wild.edge.test"});
  const struct {
    const char* name;
    const char* expected;
    const char* why;
  } cases[] = {
      {"edge.test", "a", "apex"},
      {"ns1.edge.test", "n", "name server"},
      {"hello.edge.test", "s", "hostname"},
      {"no.edge.test", "nx", "no such name"},
      {"no.hello.edge.test", "nx", "below a name without children"},
      {"b.edge.test", "empty", "RFC 8020: exists because names below do"},
      {"a.b.edge.test", "empty", "empty non-terminal, second level"},
      {"c.b.edge.test", "nx", "beside an empty non-terminal's child"},
      {"deep.a.b.edge.test", "s", "below empty non-terminals"},
      {"any.wild.edge.test", "s", "RFC 4592: synthesized from the wildcard"},
      {"any.deeper.wild.edge.test", "s", "wildcards cover several labels"},
      {"*.wild.edge.test", "s", "the wildcard itself is a name"},
      {"wild.edge.test", "empty", "the wildcard's parent has no data"},
      {"fixed.wild.edge.test", "s", "an existing name is not synthesized"},
      {"any.fixed.wild.edge.test", "nx", "RFC 4592 section 3.3.1: the closest encloser hides it"},
      {"x.fixed.wild.edge.test", "s", "below an existing name under a wildcard"},
      {"test", "outside", "above the apex"},
      {"example.com", "outside", "elsewhere"},
      {"sledge.test", "outside", "ends alike, but not at a label"},
      {".", "outside", "the root"},
  };
  for (const auto& c : cases) EXPECT_EQ(Look(zone, c.name), c.expected) << c.name << ": " << c.why;
}

TEST(Zone, LeavesOutForeignAndMalformedHostnames) {
  std::vector<std::string> ignored;
  const Zone zone = Build({"www.example.com", "bad..edge.test", "ok.edge.test"}, &ignored);
  EXPECT_EQ(ignored.size(), 2u);
  EXPECT_EQ(Look(zone, "ok.edge.test"), "s");
}

TEST(Zone, KeepsTheNameServerOutOfSteering) {
  EXPECT_EQ(Look(Build({"ns1.edge.test"}), "ns1.edge.test"), "n");
}

TEST(Zone, SteersTheApexWhenARouteNamesIt) {
  EXPECT_EQ(Look(Build({"edge.test"}), "edge.test"), "as");
}

TEST(Zone, AcceptsAWildcardRightBelowTheApex) {
  const Zone zone = Build({"*.edge.test"});
  EXPECT_EQ(Look(zone, "whatever.edge.test"), "s");
  EXPECT_EQ(Look(zone, "edge.test"), "a");
  EXPECT_EQ(Look(zone, "ns1.edge.test"), "n");
}

TEST(Zone, RefusesAnApexThatIsNoName) {
  std::vector<std::string> ignored;
  EXPECT_FALSE(Zone::Build("", {}, 1, {}, &ignored).ok());
  EXPECT_FALSE(Zone::Build("a b", {}, 1, {}, &ignored).ok());
}

Zone BuildWithFile(std::string_view file, std::vector<std::string> hostnames = {},
                   std::vector<std::string>* ignored = nullptr) {
  std::vector<std::string> unused;
  ZoneOptions options;
  options.file = std::make_shared<ZoneRecords>(
      *ParseZoneFile("$ORIGIN edge.test.\n" + std::string(file), "zone"));
  auto zone = Zone::Build("edge.test", hostnames, 7, options, ignored ? ignored : &unused);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return *std::move(zone);
}

TEST(Zone, HasTheFilesRecordsBesideSteeredNames) {
  std::vector<std::string> ignored;
  const Zone zone = BuildWithFile(
      "hello TXT t\nhello A 192.0.2.1\nhello CAA 0 issue \"x\"\nother.test. A 192.0.2.1\n"
      "mail A 192.0.2.2\nmail 60 A 192.0.2.1\nmail A 192.0.2.1\nx.y TXT t\n*.w TXT t\n",
      {"hello.edge.test", "*.w.edge.test"}, &ignored);
  const Zone::Data hello = zone.At(Name::Parse("hello.edge.test")->wire());
  EXPECT_TRUE(hello.steered);
  EXPECT_EQ(zone.Sets(hello).size(), 2u);
  ASSERT_EQ(ignored.size(), 2u);
  EXPECT_EQ(ignored[0], "zone:3: 'hello.edge.test' has a route, so its addresses are steered");
  EXPECT_EQ(ignored[1],
            "zone:5: 'other.test' is outside the zone 'edge.test' (is $ORIGIN missing?)");
  const RecordSet& mail = *zone.FindSet(zone.At(Name::Parse("mail.edge.test")->wire()), Type::kA);
  EXPECT_EQ(mail.rdata, (std::vector<std::string>{"\xc0\0\2\1"s, "\xc0\0\2\2"s}));
  EXPECT_EQ(mail.ttl_s, 60u) << "RFC 2181 5.2: one TTL, the shortest";
  EXPECT_EQ(Look(zone, "y.edge.test"), "empty");
  const auto covered = zone.Find(Name::Parse("q.w.edge.test")->wire());
  EXPECT_TRUE(covered.by_wildcard && covered.data.steered);
  EXPECT_NE(zone.FindSet(covered.data, Type::kTxt), nullptr);
}

TEST(Zone, LetsTheFileReplaceItsOwnRecords) {
  const Zone zone = BuildWithFile("@ 100 SOA dns admin 1000 2 3 4 50\n@ NS dns\ndns A 192.0.2.53\n",
                                  {"ns1.edge.test"});
  EXPECT_EQ(zone.negative_ttl_s(), 50u);
  EXPECT_EQ(zone.soa().rdata[0].substr(zone.soa().rdata[0].size() - 20, 4), "\0\0\3\xef"s)
      << "the file's serial and the view's: 1007";
  EXPECT_EQ(Look(zone, "ns1.edge.test"), "s") << "not a name server here";
  const Zone own = BuildWithFile("ns1 AAAA 2001:db8::53\n");
  const Zone::Data ns1 = own.At(Name::Parse("ns1.edge.test")->wire());
  EXPECT_EQ(own.FindSet(ns1, Type::kA), nullptr) << "the file's address instead";
}

TEST(Zone, KeepsRoutesFromTheFile) {
  std::vector<std::string> ignored;
  const Zone zone =
      BuildWithFile("@ CNAME x.example.\nhello NS ns.x.example.\nsub NS ns.x.example.\n",
                    {"hello.edge.test", "under.sub.edge.test"}, &ignored);
  EXPECT_EQ(
      ignored,
      (std::vector<std::string>{
          "zone:2: 'edge.test' is the zone's apex, whose SOA and NS no CNAME may stand beside",
          "zone:3: 'hello.edge.test' has a route, which NS would give away",
          "the route of 'under.sub.edge.test' is not reached: 'sub.edge.test' is delegated"}));
  EXPECT_EQ(Look(zone, "hello.edge.test"), "s");
  EXPECT_EQ(Look(zone, "edge.test"), "a");
  EXPECT_EQ(zone.FindSet(zone.At(zone.apex().wire()), Type::kCname), nullptr);
}

TEST(Zone, EndsAtDelegations) {
  const Zone zone = BuildWithFile(
      "sub NS ns.sub\nns.sub A 192.0.2.53\nsub DS 1 13 2 "
      "0000000000000000000000000000000000000000000000000000000000000000\n"
      "deep.sub NS ns.sub\nx.sub TXT occluded\n*.sub TXT occluded\n",
      {"hello.sub.edge.test"});
  for (const char* name :
       {"sub.edge.test", "ns.sub.edge.test", "x.sub.edge.test", "nothing.sub.edge.test",
        "a.deep.sub.edge.test", "hello.sub.edge.test"}) {
    const Name below = *Name::Parse(name);
    const auto match = zone.Find(below.wire());
    EXPECT_EQ(match.place, Zone::Place::kDelegated) << name;
    EXPECT_EQ(NameToString(match.owner), "sub.edge.test") << name << ": the topmost";
  }
  EXPECT_EQ(Look(zone, "edge.test"), "a") << "NS of the apex delegate nothing";
}

}  // namespace
}  // namespace terrella::dns
