// What exists in a zone: RFC 1034 section 4.3.2, RFC 4592, RFC 8020.
#include "dns_router/policy/zone.h"

#include <gtest/gtest.h>

namespace terrella::dns {
namespace {

Zone Build(std::vector<std::string> hostnames, std::vector<std::string>* ignored = nullptr) {
  std::vector<std::string> unused;
  auto zone = Zone::Build("edge.test", hostnames, 7, {}, ignored == nullptr ? &unused : ignored);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return *std::move(zone);
}

// "outside", "nx", "empty", or the letters of the data: a(pex) n(ame server) s(teered).
std::string Look(const Zone& zone, std::string_view name) {
  const auto match = zone.Find(Name::Parse(name)->wire());
  if (match.place == Zone::Place::kOutside) return "outside";
  if (match.place == Zone::Place::kNxDomain) return "nx";
  std::string text;
  if (match.data.apex) text += 'a';
  if (match.data.name_server) text += 'n';
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

}  // namespace
}  // namespace terrella::dns
